"""The list of questions with search, filters and order, which the page's script applies.

Each question, worst first, has a section: what was asked, what is right, and what each run gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.benchmarks.base import EvidenceSpan
from eval.html.markup import count
from eval.html.outcomes import MARKS, outcome, question_type
from eval.html.titled_runs import TitledRun, worst_by
from eval.metrics.base import Case
from eval.metrics.evidence import covered
from eval.rows import Cited
from index.display import clipped, element, escape, isolated
from rag.citations import unmarked

_TEXT = 4_000
"""Characters of a question, an answer or a quote that are shown; a longer one is a fault of the corpus."""
_LINE = 160
_NAME = 200
_HELD = 0.5
_METADATA_SHOWN_APART = {"type", "question_type"}


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


def worst_first(runs: Sequence[TitledRun], cases: Sequence[Case], metric: str) -> list[int]:
    """Numbers of the questions, those first that the first run does worst at; without a value last.

    Of equal ones the most confident stands first: an error that a system is sure of is the one to look at.
    """
    values = runs[0].values.get(metric, {})

    def worth(number: int) -> tuple[bool, float, float]:
        query = cases[number].query.id
        case = runs[0].cases.get(query)
        confidence = case.row.prediction.confidence if case and case.row.prediction else 0.0
        return query not in values, values.get(query, 0.0), -confidence

    return sorted(range(len(cases)), key=worth)


def question(runs: Sequence[TitledRun], number: int, asked: Case, metric: str) -> str:
    """One question, folded; `number` is its place in the benchmark from 0. Its passages are put in by the script."""
    cases = [run.cases.get(asked.query.id) for run in runs]
    attributes = {"id": f"q{number}", "data-type": question_type(asked.query)}
    for n, (run, case) in enumerate(zip(runs, cases, strict=True)):
        attributes[f"data-o{n}"] = outcome(case)
        if (value := run.values.get(metric, {}).get(asked.query.id)) is not None:
            attributes[f"data-s{n}"] = f"{value:.4f}"
    columns = "".join(_run(run, n, case) for n, (run, case) in enumerate(zip(runs, cases, strict=True)))
    body = _gold(runs, cases, asked) + element("div", columns, "columns")
    kind = "body" if len(runs) > 1 else "body alone"
    return element("details", _summary(runs, cases, asked, metric) + element("div", body, kind), "question", attributes)


def _summary(runs: Sequence[TitledRun], cases: Sequence[Case | None], asked: Case, metric: str) -> str:
    lines = ""
    for run, case in zip(runs, cases, strict=True):
        what = outcome(case)
        mark = element("span", MARKS[what], f"mark {what.replace(' ', '-')}", {"title": what, "aria-hidden": "true"})
        value = run.values.get(metric, {}).get(asked.query.id)
        score = element("span", "" if value is None else f"{value:.2f}", "score")
        said = case.row.prediction.short if case and case.row.prediction else ""
        # The outcome stands beside an answer for screen readers only: the mark shows it.
        spoken = element("span", f"{what}: ", "spoken") if said else ""
        gave = element("span", spoken + (isolated(clipped(said, _LINE)) if said else element("i", what)), "gave")
        lines += element("span", mark + gave + score, "line")
    text = element("span", isolated(clipped(asked.query.text, _TEXT)), "text")
    return element("summary", text + element("span", lines, "lines"))


def _gold(runs: Sequence[TitledRun], cases: Sequence[Case | None], asked: Case) -> str:
    """The question's own side: acceptable answers, evidence, relevant documents."""
    query = asked.query
    facts = [("Question", element("code", isolated(clipped(query.id, _NAME))) + f" · {isolated(question_type(query))}")]
    facts += [("Asked before", _lines(query.history))] if query.history else []
    facts += [("Stands alone as", isolated(clipped(query.rewrite, _TEXT)))] if query.rewrite else []
    facts += [("Only document", element("code", isolated(clipped(query.given, _NAME))))] if query.given else []
    if query.answers is not None:
        facts.append(("Acceptable answers", _lines(query.answers or ("none: the corpus has no answer",))))
    quotes = ""
    for span, quote in zip(query.evidence, asked.quotes, strict=True):
        text = element("q", isolated(clipped(quote, _TEXT)), "gold")
        places = _places(runs, [_held(case, span) for case in cases])
        where = f"{element('code', isolated(clipped(span.document, _NAME)))} {places}"
        quotes += element("p", text + element("small", where), "evidence")
    facts += [("Gold evidence", quotes)] if quotes else []
    relevant = [key for key, relevance in asked.judged.items() if relevance > 0]
    facts += [("Relevant documents", "".join(_relevant(runs, cases, key) for key in relevant))] if relevant else []
    more = {key: value for key, value in query.metadata.items() if key not in _METADATA_SHOWN_APART}
    facts += [(key, isolated(clipped(str(value), _TEXT))) for key, value in more.items()]
    pairs = (element("div", element("dt", escape(name)) + element("dd", value)) for name, value in facts)
    return element("div", element("dl", "".join(pairs), "facts"), "gold-side")


