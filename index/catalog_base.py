"""A connection to the catalog's file: its transactions, what it reads, and whether that is what was stored."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index import catalog_sums as sums
from index import clusters
from index.access import read_only
from index.catalog_connection import connect, require_unchanged
from index.catalog_errors import corrupt, named, understood
from index.catalog_rows import document_from, passage_from
from index.catalog_schema import migrate
from index.documents import Document, Passage
from index.durable import require_room
from index.errors import IndexLocked, IndexUnwritable

log = logging.getLogger(__name__)

_FACTS = ("schema", "meta")
_CONTENT = ("documents", "passages", "vectors")
_SEALS = "derived"
_LEAST = 200_000
"""Bytes of the log that a small change takes."""


class Connected:
    """One SQLite file in WAL mode, one connection, guarded by a lock so that threads can share it."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises IndexStateError where it cannot be opened."""
        self.path = path
        self.lock = threading.RLock()
        self._connection, self.writable, self._stamp = connect(path)
        self._sums = sums.Sums(self._connection)
        self._summed = False
        self._seals_hold = True

    def close(self) -> None:
        """Close the file; WAL contents are folded in by SQLite."""
        self._connection.close()

    def _pin(self) -> None:
        """Read one state of the file from here on."""
        with self._reading():
            # SQLite takes its snapshot at the first read.
            self._connection.execute("BEGIN")
            self._compare([*_FACTS, sums.CLUSTERS])

    def _require_unaltered(self) -> None:
        """Compare the tables that say how the index is read with their sums. Raises IndexCorrupt."""
        with self._at_one_moment():
            self._compare(_FACTS)

    def require_unaltered_content(self) -> None:
        """Compare what other files are made from with its sums; reads all of it. Raises IndexCorrupt."""
        with self._at_one_moment():
            self._compare(_CONTENT)

    def _compare(self, facts: Sequence[str]) -> None:
        self._summed = sums.exist(self._connection)
        if not self._summed:
            return
        altered = dict(sums.altered(self._connection, [*facts, _SEALS]))
        # Derived files can be made anew, so seals that cannot be trusted are no reason to give up.
        self._seals_hold = altered.pop(_SEALS, None) is None
        for name, what in altered.items():
            raise corrupt(self.path, f"its table {name} {what}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self.lock, named(self.path):
            try:
                yield
            finally:
                require_unchanged(self.path, self._stamp)

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        """A block whose reads all see the same generation."""
        with self._reading():
            begun = not self._connection.in_transaction
            if begun:
                self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if begun and self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    @contextmanager
    def _transaction(
        self, needed: int = _LEAST, begin: Callable[[sqlite3.Connection], None] = lambda connection: None
    ) -> Iterator[None]:
        """All of the block or nothing; `begin` makes the tables. `needed` bytes are named where there is no room."""
        if not self.writable:
            raise read_only(self.path.parent)
        with self.lock, named(self.path, needed):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                begin(self._connection)
                self._sums.watch()
                clusters.prepare(self._connection)
                self._sums.watch()
                yield
                self._sums.store()
                self._connection.execute("COMMIT")
            except BaseException:
                self._sums.forget()
                # Where the disk fails, SQLite has already taken the transaction back.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._summed = True

    # The file

    def _upgrade(self) -> None:
        """Bring a catalog of an earlier format to this one: all of it or nothing, and nothing altered."""
        size = self.path.stat().st_size

        def begin(connection: sqlite3.Connection) -> None:
            # What is written anew gets new sums, so it must be what was stored until then.
            self._compare([*_FACTS, "vectors", "removals"])
            if not self._seals_hold:
                connection.execute("DELETE FROM derived")
                self._seals_hold = True
            with understood(self.path):
                migrate(connection)
            sums.forget(connection, ["meta", "vectors", "removals", "derived"])

        # Else dropping a table asks for every row whether another one needs it.
        self._connection.execute("PRAGMA foreign_keys=OFF")
        with self._transaction(size, begin=begin):
            pass
        self._connection.execute("PRAGMA foreign_keys=ON")
        try:
            require_room(self.path, size)
            self.shrink()
            self.fold()
        except (IndexUnwritable, IndexLocked) as error:
            log.warning("%s: the index is upgraded, and `dateline index compact` makes its file smaller", error)

    def into_one_file(self) -> None:
        """Write the log into the file, which may then be renamed. Closing does so too, but keeps silent if it fails."""
        with named(self.path):
            self._connection.execute("PRAGMA journal_mode=DELETE")

    def shrink(self) -> None:
        """Write all of the catalog anew without the room that nothing uses; `fold` then gives it back to the disk."""
        with self.lock, named(self.path, 2 * self.path.stat().st_size):
            self._connection.execute("VACUUM")

    def fold(self) -> None:
        """Write the log into the file, which then has its new size, unless another process is reading."""
        with self.lock, named(self.path):
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("PRAGMA busy_timeout = 30000")

    # Rows

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._reading():
            return self._connection.execute(query, values).fetchall()

    def _rows_for(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows of a query that ends in `IN`, asked in portions that stay under SQLite's limit of variables."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), 10_000):
            portion = values[start : start + 10_000]
            rows += self._rows(f"{query} ({', '.join('?' * len(portion))})", *portion)
        return rows

    # Rows that are shown

    def documents(self, ids: Sequence[str] | None = None) -> Iterator[Document]:
        """The documents of these ids, or all, in the order in which they came. Raises IndexCorrupt for altered ones."""
        query = self._with_sums("documents")
        if ids is not None:
            return (self._document(row) for row in sorted(self._rows_for(f"{query} WHERE t.id IN", ids)))
        with self._at_one_moment():
            rows = self._rows(f"{query} ORDER BY t.number")
            stored = self._rows("SELECT rows FROM sums WHERE relation = 'documents'") if self._summed else []
        if stored and len(rows) != stored[0][0]:
            raise corrupt(self.path, f"it gives {len(rows)} documents, and {stored[0][0]} were stored")
        return (self._document(row) for row in rows)

    def passages(self, numbers: Sequence[int]) -> dict[int, tuple[Document, Passage]]:
        """Passages by number, each with its document; removed ones are absent. Raises IndexCorrupt for altered ones."""
        with self._at_one_moment():
            rows = self._rows_for(f"{self._with_sums('passages')} WHERE t.number IN", numbers)
            wanted = sorted({row[1] for row in rows})
            stored = self._rows_for(f"{self._with_sums('documents')} WHERE t.number IN", wanted)
        documents = {row[0]: self._document(row) for row in stored}
        return {row[0]: self._passage(row, documents) for row in rows}

    def _with_sums(self, relation: str) -> str:
        """Rows with their stored sum, and before there were sums with none."""
        if not self._summed:
            return f"SELECT t.*, NULL FROM {relation} t"
        return f"SELECT t.*, s.sum FROM {relation} t LEFT JOIN sums_of_{relation} s ON s.number = t.number"

    def _document(self, row: tuple[Any, ...]) -> Document:
        *values, stored = row
        with understood(self.path):
            document = document_from(tuple(values))
            if document.id != values[1] or (self._summed and sums.document_sum(values) != stored):
                raise corrupt(self.path, f"document {values[1]} is altered")
        return document

    def _passage(self, row: tuple[Any, ...], documents: Mapping[int, Document]) -> tuple[Document, Passage]:
        *values, stored = row
        if self._summed and sums.row_sum(values) != stored:
            raise corrupt(self.path, f"passage {values[0]} is altered")
        if values[1] not in documents:
            raise corrupt(self.path, f"passage {values[0]} belongs to no document")
        document = documents[values[1]]
        with understood(self.path):
            return document, passage_from(document.id, tuple(values[2:6]))
