"""SQLite, the one source of truth: documents, passages, vectors and a generation that counts the commits.

Everything else (the FAISS file, the Tantivy folder) is derived from here and says which generation it reflects.
Passage numbers are never used twice, so "what came since generation g" and "what went since" are both simple queries.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import catalog_card as card
from index import catalog_checks as checks
from index import catalog_history as history
from index import clusters
from index import unreadable as unread
from index.catalog_rows import document_from, document_row, passage_from, where
from index.catalog_schema import FORMAT, migrate
from index.catalog_schema import create as create_tables
from index.change import Change, FileKey, NewPassage, SyncedFile
from index.documents import Document, Filters, Passage
from index.errors import IndexCorrupt, IndexMismatch

__all__ = ["Catalog", "Change", "NewPassage"]


class Catalog:
    """One SQLite file in WAL mode, one connection, guarded by a lock so that threads can share it."""

    def __init__(self, path: Path, *, create: Mapping[str, str] | None = None) -> None:
        """Open the file, or make it with the given facts (embedder, dimension, ...) in its `meta` table.

        Raises IndexCorrupt for a file that is no catalog, IndexMismatch for one of another format.
        """
        self.path = path
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
        try:
            self._prepare(create)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise IndexCorrupt(
                f"{path} is not a readable catalog: {error}; restore it, or index the files into a new folder"
            ) from error
        except IndexMismatch:
            self._connection.close()
            raise

    def _prepare(self, create: Mapping[str, str] | None) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        if create is not None:
            facts = {"format": FORMAT, "generation": "0", **create}
            with self._transaction():
                create_tables(self._connection)
                self._connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        if self.meta().get("format") == "1":
            with self._transaction():
                # Another process may have been faster.
                if self.meta().get("format") == "1":
                    migrate(self._connection)
        if self.meta().get("format") != FORMAT:
            raise IndexMismatch(
                f"{self.path} has catalog format {self.meta().get('format')!r}, this version reads {FORMAT!r}: "
                "use the version that made it, or index the files again into a new folder with `dateline index add`"
            )

    def close(self) -> None:
        """Close the file; WAL contents are folded in by SQLite."""
        self._connection.close()

    def pinned(self) -> Catalog:
        """A second catalog that goes on reading today's generation, whatever is committed after; close it."""
        other = Catalog(self.path)
        other._connection.execute("BEGIN")
        # SQLite takes its snapshot at the first read.
        other.generation()
        return other

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    # What is there

    def meta(self) -> dict[str, str]:
        """The facts the catalog was made with, and its generation."""
        return dict(self._rows("SELECT key, value FROM meta"))

    def generation(self) -> int:
        """Number of commits so far."""
        return int(self._rows("SELECT value FROM meta WHERE key = 'generation'")[0][0])

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the document ids that are stored."""
        return {row[0] for row in self._rows_for("SELECT id FROM documents WHERE id IN", ids)}

    def ids_from(self, sources: Sequence[str], collection: str) -> set[str]:
        """Ids of the documents that were read from these sources into this collection."""
        rows = self._rows_for("SELECT id, collection FROM documents WHERE source IN", sources)
        return {row[0] for row in rows if row[1] == collection}

    def ids_of_keys(self, keys: Sequence[str], collection: str) -> dict[str, str]:
        """Document ids by the identifiers that their source gave them, within a collection."""
        rows = self._rows_for("SELECT key, id, collection FROM documents WHERE key IN", keys)
        return {row[0]: row[1] for row in rows if row[2] == collection}

    def passages_at(self, places: Sequence[tuple[str, int, int]]) -> dict[str, tuple[Document, Passage]]:
        """Passages by their id, from document id, start and end; those that are gone are absent."""
        query = (
            "SELECT p.number FROM passages p JOIN documents d ON d.number = p.document "
            "WHERE d.id = ? AND p.start = ? AND p.end = ?"
        )
        numbers = [row[0] for place in places for row in self._rows(query, *place)]
        return {passage.id: (document, passage) for document, passage in self.passages(numbers).values()}

    def with_headlines(self, ids: Sequence[str]) -> set[str]:
        """The ids and those of the headlines that belong to them."""
        return {*ids, *(row[0] for row in self._rows_for("SELECT id FROM documents WHERE parent IN", ids))}

    def documents(self, ids: Sequence[str] | None = None) -> Iterator[Document]:
        """The documents of these ids, or all, in the order in which they came."""
        columns = "SELECT * FROM documents"
        rows = (
            self._rows(f"{columns} ORDER BY number") if ids is None else self._rows_for(f"{columns} WHERE id IN", ids)
        )
        return (document_from(row) for row in sorted(rows))

    def copies(self, ids: Sequence[str]) -> dict[str, list[Document]]:
        """For each of the documents that has copies, these; see `index.clusters`."""
        with self.lock:
            others = clusters.others(self._connection, ids)
        stored = {
            document.id: document for document in self.documents(sorted({o for all in others.values() for o in all}))
        }
        return {id: [stored[other] for other in its] for id, its in others.items()}

    def passages(self, numbers: Sequence[int]) -> dict[int, tuple[Document, Passage]]:
        """Passages by number, each with its document; removed ones are absent."""
        rows = self._rows_for(
            "SELECT number, document, start, end, heading, sentences FROM passages WHERE number IN", numbers
        )
        wanted = sorted({row[1] for row in rows})
        stored = self._rows_for("SELECT * FROM documents WHERE number IN", wanted)
        documents = {row[0]: document_from(row) for row in stored}
        return {row[0]: (documents[row[1]], passage_from(documents[row[1]].id, row[2:])) for row in rows}

    def numbers_since(self, generation: int) -> list[int]:
        """Numbers of the passages that came after that generation and are still there."""
        return [
            row[0] for row in self._rows("SELECT number FROM passages WHERE generation > ? ORDER BY number", generation)
        ]

    def removed_since(self, generation: int) -> list[int]:
        """Numbers of the passages that went after that generation."""
        return [
            row[0] for row in self._rows("SELECT number FROM removals WHERE generation > ? ORDER BY number", generation)
        ]

    def vectors(self, numbers: Sequence[int], dimension: int) -> NDArray[np.float32]:
        """The vectors of passages, shape (n, dimension), in the order of `numbers`."""
        query = "SELECT p.number, v.vector FROM passages p JOIN vectors v USING (input_sha256) WHERE p.number IN"
        found = dict(self._rows_for(query, numbers))
        joined = np.frombuffer(b"".join(found[number] for number in numbers), dtype="<f4")
        return joined.reshape(len(numbers), dimension).astype(np.float32)

    def embedded(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the input hashes whose vector is stored."""
        return {row[0] for row in self._rows_for("SELECT input_sha256 FROM vectors WHERE input_sha256 IN", hashes)}

    def allowed(self, filters: Filters) -> NDArray[np.int64]:
        """Numbers of the passages whose document passes the filters, ascending."""
        clauses, values = where(filters)
        rows = self._rows(
            "SELECT p.number FROM passages p JOIN documents d ON d.number = p.document "
            f"WHERE {' AND '.join(clauses) or '1'} ORDER BY p.number",
            *values,
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def tally(self) -> card.Tally:
        """Counts of documents by what is known of them, and of passages."""
        with self.lock:
            return card.tally(self._connection)

    def last_day(self) -> str | None:
        """The day of the latest document, None where no document has a date."""
        with self.lock:
            return card.last_day(self._connection)

    def articles(self) -> list[str]:
        """The ids of the articles, in the order in which they came."""
        with self.lock:
            return card.articles(self._connection)

    def copy_count(self) -> clusters.CopyCount | None:
        """How many documents have copies; None where no change has yet been clustered."""
        with self.lock:
            return clusters.summary(self._connection)

    def unreadable(self) -> unread.Unreadable:
        """The files that the last look at their folder could not read."""
        with self.lock:
            return unread.noted(self._connection)

    # What changes

    def commit(self, change: Change) -> int:
        """Apply a change in one transaction and give the new generation; what it takes away is kept for `inverse`."""
        with self._transaction():
            generation = self.generation() + 1
            idle = history.begin(self._connection)
            for id in change.removed:
                history.remove(self._connection, id, generation)
            for document, passages in change.added:
                self._insert(document, passages, generation, change.numbers.get(document.id))
            history.rename(self._connection, change.sources)
            for key in change.forgotten:
                history.touch(self._connection, key)
                history.forget(self._connection, key)
            for file in change.files:
                history.touch(self._connection, file.key)
                history.record(self._connection, file)
            history.prune(self._connection, idle)
            clusters.update(self._connection)
            self._connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
        return generation

    def inverse(self) -> Change:
        """The change that takes back the last commit; empty where there is nothing to take back."""
        with self.lock:
            rows = history.undoable(self._connection)
            files = history.files(self._connection, former=True)
        documents = {row[0]: document_from(row) for row in rows["former_documents"]}
        passages: dict[int, list[NewPassage]] = {number: [] for number in documents}
        for _, number, *place, input_sha256, _ in rows["former_passages"]:
            passages[number].append(NewPassage(passage_from(documents[number].id, tuple(place)), input_sha256))
        there = {file.key for file in files}
        return Change(
            removed=[row[0] for row in rows["arrivals"]],
            added=[(document, passages[number]) for number, document in documents.items()],
            files=files,
            forgotten=[key for key in (FileKey(*row) for row in rows["touched"]) if key not in there],
            sources=dict(rows["former_sources"]),
            numbers={document.id: number for number, document in documents.items()},
        )

    def files(self) -> list[SyncedFile]:
        """Every file that a sync has recorded, and the documents that were added on their own under the root b""."""
        with self.lock:
            return history.files(self._connection)

    def remember(self, files: Sequence[SyncedFile]) -> None:
        """Record files whose documents are stored already; this changes no answer and makes no generation."""
        with self._transaction():
            for file in files:
                history.record(self._connection, file)

    def note_unreadable(self, look: unread.Look) -> None:
        """Write which files could not be read; this changes no answer and makes no generation."""
        with self._transaction():
            unread.note(self._connection, look)

    def forget_unreadable(self, paths: Sequence[str]) -> int:
        """Forget which files at or below the paths could not be read; gives how many of those listed that were."""
        with self._transaction():
            return unread.forget_everywhere(self._connection, paths)

    def keep_vectors(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Store vectors ahead of the commit that needs them; the next commit drops those that it does not use."""
        with self._transaction():
            for key, vector in vectors.items():
                self._connection.execute(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)", (key, vector.astype("<f4").tobytes())
                )
                self._connection.execute("INSERT OR IGNORE INTO pending VALUES (?)", (key,))

    def back_up(self, path: Path) -> None:
        """Write a consistent copy of the catalog to a new file, while others may write to this one."""
        copy = sqlite3.connect(path, isolation_level=None)
        try:
            with self.lock:
                self._connection.backup(copy)
            # The derived files stay behind and are made anew where the copy is opened.
            copy.execute("DELETE FROM derived")
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()

    def compact(self) -> int:
        """Drop what no passage and no undo needs, and give the space back; gives how many vectors went."""
        with self._transaction():
            self._connection.execute("DELETE FROM pending")
            dropped = history.prune(
                self._connection, [row[0] for row in self._rows("SELECT input_sha256 FROM vectors")]
            )
            self._connection.execute("DELETE FROM removals WHERE generation <= (SELECT min(generation) FROM derived)")
        with self.lock:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return dropped

    def _insert(self, document: Document, passages: Sequence[NewPassage], generation: int, place: int | None) -> None:
        row = (place, *document_row(document))
        marks = ", ".join("?" * len(row))
        number = self._connection.execute(f"INSERT INTO documents VALUES ({marks})", row).lastrowid
        self._connection.execute("INSERT INTO arrivals VALUES (?)", (document.id,))
        self._connection.executemany(
            "INSERT INTO passages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            (
                (number, new.passage.start, new.passage.end, new.passage.heading,
                 json.dumps([[span.start, span.end] for span in new.passage.sentences]), new.input_sha256, generation)
                for new in passages
            ),
        )  # fmt: skip

    # What the derived files say

    def seal(self, name: str) -> tuple[int, str] | None:
        """Generation and content seal of a derived file, or nothing if it was never sealed."""
        rows = self._rows("SELECT generation, seal FROM derived WHERE name = ?", name)
        return (rows[0][0], rows[0][1]) if rows else None

    def set_seal(self, name: str, generation: int, seal: str) -> None:
        """Record what a derived file now holds."""
        with self._transaction():
            self._connection.execute("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", (name, generation, seal))

    def sealed(self) -> list[str]:
        """Names of the derived files that were sealed."""
        return [row[0] for row in self._rows("SELECT name FROM derived ORDER BY name")]

    # Whether it is whole

    def faults(self) -> Iterator[str]:
        """What is wrong with tables, spans and vectors. Raises IndexCorrupt where the file cannot be read on."""
        dimension = int(self.meta()["dimension"])
        try:
            with self.lock:
                yield from checks.faults(self._connection, dimension)
        except sqlite3.DatabaseError as error:
            raise IndexCorrupt(f"{self.path} cannot be read: {error}") from error

    def identities(self) -> Iterator[tuple[Document, str]]:
        """Every document with the id under which it is stored."""
        for (number,) in self._rows("SELECT number FROM documents ORDER BY number"):
            row = self._rows("SELECT * FROM documents WHERE number = ?", number)[0]
            yield document_from(row), row[1]

    def input_hashes(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """The SHA-256 of what was embedded for each passage."""
        return dict(self._rows_for("SELECT number, input_sha256 FROM passages WHERE number IN", numbers))

    def drop_orphans(self) -> int:
        """Remove passages and records that belong to no document; gives how many."""
        with self._transaction():
            before = self._connection.total_changes
            for table in ("passages", "origins"):
                self._connection.execute(f"DELETE FROM {table} WHERE document NOT IN (SELECT number FROM documents)")
            return self._connection.total_changes - before

    # SQL

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._connection.execute(query, values).fetchall()

    def _rows_for(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows of a query that ends in `IN`, asked in portions that stay under SQLite's limit of variables."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), 10_000):
            portion = values[start : start + 10_000]
            rows += self._rows(f"{query} ({', '.join('?' * len(portion))})", *portion)
        return rows
