"""Judges of citations: whether passages support a sentence. A new one is one class or function and one line here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from index.plugins import resolve

JUDGES = {
    "exact": "eval.judges.wording:ExactQuotation",
    "overlap": "eval.judges.wording:LexicalOverlap",
    "similarity": "eval.judges.similarity:EmbeddingSimilarity",
}


class Judge(Protocol):
    """Decides whether passages, taken together, support a sentence."""

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether they do; without passages they never do."""


@cache
def open_judge(name: str) -> Judge:
    """The judge of that name, made once. Raises UnknownName with the nearest names."""
    judge: Judge = resolve(JUDGES, name, what="judge of citations")()
    return judge