def _held(case: Case | None, span: EvidenceSpan) -> str:
    """At which rank a passage first holds a piece of evidence, half of it or more."""
    if case is None:
        return "not asked"
    for rank, passage in enumerate(case.row.passages, start=1):
        if covered(span, [passage]) >= _HELD * (span.end - span.start):
            return f"passage {rank}"
    return f"not in {count(len(case.row.passages), 'passage')}"


def _relevant(runs: Sequence[TitledRun], cases: Sequence[Case | None], key: str) -> str:
    places = []
    for case in cases:
        ranked = [entry.document for entry in case.row.ranking] if case else []
        missed = f"not among {count(len(ranked), 'document')}" if case else "not asked"
        places.append(f"rank {ranked.index(key) + 1}" if key in ranked else missed)
    return element("p", f"{element('code', isolated(clipped(key, _NAME)))} {element('small', _places(runs, places))}")


def _places(runs: Sequence[TitledRun], places: Sequence[str]) -> str:
    """One place where all runs have the same, else each run's."""
    if len(set(places)) == 1:
        return places[0]
    return ", ".join(f"{isolated(run.title)}: {place}" for run, place in zip(runs, places, strict=True))


def _run(run: TitledRun, number: int, case: Case | None) -> str:
    title = element("h4", isolated(run.title))
    if case is None:
        return element("section", title + element("p", "This run did not ask the question.", "none"), "run")
    steps = " · ".join(f"{escape(step)} {ms:,.1f} ms" for step, ms in case.row.timings_ms.items())
    timings = element("p", steps, "timings") if steps else ""
    values = {name: of[case.query.id] for name, of in run.values.items() if case.query.id in of}
    listed = "".join(element("div", element("dt", escape(n)) + element("dd", f"{v:.4g}")) for n, v in values.items())
    scores = element("dl", listed, "scores") if listed else ""
    said = element("div", title + _answer(case) + scores + timings, "answer-side")
    without = sum(passage.excerpt is None for passage in case.row.passages)
    more = f"{count(without, 'more passage')} ranked, of which the run kept no text." if without else ""
    shown = element("h5", "Retrieved passages") + element("ol", "", "found", {"data-run": str(number)})
    shown += element("p", more, "none") if more else ""
    return element("section", said + element("div", shown, "passage-side"), "run")


def _answer(case: Case) -> str:
    row, prediction = case.row, case.row.prediction
    what = outcome(case)
    verdict = element("b", f"{MARKS[what]} {what}", f"verdict {what.replace(' ', '-')}")
    said = element("p", verdict + (f" confidence {prediction.confidence:.2f}" if prediction else ""), "how")
    if row.error:
        return said + element("p", isolated(clipped(row.error, _TEXT)), "problem")
    if row.asked != case.query.text:
        said += element("p", f"Searched for: {isolated(clipped(row.asked, _TEXT))}", "asked")
    if prediction is None or not prediction.answered:
        return said
    if prediction.short_answer:
        said += element("p", isolated(clipped(prediction.short_answer, _TEXT)), "short")
    sentences = " ".join(
        isolated(clipped(unmarked(text), _TEXT)) + "".join(element("sup", f"[{n}]", "cite") for n in numbers)
        for text, numbers in prediction.sentences
    )
    sources = "".join(map(_source, prediction.cited))
    return said + element("p", sentences, "answer") + (element("ul", sources, "sources") if sources else "")


def _source(source: Cited) -> str:
    quote = element("q", isolated(clipped(source.quote, _TEXT)), "cited")
    place = f"{element('code', isolated(clipped(source.document, _NAME)))} {source.start:,} – {source.end:,}"
    return element("li", f"{element('b', f'[{source.n}]')} {quote} {element('small', place)}")


def _lines(texts: Sequence[str]) -> str:
    return "".join(element("p", isolated(clipped(text, _TEXT))) for text in texts)
