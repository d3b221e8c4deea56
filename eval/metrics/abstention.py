"""Whether a system knows what it does not know: on answerable and unanswerable questions, and on its own answers.

The confidence of an answer says how likely the corpus answers the question. So `AUROC` and `ECE` hold it against
whether the corpus does; the risk-coverage curve holds it against whether the answer was right.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eval.metrics.answers import has_answer
from eval.metrics.base import Case, OverRun, PerQuestion
from eval.significance import area_under_roc

_BINS = 10


def confidence(case: Case) -> float:
    """The stated confidence; where nothing came back, the worst one: 0 if answerable, 1 if not."""
    prediction = case.row.prediction
    return prediction.confidence if prediction else float(case.query.unanswerable)


def right(case: Case) -> bool:
    """Whether an acceptable answer stands in the answer given; never so for an unanswerable question."""
    return case.answered and has_answer(case)


def risk_coverage(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The risk among the k answers with the highest confidence, for k from 1 to n; shape (n,).

    `points` are rows (confidence, right). Answers of equal confidence share the mean of their errors, as no order among
    them is meant.
    """
    order = np.argsort(-points[:, 0], kind="stable")
    levels, errors = -points[order, 0], 1 - points[order, 1]
    _, level, counts = np.unique(levels, return_inverse=True, return_counts=True)
    shared = np.bincount(level, weights=errors) / counts
    return np.asarray(np.cumsum(shared[level]) / np.arange(1, len(points) + 1))


def reliability(points: NDArray[np.float64]) -> list[tuple[float, float, int]]:
    """For each tenth of the confidence in which something lies: mean confidence, share that held, and how many."""
    bins = np.minimum((points[:, 0] * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    stated, held = (np.bincount(bins, weights=points[:, column], minlength=_BINS) for column in (0, 1))
    return [(float(stated[b] / n), float(held[b] / n), int(n)) for b, n in enumerate(counts) if n]


def _auroc(points: NDArray[np.float64]) -> float:
    held = points[:, 1] > 0
    if held.all() or not held.any():
        return math.nan
    return area_under_roc(points[held, 0].tolist(), points[~held, 0].tolist())


def _no_answer_f1(points: NDArray[np.float64]) -> float:
    """F1 of two yes-or-no columns; NaN where no question is unanswerable."""
    refused, unanswerable = points[:, 0] > 0, points[:, 1] > 0
    if not unanswerable.any():
        return math.nan
    return float(2 * (refused & unanswerable).sum() / (refused.sum() + unanswerable.sum()))


def _knows(case: Case) -> tuple[float, float]:
    return confidence(case), float(case.query.answerable)


def _has_answers(case: Case) -> bool:
    return case.query.answers is not None


auroc = OverRun("answer", _knows, _has_answers, _auroc)
"""How well the confidence separates answerable questions from unanswerable ones, whatever the threshold.

The chance that an answerable question gets the higher confidence, ties counting half: 1 is perfect, 0.5 is chance.
"""

aurc = OverRun(
    "answer",
    point=lambda case: (confidence(case), float(right(case))),
    applies=lambda case: case.answered and _has_answers(case),
    statistic=lambda points: float(risk_coverage(points).mean()),
    lower_is_better=True,
)
"""Area under the risk-coverage curve (Geifman and El-Yaniv 2017): the mean of `risk_coverage` over the answers given.

Refusals are not on the curve, as nothing is known of what would have been answered; a threshold of 0 shows it whole.
"""

calibration_error = OverRun(
    "answer",
    _knows,
    _has_answers,
    statistic=lambda points: sum(n * abs(stated - held) for stated, held, n in reliability(points)) / len(points),
    lower_is_better=True,
)
"""Expected calibration error (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017) over ten bins of equal width.

On a benchmark of answerable questions only it is one minus the mean confidence. Resamples scatter more than the run
does, so that the value lies towards the lower end of its interval.
"""

no_answer_f1 = OverRun(
    "answer",
    point=lambda case: (float(not case.answered), float(case.query.unanswerable)),
    applies=_has_answers,
    statistic=_no_answer_f1,
)
"""F1 of the refusals as a guess of which questions are unanswerable."""

answered = PerQuestion("answer", lambda case: float(case.answered), lambda case: case.query.answerable)
"""Share of the answerable questions that got an answer, right or wrong, at the threshold the system uses."""

refused = PerQuestion("answer", lambda case: float(not case.answered), lambda case: case.query.unanswerable)
"""Share of the unanswerable questions that were refused, at the threshold the system uses."""
