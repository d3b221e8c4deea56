"""The runs that a page shows, and how their questions compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eval.metrics import open_metric
from eval.metrics.base import Case
from eval.report import Report
from eval.significance import Estimate, paired_difference
from index.errors import BenchmarkError


@dataclass(frozen=True)
class TitledRun:
    """A run under the title that the page gives it. `fingerprint` is its `config.json`, empty where there is none."""

    title: str
    report: Report
    fingerprint: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def cases(self) -> dict[str, Case]:
        """The cases by query id, in their order."""
        return {case.query.id: case for case in self.report.cases}

    @cached_property
    def values(self) -> dict[str, dict[str, float]]:
        """Metric -> query id -> value, of the metrics that single questions have."""
        found = ((name, open_metric(name).values(self.report.cases)) for name in self.report.metrics)
        return {name: values for name, values in found if values}

    @property
    def answers(self) -> bool:
        """Whether any question was asked to be answered."""
        return any(case.row.attempted for case in self.report.cases)


def checked(runs: Sequence[TitledRun]) -> Sequence[TitledRun]:
    """The runs themselves.

    Raises BenchmarkError where there is none, where two have the same title, and where two are of different benchmarks.
    """
    if not runs:
        raise BenchmarkError("no run to show: give one or more run folders")
    titles = [run.title for run in runs]
    if twice := next((title for title in titles if titles.count(title) > 1), ""):
        raise BenchmarkError(f"two runs are called {twice!r}: give each run once")
    first = runs[0]
    for other in runs[1:]:
        if other.report.sha256 != first.report.sha256:
            raise BenchmarkError(
                f"{first.title} is a run of {first.report.benchmark} ({first.report.sha256[:12]}) and {other.title} of "
                f"{other.report.benchmark} ({other.report.sha256[:12]}): show runs of one benchmark together"
            )
    return runs


def questions(runs: Sequence[TitledRun]) -> list[Case]:
    """Each question once, as the first run that asked it has it; in the order of the runs."""
    once: dict[str, Case] = {}
    for run in runs:
        for query, case in run.cases.items():
            once.setdefault(query, case)
    return list(once.values())


def metric_names(runs: Sequence[TitledRun]) -> list[str]:
    """Every metric that one of the runs has."""
    return list(dict.fromkeys(name for run in runs for name in run.report.metrics))


def difference(first: TitledRun, other: TitledRun, name: str) -> Estimate | None:
    """The mean of other - first over the questions that both have a value for; None where there is none."""
    a, b = first.values.get(name, {}), other.values.get(name, {})
    both = [query for query in a if query in b]
    if not both:
        return None
    return paired_difference({query: a[query] for query in both}, {query: b[query] for query in both})


def worst_by(runs: Sequence[TitledRun]) -> str:
    """The metric that orders the questions: of answers where there are acceptable ones, else of the ranking.

    "" where no question has a value.
    """
    there = [name for name in ("F1", "Answer recall", "nDCG@10") if any(name in run.values for run in runs)]
    return there[0] if there else next((name for run in runs for name in run.values), "")
