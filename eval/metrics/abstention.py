"""Whether a system knows what it does not know, on benchmarks with answerable and unanswerable questions."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.base import Case, PerQuestion, Subject
from eval.significance import Estimate, bootstrap_auroc


def confidence(case: Case) -> float:
    """The stated confidence; where nothing came back, the worst one: 0 if answerable, 1 if not."""
    prediction = case.row.prediction
    return prediction.confidence if prediction else float(case.query.unanswerable)


class AreaUnderRoc:
    """How well the confidence separates answerable questions from unanswerable ones, whatever the threshold.

    The chance that an answerable question gets the higher confidence, ties counting half: 1 is perfect, 0.5 is chance.
    """

    subject: Subject = "answer"

    def values(self, cases: Sequence[Case]) -> dict[str, float]:
        """None: a single question has no area."""
        return {}

    def estimate(self, cases: Sequence[Case]) -> Estimate | None:
        """The area with its interval; None without both kinds of questions."""
        answerable = [confidence(case) for case in cases if case.query.answerable]
        unanswerable = [confidence(case) for case in cases if case.query.unanswerable]
        return bootstrap_auroc(answerable, unanswerable) if answerable and unanswerable else None


def _did_answer(case: Case) -> float:
    return float(case.row.prediction is not None and case.row.prediction.answered)


def _did_refuse(case: Case) -> float:
    return 1 - _did_answer(case)


def _answerable(case: Case) -> bool:
    return case.query.answerable


def _unanswerable(case: Case) -> bool:
    return case.query.unanswerable


auroc = AreaUnderRoc()

answered = PerQuestion("answer", _did_answer, _answerable)
"""Share of the answerable questions that got an answer, right or wrong, at the threshold the system uses."""

refused = PerQuestion("answer", _did_refuse, _unanswerable)
"""Share of the unanswerable questions that were refused, at the threshold the system uses."""
