"""The list of questions with search, filters and order; what these do is in the page's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.html.kinds import outcome, question_type
from eval.html.markup import count, element, escape, isolated
from eval.html.questions import question, worst_first
from eval.html.shown import TitledRun, worst_by
from eval.metrics.base import Case


def question_list(runs: Sequence[TitledRun], cases: Sequence[Case]) -> str:
    """Every question below the means to find one."""
    metric = worst_by(runs)
    listed = "".join(question(runs, n, cases[n], metric) for n in worst_first(runs, cases, metric))
    legend = (
        f"{element('mark', 'Gold evidence', 'gold')} is marked, {element('mark', 'what the answer cites', 'cited')} is "
        f"underlined, {element('mark', 'cited gold', 'gold cited')} is both."
    )
    said = element("p", f"Open a question for its answer and passages. {legend}")
    status = element("p", count(len(cases), "question"), attributes={"id": "shown", "role": "status"})
    without = element("noscript", element("p", "Search, filters and passages need this page's script."))
    columns = "".join(element("span", title) for title in ("Question", "Short answer", escape(metric)))
    head = element("div", columns, "columns-head", {"aria-hidden": "true"})
    return (
        said + _tools(runs, cases, metric) + status + without + head + element("div", listed, attributes={"id": "list"})
    )


def _tools(runs: Sequence[TitledRun], cases: Sequence[Case], metric: str) -> str:
    """Search, filters and order; what each does is in the script."""
    search = '<input id="search" type="search" autocomplete="off" placeholder="words of a question or an answer">'
    tools = element("label", element("span", "Search") + search)
    kinds = sorted({question_type(case.query) for case in cases})
    if len(kinds) > 1:
        tools += _select("Type", {"all": "all types"} | {f"={kind}": kind for kind in kinds}, "data-type")
    for n, run in enumerate(runs):
        outcomes = sorted({outcome(run.cases.get(case.query.id)) for case in cases})
        title = f"Outcome of {run.title}" if len(runs) > 1 else "Outcome"
        tools += _select(title, {"all": "all outcomes"} | {f"={o}": o for o in outcomes}, f"data-o{n}")
    if metric:
        tools += _select("Order", _orders(runs, metric), "order")
    # A browser that fills in what was chosen before would show a filter that is not in force.
    named = {"id": "tools", "role": "search", "aria-label": "Questions", "autocomplete": "off"}
    return element("form", tools, attributes=named)


def _orders(runs: Sequence[TitledRun], metric: str) -> dict[str, str]:
    """Order by its code: a run's number, two for their difference, "n" for the benchmark's own."""
    worst = {f"{n}": f"worst {metric} first{f': {run.title}' if len(runs) > 1 else ''}" for n, run in enumerate(runs)}
    losses = {f"{n}-0": f"largest loss first: {run.title}" for n, run in enumerate(runs) if n}
    gains = {f"0-{n}": f"largest gain first: {run.title}" for n, run in enumerate(runs) if n}
    return worst | losses | gains | {"n": "as in the benchmark"}


def _select(label: str, options: Mapping[str, str], key: str) -> str:
    chosen = "".join(element("option", escape(text), attributes={"value": value}) for value, text in options.items())
    return element("label", element("span", isolated(label)) + element("select", chosen, attributes={"data-key": key}))
