"""What an index says of itself, and of what was added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.loaders import Skipped


@dataclass(frozen=True)
class AddReport:
    """What an `add` did. Counts are of documents, `passages` of newly stored passages."""

    added: tuple[str, ...] = ()
    unchanged: int = 0
    replaced: int = 0
    passages: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexInfo:
    """The state of an index, for people and programs."""

    path: str
    generation: int
    documents: int
    passages: int
    kinds: Mapping[str, int]
    outlets: Mapping[str, int]
    collections: Mapping[str, int]
    first_date: str | None
    last_date: str | None
    embedder: str
    dimension: int
    size_bytes: int
    engine: str = field(default="local")
