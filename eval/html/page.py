"""Runs of one benchmark as one HTML page: the same runs give the same bytes.

The page opens from a file and reaches for nothing outside it. Its policy allows the one style sheet and the one script
that are written here, by their hashes, so that no text of a corpus can become either.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from eval.html.curves import plots
from eval.html.header import configuration, costs, page_header
from eval.html.meanings import meaning
from eval.html.passages import passages_json
from eval.html.plots import plot_figure
from eval.html.questions import question_list
from eval.html.tables import metric_table, type_table
from eval.html.titled_runs import TitledRun, checked, metric_names, questions
from eval.metrics.base import Case
from eval.report import Report
from index.display import element, escape, isolated

_STYLES = ("page.css", "tables.css", "questions.css", "media.css")
_INTERVALS = (
    "Intervals are percentiles of a bootstrap over questions with a fixed seed. Two overlapping intervals do not say "
    "that a difference is chance: the difference has an interval of its own, over the same questions drawn together. "
    "Of twenty differences that are none, one is marked by chance. A question for which nothing came back scores 0."
)


def render(
    runs: Sequence[Report], titles: Sequence[str], fingerprints: Sequence[Mapping[str, Any]] | None = None
) -> str:
    """The page of one or more runs, the first being the one that the others are held against.

    `fingerprints` are the runs' `config.json`; without them the page tells settings, not libraries and machine. Raises
    BenchmarkError for no run, for two of the same title and for runs of different benchmarks, ValueError where titles
    or fingerprints are too few or too many.
    """
    prints = fingerprints if fingerprints is not None else [{} for _ in runs]
    titled = checked([TitledRun(*of) for of in zip(titles, runs, prints, strict=True)])
    cases = questions(titled)
    body = page_header(titled) + _sections(titled, cases)
    data = element("script", passages_json(titled, cases), attributes={"type": "application/json", "id": "data"})
    script = _file("page.js")
    body = element("main", body) + data + element("script", script)
    whole = _head(titled[0].report.benchmark, script) + element("body", body)
    return "<!doctype html>\n" + element("html", whole, attributes={"lang": "en"}) + "\n"


def _head(benchmark: str, script: str) -> str:
    style = "\n".join(map(_file, _STYLES))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    metas = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="content-security-policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
    )
    return element("head", metas + element("title", escape(f"{benchmark}: evaluation")) + element("style", style))


def _sections(runs: Sequence[TitledRun], cases: Sequence[Case]) -> str:
    types = type_table(runs)
    drawn = "".join(map(plot_figure, plots(runs)))
    made = {
        "summary": ("Scores", _summary(runs)),
        "setup": ("Configuration", configuration(runs)),
        "plots": ("Curves", element("div", drawn, "plots") + costs(runs)),
        "types": ("By type of question", types),
        "meanings": ("What the numbers mean", _meanings(runs)),
        "questions": ("Question by question", question_list(runs, cases)),
    }
    there = {key: (title, content) for key, (title, content) in made.items() if content}
    links = "".join(
        element("li", element("a", title, attributes={"href": f"#{key}"})) for key, (title, _) in there.items()
    )
    nav = element("nav", element("ul", links), attributes={"aria-label": "Sections"})
    parts = ((key, element("h2", title) + content) for key, (title, content) in there.items())
    return nav + "".join(element("section", content, "part", {"id": key}) for key, content in parts)


def _summary(runs: Sequence[TitledRun]) -> str:
    said = "Mean over n questions, and the interval that holds it with 95 % confidence."
    if len(runs) > 1:
        said += (
            f" Differences to {isolated(runs[0].title)} are over the questions that both were asked; a mark stands "
            "where their interval does not hold 0."
        )
    return element("p", said) + metric_table(runs)


def _meanings(runs: Sequence[TitledRun]) -> str:
    groups: dict[str, str] = {}
    for name in metric_names(runs):
        group, sentence = meaning(name)
        said = sentence or "Described where it is defined."
        groups[group] = groups.get(group, "") + element("dt", escape(name)) + element("dd", escape(said))
    listed = "".join(element("h3", escape(group)) + element("dl", of, "meanings") for group, of in groups.items())
    return element("p", _INTERVALS) + listed


def _file(name: str) -> str:
    return files("eval.html").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
