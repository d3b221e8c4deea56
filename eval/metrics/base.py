"""What a metric is, and what it sees of a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from eval.benchmarks.base import EvidenceSpan, Query
from eval.rows import Row
from eval.significance import Estimate, Statistic, bootstrap_mean, bootstrap_points

Subject = Literal["ranking", "answer"]
"""What a metric scores; a metric of answers says nothing about a run without them."""


@dataclass(frozen=True)
class Case:
    """A question, the documents judged for it (key -> relevance), and what came back.

    `quotes` are the words of `query.evidence`, in its order.
    """

    query: Query
    judged: Mapping[str, int]
    row: Row
    quotes: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether an answer was given, right or wrong."""
        return self.row.prediction is not None and self.row.prediction.answered

    def lacks(self, subject: Subject) -> bool:
        """Whether nothing came back that could be scored."""
        return self.row.prediction is None if subject == "answer" else not self.row.ranking

    def to_json(self) -> dict[str, Any]:
        """The row with its question and its gold."""
        query = self.query
        return {
            **self.row.to_json(),
            "question": {
                "text": query.text,
                "answers": None if query.answers is None else list(query.answers),
                "history": list(query.history),
                "rewrite": query.rewrite,
                "given": query.given,
                "metadata": dict(query.metadata),
            },
            "judged": dict(self.judged),
            "evidence": [
                {"document": span.document, "start": span.start, "end": span.end, "quote": words}
                for span, words in zip(query.evidence, self.quotes, strict=True)
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], timings_ms: Mapping[str, float]) -> Case:
        """What `to_json` wrote. Raises KeyError or TypeError for anything else."""
        question, evidence = value["question"], value["evidence"]
        query = Query(
            id=value["query"],
            text=question["text"],
            answers=None if question["answers"] is None else tuple(question["answers"]),
            history=tuple(question["history"]),
            rewrite=question["rewrite"],
            evidence=tuple(EvidenceSpan(item["document"], item["start"], item["end"]) for item in evidence),
            given=question["given"],
            metadata=question["metadata"],
        )
        quotes = tuple(item["quote"] for item in evidence)
        return cls(query, value["judged"], Row.from_json(value, timings_ms), quotes)


class Metric(Protocol):
    """A number about a run."""

    @property
    def subject(self) -> Subject:
        """What it scores."""

    @property
    def lower_is_better(self) -> bool:
        """Whether a smaller number is the better one."""

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
    lower_is_better: bool = False

    def values(self, cases: Sequence[Case]) -> dict[str, float]:
        """Query id -> value. A question for which nothing came back scores 0; this is the one place that says so."""
        return {
            case.query.id: 0.0 if case.lacks(self.subject) else self.score(case) for case in cases if self.applies(case)
        }

    def estimate(self, cases: Sequence[Case]) -> Estimate | None:
        """The mean with its bootstrap interval."""
        values = list(self.values(cases).values())
        return bootstrap_mean(values) if values else None


@dataclass(frozen=True)
class OverRun:
    """A metric that only a whole run has: a statistic over two numbers for each question it applies to."""

    subject: Subject
    point: Callable[[Case], tuple[float, float]]
    applies: Callable[[Case], bool]
    statistic: Statistic
    lower_is_better: bool = False

    def values(self, cases: Sequence[Case]) -> dict[str, float]:
        """None: a single question has no such number."""
        return {}

    def points(self, cases: Sequence[Case]) -> dict[str, tuple[float, float]]:
        """Query id -> what the statistic takes of it."""
        return {case.query.id: self.point(case) for case in cases if self.applies(case)}

    def estimate(self, cases: Sequence[Case]) -> Estimate | None:
        """The statistic with its bootstrap interval; None where it is not defined."""
        return bootstrap_points(list(self.points(cases).values()), self.statistic)
