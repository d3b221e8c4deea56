"""A run in numbers: a table for people, JSON for programs."""

from __future__ import annotations

import platform
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from eval.indexing import Indexing
from eval.metrics import METRICS, open_metric
from eval.metrics.base import Case
from eval.significance import Estimate

_LIBRARIES = ("dateline", "faiss-cpu", "ir-measures", "numpy", "onnxruntime", "sentencex", "tantivy", "tiktoken")
_RANKED_IN_JSON = 10


@dataclass(frozen=True)
class Latency:
    """Wall-clock milliseconds of one step over the questions of a run."""

    p50: float
    p95: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency | None:
        """Percentiles, linear between neighbours; None where nothing was timed."""
        if not milliseconds:
            return None
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return cls(float(p50), float(p95))

    def to_json(self) -> dict[str, float]:
        """To a hundredth of a millisecond."""
        return {"p50": round(self.p50, 2), "p95": round(self.p95, 2)}


@dataclass(frozen=True)
class Report:
    """What a run gave. `config` is all that decides the result; the rest follows from the cases but for the costs.

    `peak_mib` is the most memory the process had used when the run ended, models included.
    """

    benchmark: str
    sha256: str
    documents: int
    config: Mapping[str, Any]
    cases: tuple[Case, ...]
    indexing: Indexing | None = None
    peak_mib: float = field(default_factory=lambda: peak_memory())

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        """Every metric that applies to a question of this run, by name."""
        answers = any(case.row.answer_ms is not None for case in self.cases)
        opened = ((name, open_metric(name)) for name in METRICS)
        estimates = ((name, m.estimate(self.cases)) for name, m in opened if answers or m.subject == "ranking")
        return {name: estimate for name, estimate in estimates if estimate is not None}

    @property
    def latency(self) -> dict[str, Latency]:
        """Of searching and of answering; answering includes the chain's own search."""
        rows = [case.row for case in self.cases]
        measured = {
            "search": Latency.of([row.search_ms for row in rows]),
            "answer": Latency.of([row.answer_ms for row in rows if row.answer_ms is not None]),
        }
        return {step: latency for step, latency in measured.items() if latency}

    def to_json(self) -> dict[str, Any]:
        """Everything outside "costs" is the same in every run of the same code on the same machine."""
        return {
            "benchmark": {"name": self.benchmark, "sha256": self.sha256, "documents": self.documents},
            "config": dict(self.config),
            "versions": versions(),
            "metrics": {name: estimate.to_json() for name, estimate in self.metrics.items()},
            "costs": {
                "latency_ms": {step: latency.to_json() for step, latency in self.latency.items()},
                "indexing": self.indexing.to_json() if self.indexing else None,
                "peak_mib": round(self.peak_mib, 1),
            },
            "rows": self._rows(),
        }

    def table(self) -> str:
        """Aligned lines: every metric with its interval and n, then the costs."""
        lines = [f"{self.benchmark}: {len(self.cases):,} questions over {self.documents:,} documents", ""]
        width = max((len(name) for name in self.metrics), default=0)
        lines.append(f"{'':{width}}  {'value':>7}  {'95 % interval':>16}  {'n':>6}")
        for name, e in self.metrics.items():
            digits = 4 if e.high <= 1 else 1
            interval = f"{e.low:.{digits}f} – {e.high:.{digits}f}"
            lines.append(f"{name:{width}}  {e.value:7.{digits}f}  {interval:>16}  {e.n:6,}")
        return "\n".join([*lines, "", *self._costs()])

    def _costs(self) -> list[str]:
        lines = [f"{step}: p50 {ms.p50:,.1f} ms, p95 {ms.p95:,.1f} ms" for step, ms in self.latency.items()]
        if self.indexing:
            made = self.indexing
            lines.append(f"indexing: {made.passages:,} passages in {made.seconds:,.1f} s, {made.rate:,.0f} per second")
        return [*lines, f"peak memory: {self.peak_mib:,.0f} MiB"]

    def _rows(self) -> list[dict[str, Any]]:
        values = {name: open_metric(name).values(self.cases) for name in self.metrics}
        return [
            {
                "query": case.query.id,
                "asked": case.row.asked,
                "ranking": [[r.document, round(r.score, 6)] for r in case.row.ranking[:_RANKED_IN_JSON]],
                "answer": case.row.prediction.to_json() if case.row.prediction else None,
                "metrics": {name: round(of[case.query.id], 6) for name, of in values.items() if case.query.id in of},
            }
            for case in self.cases
        ]


def versions() -> dict[str, str]:
    """Python and the libraries that can change a score."""
    return {"python": platform.python_version(), **{library: version(library) for library in _LIBRARIES}}


def peak_memory() -> float:
    """MiB of memory that this process has used at its most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
