"""The retrieved passages of every question as one block of JSON, each text once, for the page's script to show.

{"passages": [[document, title, outlet, date, text], …],
 "found": {question number: [for each run, null where it did not ask, [[passage, score, ranks, marks], …]]}}

`marks` cuts a text into pieces: end and kind of each, one after the other; empty where nothing in it is marked. Offsets
count characters, not the code units of JavaScript.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from eval.html.titled_runs import TitledRun
from eval.metrics.base import Case
from eval.rows import Retrieved
from index.display import sound

GOLD, CITED = 1, 2
"""Kinds of a piece; gold that is cited is the sum of both."""

Span = tuple[int, int]


class PassageTable:
    """Every passage text once, by its number."""

    def __init__(self) -> None:
        self.passages: list[list[str]] = []
        self._numbers: dict[tuple[str, ...], int] = {}

    def number(self, passage: Retrieved) -> int:
        """The number of a passage that has a text. Raises ValueError for one without."""
        if passage.excerpt is None:
            raise ValueError(f"the passage at {passage.start} of {passage.document!r} was kept without its text")
        excerpt = passage.excerpt
        texts = (passage.document, excerpt.title, excerpt.outlet, excerpt.published, excerpt.text)
        if texts not in self._numbers:
            self._numbers[texts] = len(self.passages)
            self.passages.append([sound(text) for text in texts])
        return self._numbers[texts]


def passages_json(runs: Sequence[TitledRun], cases: Sequence[Case]) -> str:
    """What was found for each question, as JSON that may stand in a script element."""
    table = PassageTable()
    found = {
        str(number): [_found(table, run.cases.get(case.query.id)) for run in runs] for number, case in enumerate(cases)
    }
    written = json.dumps({"passages": table.passages, "found": found}, ensure_ascii=False, separators=(",", ":"))
    return written.replace("<", "\\u003c")


def pieces(passage: Span, gold: Sequence[Span], cited: Sequence[Span]) -> list[int]:
    """Where the kind changes inside a passage: end (from its own beginning) and kind of each piece, in one list.

    >>> pieces((100, 120), gold=[(90, 105)], cited=[(103, 110)])
    [3, 1, 5, 3, 10, 2, 20, 0]
    """
    start, end = passage
    spans = [(kind, low, high) for kind, of in ((GOLD, gold), (CITED, cited)) for low, high in of if low < high]
    inside = [(kind, max(low, start), min(high, end)) for kind, low, high in spans if low < end and high > start]
    if not inside:
        return []
    cuts = sorted({end, *(edge for _, low, high in inside for edge in (low, high))} - {start})
    made: list[int] = []
    for before, after in zip([start, *cuts], cuts, strict=False):
        kind = 0
        for mark, low, high in inside:
            kind |= mark if low <= before and after <= high else 0
        made += [after - start, kind]
    return made


def _found(table: PassageTable, case: Case | None) -> list[list[Any]] | None:
    if case is None:
        return None
    sources = case.row.prediction.cited if case.row.prediction else ()
    found: list[list[Any]] = []
    for passage in case.row.passages:
        if passage.excerpt is not None:
            ranks = " · ".join(f"{sound(stage)} {rank}" for stage, rank in passage.ranks.items())
            gold = [(span.start, span.end) for span in case.query.evidence if span.document == passage.document]
            cited = [(source.start, source.end) for source in sources if source.document == passage.document]
            marks = pieces((passage.start, passage.end), gold, cited)
            found.append([table.number(passage), round(passage.score, 4), ranks, marks])
    return found
