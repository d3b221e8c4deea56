"""The tables of a page: every metric by run, and the main ones by type of question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eval.html.meanings import NEITHER_IS_BETTER, meaning
from eval.html.outcomes import question_type
from eval.html.plots import whiskers
from eval.html.titled_runs import TitledRun, difference, metric_names
from eval.metrics import open_metric
from eval.significance import Estimate, bootstrap_mean
from index.display import element, escape, isolated

MAIN = ("nDCG@10", "Evidence coverage@5", "F1", "Answer recall", "Answered", "Refused")
"""What is shown of each type of question, as far as it applies."""


def metric_table(runs: Sequence[TitledRun]) -> str:
    """Every metric with interval and n, a row each; from the second run on with the difference to the first."""
    others = runs[1:]
    head = [element("span", "Metric"), "n", *(isolated(run.title) for run in runs)]
    head.append(element("span", "0", "from") + element("span", "1", "to"))
    head += [f"{isolated(run.title)} − {isolated(runs[0].title)}" for run in others]
    body, group = "", ""
    for name in metric_names(runs):
        if meaning(name)[0] != group:
            group = meaning(name)[0]
            title = element("th", escape(group), attributes={"colspan": str(len(head)), "scope": "colgroup"})
            body += element("tr", title, "group")
        body += element("tr", _metric_row(runs, name))
    return _table(head, body, "summary")


def type_table(runs: Sequence[TitledRun]) -> str:
    """The main metrics by type of question, "" where all questions are of one type."""
    types = list(dict.fromkeys(question_type(case.query) for run in runs for case in run.report.cases))
    names = [name for name in MAIN if any(name in run.values for run in runs)]
    if len(types) < 2 or not names:
        return ""
    head = ["Type", "questions", *(["run"] if len(runs) > 1 else []), *map(escape, names)]
    return _table(head, "".join(_type_rows(runs, kind, names) for kind in sorted(types)), "breakdown")


def figure_text(estimate: Estimate) -> str:
    """Value and interval, with one digit where it is no share."""
    digits = 3 if max(abs(estimate.low), abs(estimate.high)) <= 1 else 1
    low, high = (_signed(end, digits) for end in (estimate.low, estimate.high))
    # A dash beside a minus sign is hard to read.
    interval = f"{low} to {high}" if estimate.low < 0 else f"{low} – {high}"
    return element("b", _signed(estimate.value, digits)) + element("small", interval)


def _signed(number: float, digits: int) -> str:
    """A number with a true minus sign.

    >>> _signed(-0.25, 2), _signed(-0.0001, 2)
    ('−0.25', '0.00')
    """
    text = f"{number:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def _metric_row(runs: Sequence[TitledRun], name: str) -> str:
    estimates = [run.report.metrics.get(name) for run in runs]
    n = ", ".join(dict.fromkeys(f"{estimate.n:,}" if estimate else "–" for estimate in estimates))
    direction = element("small", "lower is better") if open_metric(name).lower_is_better else ""
    cells = element("th", escape(name) + direction, attributes={"scope": "row"}) + element("td", n, "n")
    cells += "".join(element("td", figure_text(e) if e else "–") for e in estimates)
    shares = [(e.value, e.low, e.high) if e and e.high <= 1 else None for e in estimates]
    cells += element("td", whiskers(shares), "scale")
    return cells + "".join(_difference_cell(runs[0], other, name) for other in runs[1:])


def _difference_cell(first: TitledRun, other: TitledRun, name: str) -> str:
    found = difference(first, other, name)
    if found is None:
        return element("td", "–", "difference")
    verdict = _verdict(found, name)
    mark = {"better": " ▲ better", "worse": " ▼ worse", "differs": " differs"}.get(verdict, "")
    content = figure_text(found) + (element("em", mark.strip()) if mark else "")
    return element("td", content, f"difference {verdict}".strip())


def _verdict(found: Estimate, name: str) -> str:
    """Whether the interval holds 0, and if not, on which side it lies."""
    if found.low <= 0 <= found.high:
        return ""
    if name in NEITHER_IS_BETTER:
        return "differs"
    return "better" if (found.value > 0) != open_metric(name).lower_is_better else "worse"


def _type_rows(runs: Sequence[TitledRun], kind: str, names: Sequence[str]) -> str:
    asked = [{q for q, case in run.cases.items() if question_type(case.query) == kind} for run in runs]
    spanned = {"rowspan": str(len(runs)), "scope": "rowgroup"} if len(runs) > 1 else {"scope": "row"}
    rows = ""
    for number, (run, queries) in enumerate(zip(runs, asked, strict=True)):
        cells = element("th", isolated(kind), attributes=spanned) if number == 0 else ""
        cells += element("td", f"{len(queries):,}", "n")
        cells += element("td", isolated(run.title), "which") if len(runs) > 1 else ""
        cells += "".join(_cell(run, name, queries) for name in names)
        rows += element("tr", cells, "" if number else "first")
    return rows


def _cell(run: TitledRun, name: str, queries: set[str]) -> str:
    values = [value for query, value in run.values.get(name, {}).items() if query in queries]
    if not values:
        return element("td", "–")
    n = element("small", f"n {len(values):,}") if len(values) != len(queries) else ""
    return element("td", figure_text(bootstrap_mean(values)) + n)


def _table(head: Iterable[str], body: str, classes: str) -> str:
    names = "".join(element("th", name, attributes={"scope": "col"}) for name in head)
    made = element("table", element("thead", element("tr", names)) + element("tbody", body), classes)
    return element("div", made, "frame", {"tabindex": "0"})
