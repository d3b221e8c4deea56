"""The default reader: a model that reads question and passage together, trusted as far as its record allows.

How much the search, the model's relevance, its spans and its "no answer" count was fitted on development questions;
the coefficients of these logistic models stand in `data/reader.json` with the command that fitted them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.documents import Hit
from index.search import Index
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Evidence, PairReader, Reading, ShortAnswer
from rag.readers.features import (
    CONFIDENCE_FEATURES,
    OVERVIEW_FEATURES,
    PASSAGE_FEATURES,
    SENTENCE_FEATURES,
    SPAN_FEATURES,
    Features,
    Rows,
    confidence_row,
    extract_features,
    overview_row,
    passage_rows,
    sentence_rows,
)


@dataclass(frozen=True)
class Weights:
    """A linear model: logit = bias + weights · features; probability = 1 / (1 + exp(-logit))."""

    bias: float
    weights: tuple[float, ...]

    def logits(self, features: Rows) -> NDArray[np.float64]:
        """Shape (n, number of weights) to shape (n,)."""
        return np.asarray(features @ np.array(self.weights) + self.bias)

    def probability(self, features: Rows) -> NDArray[np.float64]:
        """Shape (n, number of weights) to shape (n,), in (0, 1)."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.logits(features), -50, 50))))


@lru_cache
def fitted(file: str) -> dict[str, Any]:
    """What a fitting script stored under this name."""
    stored: dict[str, Any] = json.loads(resources.files("rag").joinpath(f"data/{file}.json").read_text("utf-8"))
    return stored


def fitted_weights(file: str, model: str, features: Sequence[str]) -> Weights:
    """One model of a file, its weights in the order of the features."""
    stored = fitted(file)[model]
    return Weights(stored["bias"], tuple(stored["weights"][feature] for feature in features))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities that sum to 1; of nothing, nothing."""
    if not logits.size:
        return logits
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


_ANSWERS_KEPT = 12


@dataclass(frozen=True)
class Trust:
    """How far what was read is believed, and the least confidence for an answer."""

    passage: Weights
    span: Weights
    sentence: Weights
    confidence: Weights
    overview: Weights
    threshold: float

    @classmethod
    def packaged(cls) -> Trust:
        """As fitted for the packaged reader."""
        return cls(
            fitted_weights("reader", "passage", PASSAGE_FEATURES),
            fitted_weights("reader", "span", SPAN_FEATURES),
            fitted_weights("reader", "sentence", SENTENCE_FEATURES),
            fitted_weights("reader", "confidence", CONFIDENCE_FEATURES),
            fitted_weights("reader", "overview", OVERVIEW_FEATURES),
            float(fitted("reader")["threshold"]),
        )

    def answers(self, features: Features) -> NDArray[np.float64]:
        """Probability of each of `features.spans`, copies of a text counted once; they sum to 1 where there are any."""
        if not features.spans or features.ignored.all():
            return np.zeros(len(features.spans))
        return softmax(np.where(features.ignored, -np.inf, self.span.logits(features.span_rows)))

    def answerable(self, features: Features, passages: NDArray[np.float64], answers: NDArray[np.float64]) -> float:
        """How likely the hits answer, in [0, 1]; an overview asks for passages about its topic and for no one answer.

        From the logits of the hits and the probabilities of the spans.
        """
        model = self.overview if features.covered.size else self.confidence
        row = overview_row(features) if features.covered.size else confidence_row(features, passages, answers)
        return float(model.probability(row[None, :])[0])


class TrainedReader:
    """Reads with a `PairReader` and weighs what it says."""

    def __init__(self, pairs: PairReader, index: Index, trust: Trust | None = None) -> None:
        """`index` lends its encoder and word statistics; `trust` is the packaged one by default."""
        self._pairs = pairs
        self._index = index
        self._trust = trust or Trust.packaged()

    @property
    def threshold(self) -> float:
        """See `Reader`; chosen together with the coefficients."""
        return self._trust.threshold

    def features(self, question: UnderstoodQuestion, hits: Sequence[Hit]) -> Features:
        """Read every hit, and what is measured of it."""
        titled = [("" if hit.document.title_derived else hit.document.title, hit.text) for hit in hits]
        readings = self._pairs.read_pairs(question.text, titled)
        return extract_features(question, hits, readings, self._index)

    def read(self, question: UnderstoodQuestion, hits: Sequence[Hit]) -> Reading:
        """See `Reader`."""
        if not hits:
            return Reading((), 0.0)
        features = self.features(question, hits)
        answers = self._trust.answers(features)
        passages = self._trust.passage.logits(passage_rows(features, answers))
        relevance = self._trust.sentence.probability(sentence_rows(features, passages, answers))
        evidence = [
            Evidence(sentence.hit, sentence.sentence, float(value), sentence.spans[0][0] if sentence.spans else None)
            for sentence, value in zip(features.sentences, relevance, strict=True)
        ]
        stating = (item for item, credit in zip(evidence, features.credits, strict=True) if not credit)
        return Reading(
            tuple(sorted(stating, key=lambda item: -item.relevance)),
            self._trust.answerable(features, passages, answers),
            _reordered(hits, passages.tolist()),
            _short_answers(features, answers, evidence),
        )


def _short_answers(
    features: Features, answers: NDArray[np.float64], evidence: Sequence[Evidence]
) -> tuple[ShortAnswer, ...]:
    """The spans grouped by what they say, likeliest first."""
    groups: dict[str, list[tuple[float, Evidence]]] = {}
    for (number, span), key, probability in zip(features.spans, features.keys, answers.tolist(), strict=True):
        groups.setdefault(key, []).append((probability, replace(evidence[number], answer=span)))
    found = []
    for key, places in groups.items():
        if key:
            places.sort(key=lambda place: -place[0])
            first = places[0][1]
            text = first.answer.of(first.hit.document.text) if first.answer else ""
            found.append(ShortAnswer(text, sum(share for share, _ in places), tuple(item for _, item in places)))
    return tuple(sorted(found, key=lambda answer: -answer.probability)[:_ANSWERS_KEPT])


def _reordered(hits: Sequence[Hit], scores: Sequence[float]) -> tuple[Hit, ...]:
    """The hits by falling score, each with its rank in the stage `read`; equals keep their order."""
    order = sorted(range(len(hits)), key=lambda number: -scores[number])
    return tuple(
        replace(hits[number], ranks={**hits[number].ranks, "read": rank}) for rank, number in enumerate(order, start=1)
    )
