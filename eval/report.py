"""A run in numbers: a table for people, JSON for programs."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from eval.fingerprint import versions
from eval.indexing import Indexing
from eval.metrics import REPORTED, open_metric
from eval.metrics.base import Case, Metric, Subject
from eval.rows import rounded
from eval.significance import Estimate
from eval.studies.judge_agreement import judge_notes


@dataclass(frozen=True)
class Latency:
    """Wall-clock milliseconds of one step over the questions of a run."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency:
        """Percentiles, linear between neighbours, of at least one time."""
        return cls(*np.percentile(milliseconds, [50, 95, 99]).tolist())

    def to_json(self) -> dict[str, float]:
        """To a hundredth of a millisecond."""
        return {"p50": round(self.p50, 2), "p95": round(self.p95, 2), "p99": round(self.p99, 2)}


@dataclass(frozen=True)
class Report:
    """What a run gave. `config` is all that decides the result; the rest follows from the cases but for the costs.

    `peak_mib` is the most memory the process had used when the run ended, models included; None where it did not
    answer itself. `also` are metrics to show beside the usual ones.
    """

    benchmark: str
    sha256: str
    documents: int
    config: Mapping[str, Any]
    cases: tuple[Case, ...]
    indexing: Indexing | None = None
    peak_mib: float | None = None
    also: tuple[str, ...] = ()
    made: date = field(default_factory=date.today)

    @cached_property
    def measures(self) -> dict[str, Metric]:
        """The metrics, by name, of what was asked for, answers or rankings; not each applies to a question."""
        came: dict[Subject, bool] = {
            "answer": any(case.row.attempted for case in self.cases),
            "ranking": any(case.row.ranking for case in self.cases),
        }
        opened = {name: open_metric(name) for name in (*REPORTED, *self.also)}
        return {name: metric for name, metric in opened.items() if came[metric.subject]}

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        """Every one of `measures` that applies to a question of this run, by name."""
        estimates = ((name, metric.estimate(self.cases)) for name, metric in self.measures.items())
        return {name: estimate for name, estimate in estimates if estimate is not None}

    @property
    def latency(self) -> dict[str, Latency]:
        """Of searching, of answering, and of the steps of answering; answering includes the chain's own search."""
        steps = dict.fromkeys(step for case in self.cases for step in case.row.timings_ms)
        rows = [case.row for case in self.cases]
        return {
            step: Latency.of([row.timings_ms[step] for row in rows if step in row.timings_ms]) for step in sorted(steps)
        }

    def summary(self) -> dict[str, Any]:
        """What the same command on the same machine gives again."""
        return {
            "benchmark": {"name": self.benchmark, "sha256": self.sha256, "documents": self.documents},
            "config": dict(self.config),
            "versions": versions(),
            "metrics": {name: estimate.to_json() for name, estimate in self.metrics.items()},
        }

    def costs(self) -> dict[str, Any]:
        """What is not the same twice: the day, milliseconds, seconds, memory."""
        return {
            "date": self.made.isoformat(),
            "latency_ms": {step: latency.to_json() for step, latency in self.latency.items()},
            "indexing": self.indexing.to_json() if self.indexing else None,
            "peak_mib": None if self.peak_mib is None else round(self.peak_mib, 1),
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every question with its gold, what came back, and its scores by metric."""
        values = {name: self.measures[name].values(self.cases) for name in self.metrics}
        for case in self.cases:
            query = case.query.id
            yield {
                **case.to_json(),
                "scores": {name: rounded(of[query]) for name, of in values.items() if query in of},
            }

    def to_json(self) -> dict[str, Any]:
        """Summary, costs and rows as one object."""
        return {**self.summary(), "costs": self.costs(), "rows": list(self.rows())}

    def table(self) -> str:
        """Aligned lines: every metric with its interval and n, then the costs."""
        lines = [f"{self.benchmark}: {len(self.cases):,} questions over {self.documents:,} documents", ""]
        width = max((len(name) for name in self.metrics), default=0)
        lines.append(f"{'':{width}}  {'value':>7}  {'95 % interval':>16}  {'n':>6}")
        for name, e in self.metrics.items():
            digits = 4 if e.high <= 1 else 1
            interval = f"{e.low:.{digits}f} – {e.high:.{digits}f}"
            lines.append(f"{name:{width}}  {e.value:7.{digits}f}  {interval:>16}  {e.n:6,}")
        judges = [note for judge, note in judge_notes().items() if f"Citation recall ({judge})" in self.metrics]
        return "\n".join([*lines, "", *judges, *self._costs()])

    def _costs(self) -> list[str]:
        lines = [
            f"{step}: p50 {ms.p50:,.1f} ms, p95 {ms.p95:,.1f} ms, p99 {ms.p99:,.1f} ms"
            for step, ms in self.latency.items()
        ]
        if self.indexing:
            made = self.indexing
            lines.append(
                f"indexing: {made.passages:,} passages in {made.seconds:,.1f} s, {made.rate:,.0f} per second, "
                f"{made.bytes / 2**20:,.1f} MiB"
            )
        if self.peak_mib is not None:
            lines.append(f"peak memory: {self.peak_mib:,.0f} MiB")
        return lines


def peak_memory() -> float:
    """MiB of memory that this process has used at its most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
