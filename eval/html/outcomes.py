"""The kinds of questions, and what became of each."""

from __future__ import annotations

import re
from enum import StrEnum

from eval.benchmarks.base import Query
from eval.metrics.abstention import right
from eval.metrics.base import Case

_TYPE_KEYS = ("type", "question_type")
_QUESTION_WORD = re.compile(r"\b(how (?:many|much|long|old|far|often)|who|whom|whose|what|when|where|why|which|how)\b")
_FOUND_WITHIN = 10


class Outcome(StrEnum):
    """What became of a question."""

    right = "right"
    wrong = "wrong"
    refused = "refused"
    rightly_refused = "rightly refused"
    answered = "answered"
    failed = "failed"
    found = "found"
    missed = "not found"
    ranked = "ranked"
    absent = "not asked"


MARKS = {
    Outcome.right: "✓", Outcome.rightly_refused: "✓", Outcome.found: "✓", Outcome.wrong: "✗", Outcome.missed: "✗",
    Outcome.failed: "!", Outcome.refused: "–", Outcome.answered: "·", Outcome.ranked: "·", Outcome.absent: "·",
}  # fmt: skip


def outcome(case: Case | None) -> Outcome:
    """What became of a question, right where an acceptable answer stands in the answer; None was not asked.

    A question that was only searched is found where one of the first ten documents is relevant.
    """
    if case is None:
        return Outcome.absent
    if case.row.error:
        return Outcome.failed
    if case.row.prediction is None:
        return _of_ranking(case)
    if not case.answered:
        return Outcome.rightly_refused if case.query.unanswerable else Outcome.refused
    if case.query.answers is None:
        return Outcome.answered
    return Outcome.right if right(case) else Outcome.wrong


def question_type(query: Query) -> str:
    """What the benchmark calls the type of a question; where it says nothing, the first question word in it.

    >>> question_type(Query("q", "In which year, and why?")), question_type(Query("q", "Name it."))
    ('which', 'other')
    """
    for key in _TYPE_KEYS:
        if named := query.metadata.get(key):
            return str(named)
    word = _QUESTION_WORD.search(query.text.lower())
    return word[1] if word else "other"


def _of_ranking(case: Case) -> Outcome:
    relevant = {key for key, relevance in case.judged.items() if relevance > 0}
    if not relevant:
        return Outcome.ranked
    found = relevant & {ranked.document for ranked in case.row.ranking[:_FOUND_WITHIN]}
    return Outcome.found if found else Outcome.missed
