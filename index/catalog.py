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
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import clusters
from index.documents import Block, Document, Filters, Passage, Span
from index.errors import IndexCorrupt, IndexMismatch

FORMAT = "1"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
    title_derived INTEGER NOT NULL, outlet TEXT NOT NULL, outlet_folded TEXT NOT NULL, authors TEXT NOT NULL,
    published TEXT, url TEXT NOT NULL, language TEXT NOT NULL, key TEXT NOT NULL, source TEXT NOT NULL,
    collection TEXT NOT NULL, parent TEXT NOT NULL, blocks TEXT NOT NULL,
    metadata TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX documents_by_source ON documents (source);
CREATE INDEX documents_by_key ON documents (key);
CREATE INDEX documents_by_parent ON documents (parent);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents (number) ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, heading TEXT NOT NULL, sentences TEXT NOT NULL,
    input_sha256 BLOB NOT NULL REFERENCES vectors (input_sha256), generation INTEGER NOT NULL);
CREATE INDEX passages_by_document ON passages (document);
CREATE INDEX passages_by_generation ON passages (generation);
CREATE INDEX passages_by_vector ON passages (input_sha256);
CREATE TABLE vectors (input_sha256 BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE removals (number INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE TABLE derived (name TEXT PRIMARY KEY, generation INTEGER NOT NULL, seal TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class NewPassage:
    """A passage to store, with the SHA-256 of what was embedded for it."""

    passage: Passage
    input_sha256: bytes


@dataclass(frozen=True)
class Change:
    """One commit: what goes and what comes. `vectors` holds only those the catalog does not have yet."""

    removed: Sequence[str] = ()
    added: Sequence[tuple[Document, Sequence[NewPassage]]] = ()
    vectors: Mapping[bytes, NDArray[np.float32]] = field(default_factory=dict)


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
                for statement in _SCHEMA.strip().split(";\n"):
                    self._connection.execute(statement)
                self._connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        if self.meta().get("format") != FORMAT:
            raise IndexMismatch(
                f"{self.path} has catalog format {self.meta().get('format')!r}, this version reads {FORMAT!r}: "
                "index the files again into a new folder"
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
        return (_document(row) for row in sorted(rows))

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
        documents = {row[0]: _document(row) for row in stored}
        return {row[0]: (documents[row[1]], _passage(documents[row[1]].id, row[2:])) for row in rows}

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
        clauses, values = _where(filters)
        rows = self._rows(
            "SELECT p.number FROM passages p JOIN documents d ON d.number = p.document "
            f"WHERE {' AND '.join(clauses) or '1'} ORDER BY p.number",
            *values,
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def counts(self) -> dict[str, Any]:
        """Documents by kind, by outlet and by collection, passages, and the first and last date."""
        by = {
            column: dict(self._rows(f"SELECT {column}, count(*) FROM documents GROUP BY {column} ORDER BY 2 DESC, 1"))
            for column in ("kind", "outlet", "collection")
        }
        first, last = self._rows("SELECT min(published), max(published) FROM documents")[0]
        passages = self._rows("SELECT count(*) FROM passages")[0][0]
        return {"by": by, "first": first, "last": last, "passages": passages}

    # What changes

    def commit(self, change: Change) -> int:
        """Apply a change in one transaction and give the new generation."""
        with self._transaction():
            generation = self.generation() + 1
            self._remove(change.removed, generation)
            self._connection.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                ((key, vector.astype("<f4").tobytes()) for key, vector in change.vectors.items()),
            )
            for document, passages in change.added:
                self._insert(document, passages, generation)
            clusters.update(self._connection)
            self._connection.execute(
                "DELETE FROM vectors WHERE input_sha256 NOT IN (SELECT input_sha256 FROM passages)"
            )
            self._connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
        return generation

    def _remove(self, ids: Sequence[str], generation: int) -> None:
        for id in ids:
            self._connection.execute(
                "INSERT INTO removals SELECT p.number, ? FROM passages p "
                "JOIN documents d ON d.number = p.document WHERE d.id = ?",
                (generation, id),
            )
            self._connection.execute("DELETE FROM documents WHERE id = ?", (id,))

    def _insert(self, document: Document, passages: Sequence[NewPassage], generation: int) -> None:
        row = _document_row(document)
        marks = ", ".join("?" * len(row))
        number = self._connection.execute(f"INSERT INTO documents VALUES (NULL, {marks})", row).lastrowid
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


def _document_row(document: Document) -> tuple[Any, ...]:
    blocks = json.dumps([[block.start, block.end, block.role] for block in document.blocks])
    published = document.published.isoformat() if document.published else None
    return (
        document.id, document.kind, document.title, int(document.title_derived), document.outlet,
        document.outlet.casefold(), json.dumps(document.authors, ensure_ascii=False), published, document.url,
        document.language, document.key, document.source, document.collection, document.parent, blocks,
        json.dumps(dict(document.metadata)), document.text,
    )  # fmt: skip


def _document(row: tuple[Any, ...]) -> Document:
    (_, _, kind, title, derived, outlet, _, authors, published, url, language, key, source, collection, parent, blocks,
     metadata, text) = row  # fmt: skip
    return Document(
        text=text, title=title, kind=kind, title_derived=bool(derived), outlet=outlet,
        authors=tuple(json.loads(authors)), published=date.fromisoformat(published) if published else None, url=url,
        language=language, key=key, source=source, collection=collection, parent=parent,
        blocks=tuple(Block(start, end, role) for start, end, role in json.loads(blocks)),
        metadata=json.loads(metadata),
    )  # fmt: skip


def _passage(document: str, row: tuple[Any, ...]) -> Passage:
    start, end, heading, sentences = row
    return Passage(document, start, end, tuple(Span(*span) for span in json.loads(sentences)), heading)


def _where(filters: Filters) -> tuple[list[str], list[str]]:
    clauses: list[str] = []
    values: list[str] = []
    if filters.since:
        clauses.append("d.published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        clauses.append("d.published <= ?")
        values.append(filters.until.isoformat())
    outlets = [outlet.casefold() for outlet in filters.outlets]
    for column, wanted in (("outlet_folded", outlets), ("kind", filters.kinds), ("collection", filters.collections)):
        if wanted:
            clauses.append(f"d.{column} IN ({', '.join('?' * len(wanted))})")
            values.extend(wanted)
    return clauses, values
