"""Numbered and bulleted lists in what was read: to the index each item is a sentence, together they are the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.readers.base import Evidence
from rag.words import small_number

_ITEM = re.compile(r"\s*(?:[-–—•*‣◦]\s+|\(?\d{1,2}[.)]\s+|\(?[a-h][.)]\s+)(?=\S)")
_LEAST_ITEMS = 2
_BEFORE = 2
"""Sentences in front of a list that may speak of it."""
_COUNTED = 1.5
"""What a list gains by having as many items as the question counts."""


@dataclass(frozen=True)
class Enumeration:
    """The items of one list in their order, and how likely it answers: as its best item or the words before it do."""

    items: tuple[Evidence, ...]
    relevance: float


def best_enumeration(question: str, evidence: Sequence[Evidence]) -> Enumeration | None:
    """The list that most likely answers, None where no passage holds one."""
    passages: dict[str, dict[int, Evidence]] = {}
    for item in evidence:
        passages.setdefault(item.hit.passage.id, {})[item.span.start] = item
    found = [run for sentences in passages.values() for run in _runs([sentences[at] for at in sorted(sentences)])]
    counted = small_number(question)
    weighed = [
        Enumeration(run.items, min(1.0, run.relevance * (_COUNTED if counted == len(run.items) else 1.0)))
        for run in found
    ]
    return max(weighed, key=lambda run: run.relevance, default=None)


def _runs(sentences: Sequence[Evidence]) -> list[Enumeration]:
    """The lists of a passage whose sentences are given in their order."""
    runs, start = [], 0
    while start < len(sentences):
        end = start
        while end < len(sentences) and _ITEM.match(sentences[end].text):
            end += 1
        if end - start >= _LEAST_ITEMS:
            around = sentences[max(0, start - _BEFORE) : end]
            runs.append(Enumeration(tuple(sentences[start:end]), max(item.relevance for item in around)))
        start = max(end, start + 1)
    return runs
