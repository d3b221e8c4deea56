"""Files and folders of files to documents, and what could not be read on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.catalog.unreadable import Look, below, real_path
from index.documents import Document
from index.errors import InputError
from index.loaders import Loaded, Skipped, discover, load
from index.loaders.files import shown


@dataclass
class IngestedInputs:
    """What was read so far, and what was skipped, in order."""

    documents: list[Document] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def take(self, inputs: Iterable[Loaded | Skipped]) -> None:
        """Add what further inputs gave."""
        for one in inputs:
            if isinstance(one, Skipped):
                self.skipped.append(one)
            else:
                self.documents += one.documents
                self.warnings += one.warnings


def ingest(paths: Sequence[Path], *, collection: str, without: Path, follow_links: bool) -> tuple[IngestedInputs, Look]:
    """Everything below the paths but the folder `without`, and which files could not be read; see `discover`."""
    found = IngestedInputs()
    unread: dict[str, list[Skipped]] = {}
    for root in paths:
        before = len(found.skipped)
        files = discover([root], without=without, follow_links=follow_links)
        found.take(_load(path, collection) for path in files)
        unread[real_path(root)] = below(root, found.skipped[before:])
    return found, Look(collection, unread)


def _load(path: Path | Skipped, collection: str) -> Loaded | Skipped:
    if isinstance(path, Skipped):
        return path
    try:
        return load(path.resolve(), collection=collection)
    except InputError as error:
        return Skipped(shown(path), str(error))
