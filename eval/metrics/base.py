"""What a metric is, and what it sees of a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from eval.benchmarks.base import Query
from eval.rows import Row
from eval.significance import Estimate, bootstrap_mean

Subject = Literal["ranking", "answer"]
"""What a metric scores; a metric of answers says nothing about a run without them."""


@dataclass(frozen=True)
class Case:
    """A question, the documents judged for it (key -> relevance), and what came back."""

    query: Query
    judged: Mapping[str, int]
    row: Row

    def lacks(self, subject: Subject) -> bool:
        """Whether nothing came back that could be scored."""
        return self.row.prediction is None if subject == "answer" else not self.row.ranking


class Metric(Protocol):
    """A number about a run."""

    @property
    def subject(self) -> Subject:
        """What it scores."""

    def values(self, cases: Sequence[Case]) -> dict[str, float]:
        """Query id -> its own value; empty for a metric that only a whole run has."""

    def estimate(self, cases: Sequence[Case]) -> Estimate | None:
        """The value over the run with its interval; None where it applies to no question."""


@dataclass(frozen=True)
class PerQuestion:
    """A metric that is a mean over the questions it applies to. `score` may rely on something having come back."""

    subject: Subject
    score: Callable[[Case], float]
    applies: Callable[[Case], bool]

    def values(self, cases: Sequence[Case]) -> dict[str, float]:
        """Query id -> value. A question for which nothing came back scores 0; this is the one place that says so."""
        return {
            case.query.id: 0.0 if case.lacks(self.subject) else self.score(case) for case in cases if self.applies(case)
        }

    def estimate(self, cases: Sequence[Case]) -> Estimate | None:
        """The mean with its bootstrap interval."""
        values = list(self.values(cases).values())
        return bootstrap_mean(values) if values else None
