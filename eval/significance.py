"""How sure a number is: percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13), seeded, vectorised.

Drawing n of n values with replacement is drawing how often each distinct value comes: one multinomial draw for each
resample. So the result does not depend on the order of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Statistic = Callable[[NDArray[np.float64]], float]
"""Takes a row for each question, shape (n, columns), to a number; NaN where it is not defined."""

RESAMPLES = 10_000
RESAMPLES_OF_A_RUN = 2_000
"""For numbers that must be worked out anew for each resample: their intervals move by a hundredth of their width."""
SEED = 20251023
LEVEL = 0.95

_SLACK = 1e-9
"""An exchange that changes nothing must count as equal, in whatever order the sums are taken."""
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
    if not values:
        raise ValueError("no values: nothing can be estimated")
    distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    n = len(values)
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

    Raises ValueError where one of the two is empty. Worked example: of the four pairs, 0.9 > 0.5 and 0.9 > 0.2 and
    0.5 > 0.2 count 1 and 0.5 = 0.5 counts 1/2: 3.5 / 4.

    >>> area_under_roc([0.9, 0.5], [0.5, 0.2])
    0.875
    """
    if not positives or not negatives:
        raise ValueError("one of the two classes is empty: there is nothing to separate")
    ranks = rankdata([*positives, *negatives])
    above, below = len(positives), len(negatives)
    return float((ranks[:above].sum() - above * (above + 1) / 2) / (above * below))


def bootstrap_points(
    points: Sequence[Sequence[float]], statistic: Statistic, *, resamples: int = RESAMPLES_OF_A_RUN, seed: int = SEED
) -> Estimate | None:
    """A number that only a whole run has, with its interval; None where it is not defined.

    `points` has a row for each question, and `statistic` takes such rows, shape (n, columns), to a number or NaN.
    Resamples for which it is NaN, such as those without one of two classes, are left out.
    """
    rows = np.array(sorted(map(tuple, points)), dtype=np.float64)
    value = statistic(rows) if len(rows) else np.nan
    if np.isnan(value):
        return None
    resampled = np.array([statistic(rows[draw]) for draw in resample(len(rows), resamples, seed)])
    return _estimate(float(value), len(rows), resampled[~np.isnan(resampled)])


def resample(n: int, resamples: int, seed: int = SEED) -> Iterator[NDArray[np.int64]]:
    """The indices of `resamples` samples of n of n questions, with replacement."""
    generator = np.random.default_rng(seed)
    return (generator.integers(0, n, size=n) for _ in range(resamples))


def paired_bootstrap(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES_OF_A_RUN,
    seed: int = SEED,
) -> tuple[Estimate, float] | None:
    """The difference of a statistic of two runs, b - a, with its interval, and its standard error.

    Rows of a and b, shape (n, columns), are the same questions in the same order; the questions are what is drawn. None
    where the statistic is not defined.
    """
    value = statistic(b) - statistic(a)
    if np.isnan(value):
        return None
    drawn = np.array([statistic(b[draw]) - statistic(a[draw]) for draw in resample(len(a), resamples, seed)])
    drawn = drawn[~np.isnan(drawn)]
    return _estimate(float(value), len(a), drawn), float(drawn.std())


def paired_permutation_p(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES_OF_A_RUN,
    seed: int = SEED,
) -> float:
    """The two-sided p of a difference: how often it is as large when each question's two results change places.

    Counted with the order that was seen (Phipson and Smyth 2010), so that it lies in [1 / (resamples + 1), 1].
    """
    seen = abs(statistic(b) - statistic(a))
    generator = np.random.default_rng(seed)
    as_large = 1
    for _ in range(resamples):
        swap = generator.integers(0, 2, size=(len(a), 1)) == 1
        difference = statistic(np.where(swap, a, b)) - statistic(np.where(swap, b, a))
        as_large += bool(abs(difference) >= seen - _SLACK)
    return as_large / (resamples + 1)


def sign_flip_p(differences: NDArray[np.float64], *, resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """`paired_permutation_p` for a mean: a question's two results change places where its difference changes its sign.

    `differences` has shape (n,). Worked example: of the four orders of +1 and +1, two give a mean as far from 0.

    >>> abs(sign_flip_p(np.array([1.0, 1.0])) - 0.5) < 0.02
    True
    """
    seen = abs(differences.sum())
    generator = np.random.default_rng(seed)
    portion = max(1, _CELLS // len(differences))
    as_large = 1
    for start in range(0, resamples, portion):
        signs = generator.integers(0, 2, size=(min(portion, resamples - start), len(differences)), dtype=np.int8)
        as_large += int((np.abs((2.0 * signs - 1.0) @ differences) >= seen - _SLACK).sum())
    return as_large / (resamples + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p corrected for the number of tests (Holm 1979), in the order given, at most 1.

    Worked example: the smallest of three is tripled, the next doubled, and none falls below the one before it.

    >>> holm([0.04, 0.01, 0.03])
    [0.06, 0.03, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _draws(generator: np.random.Generator, counts: NDArray[Any], resamples: int) -> Iterator[NDArray[Any]]:
    """Resamples as counts, shape (some, distinct values), in portions that fit in memory."""
    n = int(counts.sum())
    portion = max(1, _CELLS // len(counts))
    for start in range(0, resamples, portion):
        yield generator.multinomial(n, counts / n, size=min(portion, resamples - start))


def _estimate(value: float, n: int, resampled: NDArray[np.float64]) -> Estimate:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Estimate(value, n, float(low), float(high))
