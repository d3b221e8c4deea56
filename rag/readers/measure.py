"""What is measured of a question and its passages after a model has read them: rows of features, by their names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.documents import Hit, Span
from index.search import Index
from rag.asking import Asked, asked_for
from rag.citations import is_credit, is_headline
from rag.copies import copy_groups
from rag.readers.pairs import PairReading
from rag.readers.spans import SentenceSpans, mismatches, repeated, sentence_spans
from rag.readers.weights import Rows
from rag.words import answer_key, content_words

PASSAGE_FEATURES = ("search", "relevance", "margin")
SPAN_FEATURES = ("span", "search", "relevance", "null", "mismatch", "repeated", "words", "headline")
SENTENCE_FEATURES = ("passage", "mass", "answer", "coverage", "length", "headline")
CONFIDENCE_FEATURES = ("answer", "relevance", "margin", "upper", "coverage", "statement", "there", "stated", "ahead")

_RELEVANCE_LIMIT, _MARGIN_LIMIT = 8.0, 15.0
"""Logits beyond these say nothing more."""


@dataclass(frozen=True)
class Read:
    """A question read against its hits.

    `spans` are short answers with the place of their sentence in `sentences`; `ignored`, shape (spans,), says which do
    not count, since they stand in a byline or in a passage that copies an earlier one; `coverage`, shape (sentences,),
    is the share of the question's words in a sentence, each counted by its rarity. The rows have the shapes
    (hits, PASSAGE_FEATURES) and (spans, SPAN_FEATURES).
    """

    asked: Asked
    hits: tuple[Hit, ...]
    sentences: tuple[SentenceSpans, ...]
    spans: tuple[tuple[int, Span], ...]
    ignored: NDArray[np.bool_]
    coverage: NDArray[np.float64]
    passage_rows: Rows
    span_rows: Rows


def measure(question: str, hits: Sequence[Hit], readings: Sequence[PairReading], index: Index) -> Read:
    """Everything that the fitted models look at; `index` lends its word statistics."""
    asked = asked_for(question)
    sentences = tuple(sentence_spans(hits, readings))
    spans = tuple((number, span) for number, read in enumerate(sentences) for span, _ in read.spans)
    groups = copy_groups([hit.text for hit in hits])
    copied = np.array([groups[read.place] != read.place for read in sentences], dtype=bool)
    credited = np.array([is_credit(read.hit.document, read.sentence) for read in sentences], dtype=bool)
    owner = np.array([number for number, _ in spans], dtype=np.int64)
    return Read(
        asked=asked,
        hits=tuple(hits),
        sentences=sentences,
        spans=spans,
        ignored=(copied | credited)[owner],
        coverage=_coverage(question, sentences, index),
        passage_rows=_passage_rows(hits, readings, sentences),
        span_rows=_span_rows(question, asked, readings, sentences),
    )


def sentence_rows(read: Read, passages: NDArray[np.float64], answers: NDArray[np.float64]) -> Rows:
    """Shape (sentences, SENTENCE_FEATURES), from the logits of the hits and the probabilities of the spans."""
    best = np.zeros(len(read.sentences))
    for (number, _), probability in zip(read.spans, answers, strict=True):
        best[number] += probability
    highest = passages.max()
    top = max((sentence.mass for sentence in read.sentences), default=0.0)
    rows = [
        (
            passages[sentence.place] - highest,
            max(sentence.mass - top, -_MARGIN_LIMIT),
            math.log(max(best[number], 1e-6)),
            read.coverage[number],
            math.log1p(len(sentence.sentence)) / 4,
            float(is_headline(sentence.hit.document, sentence.sentence)),
        )
        for number, sentence in enumerate(read.sentences)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(SENTENCE_FEATURES))


def confidence_row(read: Read, passages: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (CONFIDENCE_FEATURES,), of the question as a whole.

    From the logits of the hits and the probabilities of the spans: the likeliest answer's probability; the best
    relevance and margin; the mean relevance of the upper quarter; the best coverage; whether it is a statement; the
    relevance and the coverage where the likeliest answer stands; how far the best passage is ahead of the next.
    """
    relevance = read.passage_rows[:, 1]
    falling, order = np.sort(relevance)[::-1], np.sort(passages)[::-1]
    number = read.spans[int(answers.argmax())][0] if answers.any() else 0
    return np.array(
        [
            answers.max(initial=0.0),
            falling[0],
            read.passage_rows[:, 2].max(),
            falling[: len(falling) // 4 + 1].mean(),
            read.coverage.max(initial=0.0),
            float(read.asked == "statement"),
            relevance[read.sentences[number].place] if read.sentences else falling[0],
            read.coverage[number] if read.sentences else 0.0,
            order[0] - order[min(1, len(order) - 1)],
        ]
    )


def _coverage(question: str, sentences: Sequence[SentenceSpans], index: Index) -> NDArray[np.float64]:
    words = " ".join(content_words(question)) or question
    asked: Mapping[str, float] = {term: index.idf(term) for term in index.terms(words)}
    total = sum(asked.values()) or 1.0
    found = [set(index.terms(read.sentence.of(read.hit.document.text))) & asked.keys() for read in sentences]
    return np.array([sum(asked[term] for term in terms) / total for terms in found], dtype=np.float64)


def _passage_rows(hits: Sequence[Hit], readings: Sequence[PairReading], sentences: Sequence[SentenceSpans]) -> Rows:
    """Shape (hits, PASSAGE_FEATURES)."""
    best = np.full(len(hits), -_MARGIN_LIMIT)
    for sentence in sentences:
        for _, logit in sentence.spans[:1]:
            best[sentence.place] = max(best[sentence.place], logit - readings[sentence.place].null)
    relevance = [reading.relevance for reading in readings]
    return np.stack(
        [
            np.array([hit.score for hit in hits], dtype=np.float64),
            np.clip(relevance, -_RELEVANCE_LIMIT, _RELEVANCE_LIMIT),
            np.clip(best, -_MARGIN_LIMIT, _MARGIN_LIMIT),
        ],
        axis=1,
    )


def _span_rows(
    question: str, asked: Asked, readings: Sequence[PairReading], sentences: Sequence[SentenceSpans]
) -> Rows:
    """Shape (spans, SPAN_FEATURES)."""
    question_words = frozenset(answer_key(question).split())
    rows = []
    for sentence in sentences:
        reading, document = readings[sentence.place], sentence.hit.document
        headline = is_headline(document, sentence.sentence)
        for span, logit in sentence.spans:
            text = span.of(document.text)
            rows.append(
                (
                    logit,
                    sentence.hit.score,
                    max(-_RELEVANCE_LIMIT, min(_RELEVANCE_LIMIT, reading.relevance)),
                    reading.null,
                    float(mismatches(asked, text)),
                    repeated(text, question_words),
                    len(text.split()) / 10,
                    float(headline),
                )
            )
    return np.array(rows, dtype=np.float64).reshape(-1, len(SPAN_FEATURES))
