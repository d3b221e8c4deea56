"""What the plots of a page show: retrieval against what is read, risk and coverage, calibration, and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from eval.html.plots import Axis, Plot, Point, Series
from eval.html.titled_runs import TitledRun
from eval.metrics import open_metric
from eval.metrics.abstention import aurc, calibration_error, reliability, risk_coverage
from eval.metrics.base import Case, PerQuestion
from eval.metrics.evidence import within
from eval.significance import Estimate

_PASSAGES = (1, 2, 3, 5, 10, 20, 50)
_DOCUMENTS = (1, 2, 3, 5, 10, 20, 50, 100)
_TOKENS = (100, 250, 500, 1000, 2000, 4000)
_DRAWN = 200
"""Points of a curve that are drawn; more cannot be seen apart."""

_Metric = Callable[[int], PerQuestion]


def plots(runs: Sequence[TitledRun]) -> list[Plot]:
    """Every plot for which the runs have something to show."""
    made = [_by_depth(runs), _by_tokens(runs), _risk(runs), _calibration(runs), *_latencies(runs)]
    return [plot for plot in made if plot is not None]


def ecdf(values: Sequence[float]) -> tuple[Point, ...]:
    """(value, share of the values that are no larger), at most a hundred steps, for at least one value.

    >>> ecdf([4.0, 1.0])
    ((1.0, 0.5), (4.0, 1.0))
    """
    ordered = sorted(values)
    n = len(ordered)
    chosen = np.unique(np.linspace(0, n - 1, min(n, 100)).round().astype(int)).tolist()
    return tuple((ordered[place], (place + 1) / n) for place in chosen)


def recall_within(tokens: int) -> PerQuestion:
    """Share of the relevant documents that have a passage among those that fit into a number of tokens."""
    given = within(tokens)

    def score(case: Case) -> float:
        relevant = {key for key, relevance in case.judged.items() if relevance > 0}
        return len(relevant & {passage.document for passage in given(case)}) / len(relevant)

    return PerQuestion("ranking", score, lambda case: any(relevance > 0 for relevance in case.judged.values()))


def _evidence(runs: Sequence[TitledRun]) -> bool:
    return any(case.query.evidence for run in runs for case in run.report.cases)


def _by_depth(runs: Sequence[TitledRun]) -> Plot | None:
    if _evidence(runs):
        series = _against(runs, _PASSAGES, lambda k: _opened(f"Evidence coverage@{k}"))
        caption = "Share of the characters of the evidence that stand in the first k passages, with 95 % intervals."
        return _retrieval("depth", "Evidence in the first passages", caption, "passages read (k)", _PASSAGES, series)
    series = _against(runs, _DOCUMENTS, lambda k: _opened(f"R@{k}"))
    caption = "Share of the relevant documents among the first k, with 95 % intervals."
    return _retrieval("depth", "Relevant documents found", caption, "documents (k)", _DOCUMENTS, series)


def _by_tokens(runs: Sequence[TitledRun]) -> Plot | None:
    x = "tokens that may be read"
    if _evidence(runs):
        series = _against(runs, _TOKENS, lambda n: _opened(f"Evidence coverage@{n} tokens"))
        caption = "Share of the evidence in as many passages as fit into a number of tokens; long passages win nothing."
        return _retrieval("tokens", "Evidence for a budget of tokens", caption, x, _TOKENS, series)
    series = _against(runs, _TOKENS, recall_within)
    caption = "Share of the relevant documents with a passage among those that fit into a number of tokens."
    return _retrieval("tokens", "Relevant documents for a budget of tokens", caption, x, _TOKENS, series)


def _opened(name: str) -> PerQuestion:
    metric = open_metric(name)
    if not isinstance(metric, PerQuestion):
        raise TypeError(f"{name} has no value for a question")
    return metric


def _against(runs: Sequence[TitledRun], at: Sequence[int], metric: _Metric) -> dict[str, dict[int, Estimate]]:
    """Title -> x -> the estimate there, of the runs that have one."""
    found = {run.title: {x: metric(x).estimate(run.report.cases) for x in at} for run in runs}
    return {t: {x: e for x, e in values.items() if e} for t, values in found.items() if any(values.values())}


def _retrieval(
    key: str, title: str, caption: str, label: str, at: Sequence[int], found: dict[str, dict[int, Estimate]]
) -> Plot | None:
    if not found:
        return None
    series = tuple(
        Series(
            name,
            tuple((float(x), e.value) for x, e in values.items()),
            tuple((float(x), e.low, e.high) for x, e in values.items()),
            dots=True,
        )
        for name, values in found.items()
    )
    rows = tuple(
        (f"{x:,}", *(f"{e.value:.3f} ({e.low:.3f} – {e.high:.3f})" for e in (values[x] for values in found.values())))
        for x in at
    )
    axis = Axis(label, at[0], at[-1], tuple(map(float, at)), log=True)
    return Plot(key, title, caption, axis, Axis("share found"), series, (label, *found), rows)


def _risk(runs: Sequence[TitledRun]) -> Plot | None:
    found = {run.title: curve for run in runs if (curve := risk_curve(run.report.cases))}
    if not found:
        return None
    caption = (
        "Share of wrong answers if only the most confident ones were given; the line ends where the run refuses. Low "
        "and long is good."
    )
    series = tuple(Series(title, points) for title, points in found.items())
    shares = [n / 10 for n in range(1, 11)]
    rows = []
    for share in shares:
        row = [f"{share:.0%}"]
        for points in found.values():
            reached = [y for at, y in points if at <= share + 1e-9]
            # A curve may end before.
            row.append(f"{reached[-1]:.3f}" if reached and share <= points[-1][0] + 1e-9 else "–")
        rows.append(tuple(row))
    high = 1.0 if any(y > 0.5 for points in found.values() for _, y in points) else 0.5
    y = Axis("share wrong", 0, high, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0) if high == 1 else
             (0.0, 0.1, 0.2, 0.3, 0.4, 0.5))  # fmt: skip
    x = Axis("share of the questions answered")
    return Plot("risk", "Risk and coverage", caption, x, y, series, ("answered", *found), tuple(rows))


def risk_curve(cases: Iterable[Case]) -> tuple[Point, ...]:
    """(share of the questions that are answered, share of wrong answers among them); () where nothing can be judged."""
    listed = list(cases)
    judged = sum(case.query.answers is not None for case in listed)
    points = np.array(sorted(aurc.points(listed).values()), dtype=np.float64)
    if not len(points):
        return ()
    risks = risk_coverage(points)
    chosen = np.unique(np.linspace(0, len(risks) - 1, min(len(risks), _DRAWN)).round().astype(int)).tolist()
    return tuple(((place + 1) / judged, float(risks[place])) for place in chosen)


def _calibration(runs: Sequence[TitledRun]) -> Plot | None:
    points = {run.title: np.array(list(calibration_error.points(run.report.cases).values())) for run in runs}
    found = {title: reliability(values) for title, values in points.items() if len(values)}
    asked = any(run.answers for run in runs)
    if not found or not asked:
        return None
    caption = (
        "How often the corpus held the answer, for each tenth of the confidence stated, with the number of questions; "
        "on the thin diagonal both agree."
    )
    series = tuple(
        Series(title, tuple((x, y) for x, y, _ in bins), dots=True, notes=tuple(f"{n:,}" for *_, n in bins))
        for title, bins in found.items()
    )
    rows = tuple(
        (title, f"{stated:.3f}", f"{held:.3f}", f"{n:,}") for title, bins in found.items() for stated, held, n in bins
    )
    head = ("run", "mean confidence", "share answerable", "questions")
    x, y = Axis("confidence stated"), Axis("share with an answer")
    return Plot("calibration", "Calibration", caption, x, y, series, head, rows, fair=True)


def _latencies(runs: Sequence[TitledRun]) -> list[Plot]:
    """A plot for each run; all on one scale, so that they can be held side by side."""
    times = [_times(run) for run in runs]
    every = [ms for stages in times for values in stages.values() for ms in values]
    if not every:
        return []
    ends = ((np.floor, min), (np.ceil, max))
    low, high = (10.0 ** float(power(np.log10(max(1e-3, end(every))))) for power, end in ends)
    high = high if high > low else low * 10
    ticks = tuple(float(f"{low * 10**n:g}") for n in range(round(np.log10(high / low)) + 1))
    axis = Axis("milliseconds", low, high, ticks, log=True)
    return [_latency(n, run, axis, stages) for n, (run, stages) in enumerate(zip(runs, times, strict=True)) if stages]


def _times(run: TitledRun) -> dict[str, list[float]]:
    """Milliseconds by stage."""
    return {
        stage: [case.row.timings_ms[stage] for case in run.report.cases if stage in case.row.timings_ms]
        for stage in run.report.latency
    }


def _latency(number: int, run: TitledRun, axis: Axis, stages: dict[str, list[float]]) -> Plot:
    caption = (
        "Share of the questions of which a stage took no longer than that. “answer” is all of its stages together."
    )
    series = tuple(Series(stage, ecdf(values)) for stage, values in stages.items())
    rows = tuple(
        (stage, f"{ms.p50:,.1f}", f"{ms.p95:,.1f}", f"{ms.p99:,.1f}") for stage, ms in run.report.latency.items()
    )
    head = ("stage", "median ms", "95 % ms", "99 % ms")
    title = f"Time: {run.title}"
    return Plot(f"time-{number}", title, caption, axis, Axis("share of the questions"), series, head, rows)
