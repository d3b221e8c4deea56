"""Judges of citations: whether passages support a sentence. A new one is one class or function and one line here."""

from __future__ import annotations

from functools import cache

from eval.judges.base import Judge
from index.plugins import resolve

JUDGES = {
    "exact": "eval.judges.exact:ExactQuotation",
    "overlap": "eval.judges.overlap:LexicalOverlap",
    "similarity": "eval.judges.similarity:EmbeddingSimilarity",
}


@cache
def open_judge(name: str) -> Judge:
    """The judge of that name, made once. Raises UnknownName with the nearest names."""
    judge: Judge = resolve(JUDGES, name, what="judge of citations")()
    return judge
