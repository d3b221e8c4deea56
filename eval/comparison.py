"""Two runs of one benchmark held against each other, question by question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from eval.metrics import open_metric
from eval.metrics.base import Case, Metric, OverRun
from eval.report import Report
from eval.significance import Estimate, bootstrap_mean, holm, paired_bootstrap, paired_permutation_p, sign_flip_p
from index.errors import BenchmarkError

_POWER = 1.96 + 0.84
"""Standard errors at which a true difference is found four times out of five at the 5 % level (normal quantiles)."""


@dataclass(frozen=True)
class Difference:
    """A metric of two runs, over the questions it applies to in both.

    `difference` is candidate minus baseline with its paired bootstrap interval. `p` is that of the paired permutation
    test, `adjusted` the same by Holm over all metrics of the comparison. `higher`, `equal` and `lower` count questions
    by the candidate's value against the baseline's; None for a metric that only a whole run has. `detectable` is the
    smallest true difference that so many questions would show four times out of five; None where the two never differ.
    """

    metric: str
    lower_is_better: bool
    baseline: float
    candidate: float
    difference: Estimate
    p: float
    adjusted: float
    detectable: float | None
    higher: int | None = None
    equal: int | None = None
    lower: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded to six digits."""
        return {
            "metric": self.metric,
            "lower_is_better": self.lower_is_better,
            "baseline": round(self.baseline, 6),
            "candidate": round(self.candidate, 6),
            "difference": self.difference.to_json(),
            "p": round(self.p, 6),
            "p_holm": round(self.adjusted, 6),
            "detectable": None if self.detectable is None else round(self.detectable, 6),
            "questions": None
            if self.higher is None
            else {"higher": self.higher, "equal": self.equal, "lower": self.lower},
        }


@dataclass(frozen=True)
class Comparison:
    """A candidate against a baseline."""

    baseline: str
    candidate: str
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Both names and every difference."""
        return {
            "baseline": self.baseline,
            "candidate": self.candidate,
            "differences": [difference.to_json() for difference in self.differences],
        }

    def table(self) -> str:
        """A line for each metric."""
        width = max((len(d.metric) for d in self.differences), default=0)
        head = (
            f"{'':{width}}  {'baseline':>9}  {'candidate':>9}  {'difference':>10}  {'95 % interval':>18}  {'p':>6}  "
            f"{'p Holm':>6}  {'higher/equal/lower':>18}  {'detects':>7}  {'n':>5}"
        )
        lines = [f"{self.candidate} against {self.baseline}", "", head]
        for d in self.differences:
            counts = "" if d.higher is None else f"{d.higher}/{d.equal}/{d.lower}"
            detects = "" if d.detectable is None else f"{d.detectable:.4f}"
            interval = f"{d.difference.low:+.4f} – {d.difference.high:+.4f}"
            lines.append(
                f"{d.metric:{width}}  {d.baseline:9.4f}  {d.candidate:9.4f}  {d.difference.value:+10.4f}  "
                f"{interval:>18}  {d.p:6.4f}  {d.adjusted:6.4f}  {counts:>18}  {detects:>7}  {d.difference.n:5,}"
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound that the whole interval of a difference must keep: `low` at least, or `high` at most, `bound`."""

    metric: str
    operator: Literal[">=", "<="]
    bound: float

    def missed(self, comparison: Comparison) -> str:
        """Why the candidate does not pass; "" where it does. A metric that was not compared is not passed."""
        found = next((d.difference for d in comparison.differences if d.metric == self.metric), None)
        if found is None:
            return f"{self.metric}: not measured in both runs"
        side = found.low if self.operator == ">=" else found.high
        kept = side >= self.bound if self.operator == ">=" else side <= self.bound
        name = "lower" if self.operator == ">=" else "upper"
        return "" if kept else f"{self.metric}: the {name} end {side:+.4f} is not {self.operator} {self.bound:+g}"


