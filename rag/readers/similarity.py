"""A reader that needs no training of an encoder: similarity and shared rare words, weighed by two logistic models.

The coefficients stand in `data/similarity.json` with the command that fitted them and what they were fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.article.bylines import is_credit
from index.documents import Hit, Span
from index.errors import ModelError
from index.search import Index
from rag.english.grammar import content_words
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Evidence, Reading
from rag.readers.instructions import statements
from rag.readers.trained import fitted, fitted_weights

SENTENCE_FEATURES = ("cosine", "coverage", "passage", "length")
CONFIDENCE_FEATURES = ("best_cosine", "passage_cosine", "passage_coverage", "spread")
_PASSAGES_WEIGHED = 5
"""The confidence looks at the best passages only: far down the list, any question finds its words somewhere."""


class SimilarityReader:
    """Weighs each sentence by its cosine to the question, the share of the question's rare words, and its passage."""

    def __init__(self, index: Index) -> None:
        """Over the index whose encoder and word statistics it uses."""
        self._index = index

    @property
    def threshold(self) -> float:
        """See `Reader`; chosen together with the coefficients."""
        return float(fitted("similarity")["threshold"])

    def read(self, question: UnderstoodQuestion, hits: Sequence[Hit]) -> Reading:
        """See `Reader`."""
        evidence, features = self.features(question.standalone, hits)
        if not evidence:
            return Reading((), 0.0)
        relevance = fitted_weights("similarity", "sentence", SENTENCE_FEATURES).probability(features)
        weighed = [
            Evidence(hit, span, float(value))
            for (hit, span), value in zip(evidence, relevance, strict=True)
            if not is_credit(hit.document, span)
        ]
        summary = self.summary(question.standalone, hits, features)
        confidence = float(
            fitted_weights("similarity", "confidence", CONFIDENCE_FEATURES).probability(summary[None, :])[0]
        )
        return Reading(tuple(sorted(weighed, key=lambda item: -item.relevance)), confidence, tuple(hits))

    def features(self, question: str, hits: Sequence[Hit]) -> tuple[list[tuple[Hit, Span]], NDArray[np.float64]]:
        """Every sentence of the hits that states something, with a row of SENTENCE_FEATURES, shape (n, 4)."""
        sentences = [(hit, span) for hit in hits for span in statements(hit)]
        if not sentences:
            return [], np.empty((0, len(SENTENCE_FEATURES)))
        texts = [span.of(hit.document.text) for hit, span in sentences]
        asked = self._rarity(question)
        cosines = self._index.embedder.embed_passages(self._within_window(texts)) @ self._index.embedder.embed_query(
            question
        )
        best = hits[0].score or 1.0
        rows = [
            (float(cosine), self._coverage(asked, text), hit.score / best, math.log1p(len(text.split())) / 4)
            for (hit, _), text, cosine in zip(sentences, texts, cosines, strict=True)
        ]
        return sentences, np.array(rows, dtype=np.float64)

    def summary(self, question: str, hits: Sequence[Hit], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """One row of CONFIDENCE_FEATURES for the question as a whole, shape (4,)."""
        asked = self._rarity(question)
        first = hits[:_PASSAGES_WEIGHED]
        vectors = self._index.embedder.embed_passages(self._within_window([hit.text for hit in first]))
        similarities = vectors @ self._index.embedder.embed_query(question)
        coverages = [self._coverage(asked, f"{hit.document.title} {hit.text}") for hit in first]
        return np.array(
            [
                features[:, 0].max(),
                similarities.max(),
                max(coverages),
                hits[0].score - hits[min(_PASSAGES_WEIGHED, len(hits)) - 1].score,
            ]
        )

    def _rarity(self, question: str) -> Mapping[str, float]:
        words = " ".join(content_words(question)) or question
        return {term: self._index.idf(term) for term in self._index.terms(words)}

    def _coverage(self, asked: Mapping[str, float], text: str) -> float:
        """Share of the question's words that the text has, each counted by its rarity; in [0, 1]."""
        total = sum(asked.values())
        if total == 0.0:
            return 0.0
        return sum(asked[term] for term in set(self._index.terms(text)) & asked.keys()) / total

    def _within_window(self, texts: Sequence[str]) -> list[str]:
        """The texts, those beyond the encoder's window cut: a weight may look at a beginning, a quote is never cut."""
        embedder = self._index.embedder
        cut = list(texts)
        for number, text in enumerate(cut):
            # A token has at least one character, so most texts need not be counted.
            while len(text) > embedder.max_tokens and embedder.count_tokens(text) > embedder.max_tokens:
                text = text[: len(text) * 4 // 5]
            cut[number] = text
        return cut


def open_similarity(index: Index, model: str) -> SimilarityReader:
    """The reader over an index. Raises ModelError where a model is named: it takes none."""
    if model:
        raise ModelError(f"the reader 'similarity' takes no model, and {model!r} is given: leave reader_model empty")
    return SimilarityReader(index)
