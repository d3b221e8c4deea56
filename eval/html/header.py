"""The head of a page: what was run, how, where runs differ, and what they cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from eval.html.markup import count, folded, html_table
from eval.html.titled_runs import TitledRun, questions
from index.display import element, escape, isolated

_SHOWN_APART = {"benchmark", "format"}
_CHOSEN = {"choices", "system", "configuration"}
_AROUND = "Code, models, libraries and machine"


def page_header(runs: Sequence[TitledRun]) -> str:
    """The benchmark with its size and hash, and the runs."""
    report = runs[0].report
    size = f"{count(len(questions(runs)), 'question')} over {count(report.documents, 'document')}"
    asked = "with answers" if any(run.answers for run in runs) else "retrieval only"
    shown = "".join(element("li", _named(run)) for run in runs)
    content = element("p", "Dateline evaluation", "kicker") + element("h1", isolated(report.benchmark))
    content += element("p", f"{size}, {asked}, {count(len(runs), 'run')}.", "standfirst")
    content += element("ol", shown, "runs") if len(runs) > 1 else element("p", _named(runs[0]), "single")
    content += element("p", f"Benchmark SHA-256 {element('code', escape(report.sha256))}", "hash")
    return element("header", content, "masthead")


def _named(run: TitledRun) -> str:
    return f"{isolated(run.title)}, {run.report.made.isoformat()}"


def configuration(runs: Sequence[TitledRun]) -> str:
    """Every setting by run: those that differ in the open, the others folded away."""
    settings = []
    for run in runs:
        kept = {name: value for name, value in run.fingerprint.items() if name not in _SHOWN_APART}
        # A run that was kept in no folder has its configuration alone.
        settings.append(_flat(kept or {"configuration": dict(run.report.config)}))
    names = list(dict.fromkeys(name for of in settings for name in of))
    texts = {name: [of.get(name, "–") for of in settings] for name in names}
    differing = {name: values for name, values in texts.items() if len(set(values)) > 1}
    same = {name: values[:1] for name, values in texts.items() if name not in differing}
    content = ""
    if len(runs) > 1:
        said = "The runs differ in:" if differing else "The runs do not differ in anything that decides a result."
        content += element("p", said)
        content += _settings(["Setting", *(run.title for run in runs)], differing, "differing") if differing else ""
        content += element("p", "They share:")
    chosen = {name: values for name, values in same.items() if name.partition(".")[0] in _CHOSEN}
    around = {name: values for name, values in same.items() if name not in chosen}
    pairs = (element("dt", isolated(name)) + element("dd", isolated(value)) for name, (value,) in chosen.items())
    content += element("dl", "".join(element("div", pair) for pair in pairs), "pairs")
    return content + (folded(_AROUND, _settings(["Name", "Value"], around, "same")) if around else "")


def costs(runs: Sequence[TitledRun]) -> str:
    """Indexing and memory of each run."""
    rows = []
    for run in runs:
        made, peak = run.report.indexing, run.report.peak_mib
        cells = [f"{made.passages:,}", f"{made.seconds:,.1f}", f"{made.bytes / 2**20:,.1f} MiB"] if made else ["–"] * 3
        rows.append([isolated(run.title), *cells, "–" if peak is None else f"{peak:,.0f} MiB"])
    return html_table(["Run", "passages indexed", "seconds", "index", "peak memory"], rows, "costs")


def _settings(head: Sequence[str], texts: Mapping[str, Sequence[str]], classes: str) -> str:
    rows = ([isolated(name), *map(isolated, values)] for name, values in texts.items())
    return html_table(map(isolated, head), rows, f"settings {classes}")


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Names with dots and values as text.

    >>> _flat({"system": {"k": 12, "reader_model": ""}, "code": "ab"})
    {'system.k': '12', 'system.reader_model': '–', 'code': 'ab'}
    """
    flat: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            flat |= _flat(inner, f"{prefix}{name}.")
        elif inner in (None, ""):
            flat[f"{prefix}{name}"] = "–"
        else:
            flat[f"{prefix}{name}"] = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
    return flat
