"""What an index says of itself, and of what was added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.display import InLines, few, printable
from index.loaders import Skipped


@dataclass(frozen=True, repr=False)
class AddReport(InLines):
    """What an `add` did. Counts are of documents, `passages` of newly stored passages."""

    added: tuple[str, ...] = ()
    unchanged: int = 0
    replaced: int = 0
    passages: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The counts in one line."""
        replaced = f", replaced {self.replaced}" if self.replaced else ""
        added = f"added {len(self.added)} documents ({self.passages} passages)"
        return f"{added}{replaced}, unchanged {self.unchanged}"

    def lines(self) -> list[str]:
        """The counts, what was noted, and what was skipped and why."""
        notes = [f"note: {printable(warning)}" for warning in self.warnings]
        return [self.summary, *few(notes), *few([f"skipped {skipped}" for skipped in self.skipped])]


@dataclass(frozen=True, repr=False)
class IndexInfo(InLines):
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

    def lines(self) -> list[str]:
        """What the index holds and how it was made."""
        lines = [f"{printable(self.path)}: {self.documents:,} documents in {self.passages:,} passages"]
        if self.first_date:
            lines.append(f"dates: {self.first_date} to {self.last_date}")
        for what in ("kinds", "outlets", "collections"):
            counts: Mapping[str, int] = getattr(self, what)
            named = few([f"{printable(name) or '-'} {count:,}" for name, count in counts.items()])
            lines.append(f"{what}: {', '.join(named) or 'none'}")
        made = f"{printable(self.embedder)}, {self.dimension} dimensions, engine {self.engine}"
        return [*lines, f"embedder: {made}", f"size: {self.size_bytes:,} bytes, generation {self.generation}"]