def read_gates(text: str) -> list[Gate]:
    """Gates as they are typed, commas between. Raises BenchmarkError for one that cannot be read.

    >>> read_gates("nDCG@10>=-0.01, ECE<=0.02")[1]
    Gate(metric='ECE', operator='<=', bound=0.02)
    """
    return [_gate(part.strip()) for part in text.split(",")]


def compare_reports(
    baseline: Report, candidate: Report, names: tuple[str, str] = ("baseline", "candidate")
) -> Comparison:
    """Every metric that both runs have. Raises BenchmarkError where they did not ask the same questions."""
    _check_alike(baseline, candidate, names)
    both = ((name, metric) for name, metric in baseline.measures.items() if name in candidate.measures)
    differences = (_difference(name, metric, baseline.cases, candidate.cases) for name, metric in both)
    found = [difference for difference in differences if difference]
    adjusted = holm([difference.p for difference in found])
    return Comparison(*names, tuple(replace(d, adjusted=p) for d, p in zip(found, adjusted, strict=True)))


def _difference(name: str, metric: Metric, one: Sequence[Case], other: Sequence[Case]) -> Difference | None:
    """A metric over the questions that it applies to in both runs; None where it is not defined on them."""
    if isinstance(metric, OverRun):
        return _of_runs(name, metric, metric.points(one), metric.points(other))
    first, second = metric.values(one), metric.values(other)
    shared = [query for query in first if query in second]
    if not shared:
        return None
    a, b = (np.array([side[query] for query in shared]) for side in (first, second))
    return Difference(
        metric=name,
        lower_is_better=metric.lower_is_better,
        baseline=float(a.mean()),
        candidate=float(b.mean()),
        difference=bootstrap_mean((b - a).tolist()),
        p=sign_flip_p(b - a),
        adjusted=1.0,
        detectable=_detectable(float((b - a).std() / np.sqrt(len(shared)))),
        higher=int((b > a).sum()),
        equal=int((b == a).sum()),
        lower=int((b < a).sum()),
    )


def _of_runs(
    name: str, metric: OverRun, first: Mapping[str, tuple[float, float]], second: Mapping[str, tuple[float, float]]
) -> Difference | None:
    shared = [query for query in first if query in second]
    a, b = (np.array([side[query] for query in shared]) for side in (first, second))
    resampled = paired_bootstrap(a, b, metric.statistic) if shared else None
    if resampled is None:
        return None
    difference, error = resampled
    return Difference(
        metric=name,
        lower_is_better=metric.lower_is_better,
        baseline=metric.statistic(a),
        candidate=metric.statistic(b),
        difference=difference,
        p=paired_permutation_p(a, b, metric.statistic),
        adjusted=1.0,
        detectable=_detectable(error),
    )


def _detectable(error: float) -> float | None:
    """From a standard error; rounding alone makes a tiny one of equal runs."""
    return _POWER * error if error > 1e-9 else None


def _check_alike(one: Report, other: Report, names: tuple[str, str]) -> None:
    if one.sha256 != other.sha256:
        raise BenchmarkError(
            f"{names[0]} ran {one.benchmark} ({one.sha256[:12]}) and {names[1]} {other.benchmark} "
            f"({other.sha256[:12]}): only runs of one benchmark can be compared"
        )
    asked, also = ({case.query.id for case in report.cases} for report in (one, other))
    if asked != also:
        raise BenchmarkError(
            f"{len(asked ^ also)} questions are in one of {names[0]} and {names[1]} only: run both with the same "
            "--limit, --half and --split"
        )


def _gate(text: str) -> Gate:
    match = re.fullmatch(r"(.+?)\s*(>=|<=)\s*([+-]?\d*\.?\d+)", text)
    if not match:
        raise BenchmarkError(f"the gate {text!r} is not METRIC>=NUMBER or METRIC<=NUMBER, such as nDCG@10>=-0.01")
    open_metric(match[1])
    return Gate(match[1], ">=" if match[2] == ">=" else "<=", float(match[3]))
