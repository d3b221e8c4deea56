"""Where an index lives. A new engine is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import IndexMismatch
from index.plugins import resolve

if TYPE_CHECKING:
    from index.engines.base import Engine

ENGINES = {"local": "index.engines.local:LocalEngine"}


def open_engine(name: str, path: Path, facts: Mapping[str, str]) -> Engine:
    """The engine on a folder. Raises IndexMismatch where its index was made with other facts, UnknownName."""
    opened: Engine = resolve(ENGINES, name, what="engine")(path)
    found = opened.catalog.meta()
    for fact, ours in facts.items():
        if (theirs := found.get(fact)) != ours:
            opened.close()
            same = "use the version that made it" if fact == "chunker" else f"choose the same {fact}"
            raise IndexMismatch(
                f"the index at {path} was made with {fact} {theirs!r}, and {ours!r} is asked for: {same}, or make "
                "a new index with `dateline index add PATH --index NEW_FOLDER`"
            )
    return opened
