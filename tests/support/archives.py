"""What tests of an index on the disk do to it, and ask it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from index.catalog.access import CATALOG
from index.embedders.hashing import HashingEmbedder
from index.search import Index


def altered(path: Path, *statements: str) -> None:
    """Run SQL on a catalog behind the index's back."""
    connection = sqlite3.connect(path / CATALOG)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def keys(path: Path) -> set[str]:
    """The keys of the documents that an index holds."""
    with Index.open(path, HashingEmbedder()) as index:
        return {document.key for document in index.documents()}
