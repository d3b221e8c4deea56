"""How sure a number is: percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13), seeded, vectorised.

Drawing n of n values with replacement is drawing how often each distinct value comes: one multinomial draw for each
resample. So the result does not depend on the order of the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 20251023
LEVEL = 0.95

_CELLS = 2_000_000
"""Counts drawn at once, so that memory stays at some 16 MB whatever the number of questions."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number measured on `n` questions, and the interval in which it lies with 95 % confidence."""

    value: float
    n: int
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Rounded to six digits: beyond that, machines differ."""
        return {"value": round(self.value, 6), "n": self.n, "low": round(self.low, 6), "high": round(self.high, 6)}


def bootstrap_mean(values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> Estimate:
    """The mean with its interval. Raises ValueError for no values.

    >>> bootstrap_mean([1.0, 1.0, 1.0])
    Estimate(value=1.0, n=3, low=1.0, high=1.0)
    """
    distinct, counts = _distinct(values)
    n = int(counts.sum())
    generator = np.random.default_rng(seed)
    means = [draw @ distinct / n for draw in _draws(generator, counts, resamples)]
    return _estimate(float(counts @ distinct / n), n, np.concatenate(means))


def paired_difference(a: Mapping[str, float], b: Mapping[str, float], *, seed: int = SEED) -> Estimate:
    """The mean of b - a over the same questions. Raises ValueError where the questions differ.

    The questions are what is drawn, so that what makes a question hard for both does not widen the interval.
    """
    if a.keys() != b.keys():
        raise ValueError(f"{len(a.keys() ^ b.keys())} questions are in one of the two row sets only")
    return bootstrap_mean([b[query] - a[query] for query in a], seed=seed)


def area_under_roc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Chance that a random positive scores above a random negative, equal ones counting half (Hanley, McNeil 1982).

    Worked example: of the four pairs, 0.9 > 0.5 and 0.9 > 0.2 and 0.5 > 0.2 count 1 and 0.5 = 0.5 counts 1/2: 3.5 / 4.

    >>> area_under_roc([0.9, 0.5], [0.5, 0.2])
    0.875
    """
    above, below = _histograms(positives, negatives)
    return float(_areas(above[np.newaxis], below[np.newaxis])[0])


def bootstrap_auroc(
    positives: Sequence[float], negatives: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Estimate:
    """`area_under_roc` with its interval; positives and negatives are drawn apart, each as many as there are."""
    above, below = _histograms(positives, negatives)
    generator = np.random.default_rng(seed)
    pairs = zip(_draws(generator, above, resamples), _draws(generator, below, resamples), strict=True)
    areas = np.concatenate([_areas(a, b) for a, b in pairs])
    return _estimate(area_under_roc(positives, negatives), len(positives) + len(negatives), areas)


def _distinct(values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if not values:
        raise ValueError("no values: nothing can be estimated")
    distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    return distinct, counts.astype(np.int64)


def _histograms(positives: Sequence[float], negatives: Sequence[float]) -> tuple[NDArray[Any], NDArray[Any]]:
    """How often each distinct score of either class, in rising order, occurs among positives and negatives."""
    if not positives or not negatives:
        raise ValueError("one of the two classes is empty: there is nothing to separate")
    scores, _ = _distinct([*positives, *negatives])
    columns = [np.searchsorted(scores, np.asarray(side, dtype=np.float64)) for side in (positives, negatives)]
    above, below = (np.bincount(column, minlength=len(scores)) for column in columns)
    return above, below


def _draws(generator: np.random.Generator, counts: NDArray[Any], resamples: int) -> Iterator[NDArray[Any]]:
    """Resamples as counts, shape (some, distinct values), in portions that fit in memory."""
    n = int(counts.sum())
    portion = max(1, _CELLS // len(counts))
    for start in range(0, resamples, portion):
        yield generator.multinomial(n, counts / n, size=min(portion, resamples - start))


def _areas(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Area for each row of counts: negatives strictly below each positive, and half of those beside it."""
    beaten = np.cumsum(below, axis=1) - below / 2
    pairs = above.sum(axis=1) * below.sum(axis=1)
    return np.asarray((above * beaten).sum(axis=1) / pairs)


def _estimate(value: float, n: int, resampled: NDArray[np.float64]) -> Estimate:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Estimate(value, n, float(low), float(high))
