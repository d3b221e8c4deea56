"""What is measured of a question and its passages after a model has read them: rows of features, by their names.

From token logits come the spans of every sentence; the fitted models then build on one another: spans first, then
passages, sentences and the question as a whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.article.bylines import is_credit
from index.documents import Hit, Span
from index.embedders.base import Embedder
from index.lexicon import MONTHS, WEEKDAYS
from index.search import Index
from rag.english.grammar import answer_key, content_words, singular
from rag.english.places import kinds_of, place_kind
from rag.question.answer_type import AnswerType, is_impossible, mismatches
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import PairReading
from rag.readers.instructions import statements

Rows = NDArray[np.float64]
"""Shape (n, features)."""

_TOP = 3
"""Spans of a sentence that are looked at; further ones are variants of these."""

_NEVER = -30.0


@dataclass(frozen=True)
class SentenceSpans:
    """A sentence of a hit as it was read.

    `mass` is the log of the summed weight of its spans, `spans` its best spans with their logits, best first.
    """

    hit: Hit
    place: int
    sentence: Span
    mass: float
    spans: tuple[tuple[Span, float], ...]


def spans_by_sentence(hits: Sequence[Hit], readings: Sequence[PairReading]) -> Iterator[SentenceSpans]:
    """Every sentence of the hits that states something; a span never crosses the border of a sentence."""
    for place, (hit, reading) in enumerate(zip(hits, readings, strict=True)):
        table = reading.spans()
        starts, ends = reading.offsets[:, 0] + hit.passage.start, reading.offsets[:, 1] + hit.passage.start
        for sentence in statements(hit):
            first = int(np.searchsorted(starts, sentence.start))
            last = int(np.searchsorted(ends, sentence.end, side="right"))
            if last <= first:
                yield SentenceSpans(hit, place, sentence, _NEVER, ())
                continue
            own = table[first:last, first:last]
            best = own.max()
            mass = float(best + np.log(np.exp(own - best).sum()))
            spans = tuple((Span(int(starts[first + a]), int(ends[first + b])), float(own[a, b])) for a, b in _best(own))
            yield SentenceSpans(hit, place, sentence, mass, spans)


def _best(table: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Rows and columns of the largest values, largest first."""
    flat = table.ravel()
    count = min(_TOP, int(np.isfinite(flat).sum()))
    chosen = np.argpartition(-flat, count - 1)[:count]
    chosen = chosen[np.argsort(-flat[chosen], kind="stable")]
    rows, columns = np.unravel_index(chosen, table.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def repeated(answer: str, question_words: frozenset[str]) -> float:
    """Share of an answer's words that the question has already, in [0, 1]: what is asked is seldom its own answer."""
    words = answer_key(answer).split()
    return sum(word in question_words for word in words) / len(words) if words else 1.0


KIND_FEATURES = ("alike", "listed", "named")
_SPELLED = {
    "month": re.compile("|".join(MONTHS)), "weekday": re.compile("|".join(WEEKDAYS)), "year": re.compile(r"[12]\d{3}"),
}  # fmt: skip
"""Kinds whose members are known by their form, besides places."""
_EMBEDDED = 24
"""Answers that are compared with the noun: a few milliseconds' worth."""
_CUT = 60
"""Characters of them."""


def kind_rows(noun: str, answers: Sequence[str], logits: NDArray[np.float64], embedder: Embedder) -> Rows:
    """Shape (answers, KIND_FEATURES); all zeros where the question names no kind by a noun.

    alike: cosine of answer and noun, less the mean over the likeliest answers. listed: where all members of the kind
    are known, as countries and months are, 1 for one of them and -1 for anything else. named: 1 where the answer says
    its own kind, as "Alaska Airlines" does.
    `logits`, shape (answers,), say which answers are worth comparing.
    """
    rows = np.zeros((len(answers), len(KIND_FEATURES)))
    if not noun or not answers:
        return rows
    rows[:, 0] = _alike(noun, answers, logits, embedder)
    head = singular(noun.casefold().split()[-1])
    for number, answer in enumerate(answers):
        rows[number, 1] = _listed(noun, head, answer)
        rows[number, 2] = float(head in {singular(word) for word in answer_key(answer).split()})
    return rows


def _listed(noun: str, head: str, answer: str) -> float:
    if kind := place_kind(noun):
        return 1.0 if kind in kinds_of(answer) else -1.0
    if form := _SPELLED.get(head):
        return 1.0 if form.fullmatch(answer_key(answer)) else -1.0
    return 0.0


def _alike(noun: str, answers: Sequence[str], logits: NDArray[np.float64], embedder: Embedder) -> NDArray[np.float64]:
    likeliest = np.argsort(-logits, kind="stable")
    chosen = list(dict.fromkeys(answers[number][:_CUT] for number in likeliest))[:_EMBEDDED]
    cosines = embedder.embed_passages(chosen) @ embedder.embed_query(noun)
    known = dict(zip(chosen, (cosines - cosines.mean()).tolist(), strict=True))
    return np.array([known.get(answer[:_CUT], 0.0) for answer in answers])


SPAN_FEATURES = (
    "span", "search", "relevance", "null", "mismatch", "repeated", "words", "headline", "title", *KIND_FEATURES,
)  # fmt: skip
PASSAGE_FEATURES = ("search", "relevance", "margin", "answer")
SENTENCE_FEATURES = ("passage", "mass", "answer", "coverage", "length", "headline")
_OF_THE_ANSWER = ("mismatch", "repeated", "title", *KIND_FEATURES)
"""What of the likeliest answer's own features says whether it is one."""
CONFIDENCE_FEATURES = (
    "answer", "relevance", "margin", "upper", "coverage", "open", "there", "stated", "ahead", "above",
    *_OF_THE_ANSWER,
)  # fmt: skip

OVERVIEW_FEATURES = ("passage", "sentence", "upper")

_RELEVANCE_LIMIT, _MARGIN_LIMIT = 8.0, 15.0
"""Logits beyond these say nothing more."""
_LEAST_PROBABILITY = 1e-3
_OPEN: frozenset[AnswerType] = frozenset({"statement", "comparison", "summary", "timeline"})
"""What asks for no single thing, so that finding no span says little."""
_NO_SPAN = np.zeros(len(SPAN_FEATURES))


@dataclass(frozen=True)
class Features:
    """A question read against its hits.

    `credits`, shape (sentences,), says which sentences only tell who wrote a text or when. `spans` are short answers
    with the place of their sentence in `sentences`; `ignored`, shape (spans,), says which do
    not count: they stand in a byline, or in a passage that copies an earlier one which says them too, or cannot be one.
    `coverage`, shape (sentences,), is the share of the question's words in a sentence, each counted by its rarity, or
    of its topic's words where it wants an overview; then `covered`, shape (hits,), is the same of each passage with its
    title, else it is empty. `margins`, shape (hits,), are the logits of each passage's best span above "no answer";
    `span_rows` has the shape (spans, SPAN_FEATURES).
    """

    answer_type: AnswerType
    hits: tuple[Hit, ...]
    relevance: NDArray[np.float64]
    margins: NDArray[np.float64]
    sentences: tuple[SentenceSpans, ...]
    credits: NDArray[np.bool_]
    spans: tuple[tuple[int, Span], ...]
    ignored: NDArray[np.bool_]
    coverage: NDArray[np.float64]
    covered: NDArray[np.float64]
    span_rows: Rows

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What each of `spans` says, in the form in which two spellings of an answer are the same."""
        return tuple(answer_key(span.of(self.sentences[n].hit.document.text)) for n, span in self.spans)

    def said(self, answers: NDArray[np.float64]) -> dict[str, float]:
        """From the probabilities of the spans those of what they say, wherever it stands."""
        total: dict[str, float] = {}
        for key, probability in zip(self.keys, answers.tolist(), strict=True):
            total[key] = total.get(key, 0.0) + probability
        return total


def extract_features(
    question: UnderstoodQuestion,
    hits: Sequence[Hit],
    readings: Sequence[PairReading],
    index: Index,
) -> Features:
    """Everything that the fitted models look at; `index` lends its encoder and its word statistics."""
    firsts = {hit.passage.id: hit for hit in hits}
    topic, sentences = question.topic, tuple(spans_by_sentence(hits, readings))
    spans = tuple((number, span) for number, read in enumerate(sentences) for span, _ in read.spans)
    credits = [is_credit(read.hit.document, read.sentence) for read in sentences]
    ignored = []
    for number, span in spans:
        hit = sentences[number].hit
        key, first = f" {answer_key(span.of(hit.document.text))} ", firsts.get(hit.copy_of)
        # It stands in the text that its passage copies; another value than there is no copy.
        repeats = first is not None and key in f" {answer_key(first.text)} "
        ignored.append(credits[number] or repeats or is_impossible(question.answer_type, hit.document.text, span))
    return Features(
        answer_type=question.answer_type,
        hits=tuple(hits),
        relevance=np.clip([reading.relevance for reading in readings], -_RELEVANCE_LIMIT, _RELEVANCE_LIMIT),
        margins=_margins(readings, sentences),
        sentences=sentences,
        credits=np.array(credits, dtype=bool),
        spans=spans,
        ignored=np.array(ignored, dtype=bool),
        coverage=_coverage(topic or question.text, [s.sentence.of(s.hit.document.text) for s in sentences], index),
        covered=_coverage(topic, [f"{hit.document.title} {hit.text}" for hit in hits if topic], index),
        span_rows=_span_rows(question, readings, sentences, index),
    )


def passage_rows(features: Features, answers: NDArray[np.float64]) -> Rows:
    """Shape (hits, PASSAGE_FEATURES), from the probabilities of the spans.

    answer: log probability of the likeliest thing that the passage says, wherever else it is said; 0 for a statement,
    which asks for nothing.
    """
    said = features.said(answers)
    best = np.full(len(features.hits), _LEAST_PROBABILITY)
    for (number, _), key in zip(features.spans, features.keys, strict=True):
        place = features.sentences[number].place
        best[place] = max(best[place], said[key])
    scores = np.array([hit.score for hit in features.hits], dtype=np.float64)
    likeliest = np.log(best) if features.answer_type != "statement" else np.zeros(len(best))
    return np.stack([scores, features.relevance, features.margins, likeliest], axis=1)


def sentence_rows(features: Features, passages: NDArray[np.float64], answers: NDArray[np.float64]) -> Rows:
    """Shape (sentences, SENTENCE_FEATURES), from the logits of the hits and the probabilities of the spans."""
    best = np.zeros(len(features.sentences))
    for (number, _), probability in zip(features.spans, answers, strict=True):
        best[number] += probability
    highest = passages.max()
    top = max((sentence.mass for sentence in features.sentences), default=0.0)
    rows = [
        (
            passages[sentence.place] - highest,
            max(sentence.mass - top, -_MARGIN_LIMIT),
            math.log(max(best[number], 1e-6)),
            features.coverage[number],
            math.log1p(len(sentence.sentence)) / 4,
            float(sentence.hit.document.is_headline(sentence.sentence)),
        )
        for number, sentence in enumerate(features.sentences)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(SENTENCE_FEATURES))


def confidence_row(
    features: Features, passages: NDArray[np.float64], answers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shape (CONFIDENCE_FEATURES,), of the question as a whole.

    From the logits of the hits and the probabilities of the spans: the likeliest answer's probability; the best
    relevance and margin; the mean relevance of the upper quarter; the best coverage; whether no single thing is asked
    for; the relevance and the coverage where the likeliest answer stands; how far the best passage is ahead of the
    next; how far the likeliest answer is above "no answer", and its own features.
    """
    highest, order = features.relevance.max(), np.sort(passages)[::-1]
    span = int(answers.argmax()) if answers.any() else None
    number = features.spans[span][0] if span is not None else 0
    own = dict(zip(SPAN_FEATURES, features.span_rows[span] if span is not None else _NO_SPAN, strict=True))
    return np.array(
        [
            max(features.said(answers).values(), default=0.0),
            highest,
            features.margins.max(),
            _upper(features.relevance),
            features.coverage.max(initial=0.0),
            float(features.answer_type in _OPEN),
            features.relevance[features.sentences[number].place] if features.sentences else highest,
            features.coverage[number] if features.sentences else 0.0,
            order[0] - order[min(1, len(order) - 1)],
            max(-_MARGIN_LIMIT, min(_MARGIN_LIMIT, own["span"] - own["null"])),
            *(own[name] for name in _OF_THE_ANSWER),
        ]
    )


def overview_row(features: Features) -> NDArray[np.float64]:
    """Shape (OVERVIEW_FEATURES,), of a question that wants an overview.

    passage, sentence: the share of the topic's words in the passage and in the sentence that have the most; upper: the
    mean relevance of the upper quarter.
    """
    return np.array([features.covered.max(), features.coverage.max(initial=0.0), _upper(features.relevance)])


def _upper(relevance: NDArray[np.float64]) -> float:
    """The mean of the upper quarter."""
    falling = np.sort(relevance)[::-1]
    return float(falling[: len(falling) // 4 + 1].mean())


def _coverage(question: str, texts: Sequence[str], index: Index) -> NDArray[np.float64]:
    words = " ".join(content_words(question)) or question
    asked: Mapping[str, float] = {term: index.idf(term) for term in index.terms(words)}
    total = sum(asked.values()) or 1.0
    found = [set(index.terms(text)) & asked.keys() for text in texts]
    return np.array([sum(asked[term] for term in terms) / total for terms in found], dtype=np.float64)


def _margins(readings: Sequence[PairReading], sentences: Sequence[SentenceSpans]) -> NDArray[np.float64]:
    best = np.full(len(readings), -_MARGIN_LIMIT)
    for sentence in sentences:
        for _, logit in sentence.spans[:1]:
            best[sentence.place] = max(best[sentence.place], logit - readings[sentence.place].null)
    return np.asarray(np.clip(best, -_MARGIN_LIMIT, _MARGIN_LIMIT))


def _span_rows(
    question: UnderstoodQuestion, readings: Sequence[PairReading], sentences: Sequence[SentenceSpans], index: Index
) -> Rows:
    """Shape (spans, SPAN_FEATURES)."""
    # That "Columbia University" repeats the "university" of the question speaks for it.
    question_words = frozenset(answer_key(question.text).split()) - frozenset(answer_key(question.noun).split())
    rows, texts = [], []
    for sentence in sentences:
        reading, document = readings[sentence.place], sentence.hit.document
        headline = document.is_headline(sentence.sentence)
        title = frozenset(answer_key(document.title).split())
        for span, logit in sentence.spans:
            text = span.of(document.text)
            texts.append(text)
            rows.append(
                (
                    logit,
                    sentence.hit.score,
                    max(-_RELEVANCE_LIMIT, min(_RELEVANCE_LIMIT, reading.relevance)),
                    reading.null,
                    float(mismatches(question.answer_type, text)),
                    repeated(text, question_words),
                    len(text.split()) / 10,
                    float(headline),
                    repeated(text, title),
                )
            )
    own = np.array(rows, dtype=np.float64).reshape(len(rows), len(SPAN_FEATURES) - len(KIND_FEATURES))
    return np.hstack([own, kind_rows(question.noun, texts, own[:, 0], index.embedder)])
