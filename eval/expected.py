"""Recorded scores, and whether a run still reaches them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from eval.report import Report
from eval.runner import Half
from index.errors import BenchmarkError

EXPECTED = Path(__file__).with_name("expected.toml")


@dataclass(frozen=True, slots=True)
class Score:
    """A value that a metric must reach within a tolerance, on either side: an unexplained gain is news too."""

    value: float
    tolerance: float


@dataclass(frozen=True)
class Expected:
    """What a run of a benchmark, with these choices, scored when it was recorded. `answers`: whether it answered."""

    benchmark: str
    scores: Mapping[str, Score]
    limit: int | None = None
    half: Half | None = None
    split: str | None = None
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Miss:
    """A metric outside its tolerance; `actual` is None where the run did not have it."""

    metric: str
    expected: Score
    actual: float | None

    def __str__(self) -> str:
        found = "not measured" if self.actual is None else f"{self.actual:.4f}"
        return f"{self.metric}: {found}, expected {self.expected.value} ± {self.expected.tolerance}"


def find_misses(report: Report, expected: Expected) -> list[Miss]:
    """The metrics of a record that the report does not reach, in the record's order."""
    misses = []
    for metric, score in expected.scores.items():
        estimate = report.metrics.get(metric)
        # A recorded value has as many digits as its author gave; the slack is for binary fractions alone.
        if estimate is None or abs(estimate.value - score.value) > score.tolerance + 1e-9:
            misses.append(Miss(metric, score, estimate.value if estimate else None))
    return misses


def records_for(benchmark: str, records: Sequence[Expected]) -> list[Expected]:
    """The records of one benchmark. Raises BenchmarkError for none: a check of nothing must not pass."""
    found = [record for record in records if record.benchmark == benchmark]
    if not found:
        named = ", ".join(sorted({record.benchmark for record in records})) or "none"
        raise BenchmarkError(f"no scores are recorded for {benchmark!r} (recorded: {named}); add them to {EXPECTED}")
    return found


def read_expected(path: Path = EXPECTED) -> list[Expected]:
    """The records of a file. Raises BenchmarkError naming the record that is malformed."""
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("record", [])
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path}: cannot be read: {error}") from error
    if not isinstance(tables, list):
        raise BenchmarkError(f"{path}: write each record under [[record]]")
    records = []
    for number, table in enumerate(tables, start=1):
        try:
            records.append(_record(table))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(f"{path}: record {number} is malformed: {error!r}") from error
    return records


def _record(table: Mapping[str, Any]) -> Expected:
    if unknown := table.keys() - {"benchmark", "limit", "half", "split", "answers", "scores"}:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    if table.get("half") not in (None, *get_args(Half)):
        raise ValueError(f"half must be one of {get_args(Half)}")
    limit = table.get("limit")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise ValueError("limit must be a whole number from 1")
    scores = {metric: Score(float(s["value"]), float(s["tolerance"])) for metric, s in table["scores"].items()}
    if not scores:
        raise ValueError("scores is empty")
    return Expected(
        table["benchmark"], scores, limit, table.get("half"), table.get("split"), table.get("answers", True)
    )
