"""SQLite, the one source of truth: documents, passages, vectors and a generation that counts the commits.

Everything else (the FAISS file, the Tantivy folder) is derived from here and says which generation it reflects.
Passage numbers are never used twice, so "what came since generation g" and "what went since" are both simple queries.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import catalog_card as card
from index import catalog_checks as checks
from index import catalog_history as history
from index import catalog_sums as sums
from index import clusters
from index import unreadable as unread
from index.catalog_base import Connected
from index.catalog_errors import corrupt, named, understood
from index.catalog_rows import document_from, document_row, passage_from, where
from index.catalog_schema import EARLIER, FORMAT, PRECISION, stored
from index.catalog_schema import create as create_tables
from index.change import Change, FileKey, NewPassage, SyncedFile
from index.documents import Cluster, Document, Filters, Passage
from index.durable import put_in_place, require_room
from index.errors import IndexCorrupt, IndexMismatch, IndexStateError, IndexUnwritable

__all__ = ["Catalog", "Change", "NewPassage"]

log = logging.getLogger(__name__)

REMADE = {*clusters.TABLES, "derived", sums.CLUSTERS, *(f"sums_of_{table}" for table in sums.ROWS)}
"""The tables that follow from others, or from derived files, and can be made anew."""


class Catalog(Connected):
    """What is asked of the catalog and told to it."""

    def __init__(self, path: Path, *, create: Mapping[str, str] | None = None) -> None:
        """Open the file, or make it with the given facts (embedder, dimension, ...) in its `meta` table.

        Raises IndexCorrupt for a file that is no catalog or an altered one, IndexMismatch for one of another format,
        IndexUnwritable where the disk refuses.
        """
        super().__init__(path)
        try:
            with named(path):
                self._prepare(create)
        except IndexStateError:
            self._connection.close()
            raise

    def _prepare(self, create: Mapping[str, str] | None) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON") if self.writable else ():
            self._connection.execute(f"PRAGMA {pragma}")
        if create is not None:
            facts = {"format": FORMAT, "generation": "0", **create}
            with self._transaction(begin=create_tables):
                self._connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
                clusters.update(self._connection)
        if self.meta().get("format") in EARLIER and self.writable:
            self._upgrade()
        found = self.meta().get("format")
        if found != FORMAT:
            upgraded = "let a user who may write to it open it once, which upgrades it, " if found in EARLIER else ""
            raise IndexMismatch(
                f"{self.path} has catalog format {found!r}, this version reads {FORMAT!r}: {upgraded}"
                "use the version that made it, or index the files again into a new folder with `dateline index add`"
            )
        self._require_unaltered()
        if self.writable and not clusters.is_clustered(self._connection):
            self._cluster()

    def _cluster(self) -> None:
        """Compare the documents of a catalog in which another method did, or none."""
        log.info("%s: documents are compared for copies, once", self.path)
        try:
            with self._transaction():
                clusters.update(self._connection)
        except IndexUnwritable as error:
            log.warning("%s; until then copies are hits of their own", error)

    def pinned(self) -> Catalog:
        """A second catalog that goes on reading today's generation, whatever is committed after; close it."""
        other = Catalog(self.path)
        other._pin()
        return other

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

    def clusters_of(self, ids: Sequence[str]) -> dict[str, Cluster]:
        """By id, the cluster of each of the documents that is in one; see `index.clusters`."""
        with self._at_one_moment(), understood(self.path):
            found = clusters.members(self._connection, ids)
            listed = sorted({id for its in found.values() for id in its.listed})
            stored = {document.id: document for document in self.documents(listed)}
            made = {
                its: Cluster(its.number, its.size, tuple(stored[id] for id in its.listed))
                for its in set(found.values())
            }
            return {id: made[its] for id, its in found.items()}

    def numbers_since(self, generation: int) -> list[int]:
        """Numbers of the passages that came after that generation and are still there."""
        return [
            row[0] for row in self._rows("SELECT number FROM passages WHERE generation > ? ORDER BY number", generation)
        ]

    def removed_since(self, generation: int) -> list[int]:
        """Numbers of the passages that were there at that generation and went after it."""
        query = "SELECT number FROM removals WHERE generation > ?1 AND added <= ?1 ORDER BY number"
        return [row[0] for row in self._rows(query, generation)]

    def vectors(self, numbers: Sequence[int], dimension: int) -> NDArray[np.float32]:
        """The vectors of passages, shape (n, dimension), in the order of `numbers`. Raises IndexCorrupt."""
        # The hash is looked up in the index, and the row by its number, so that its own hash is read.
        query = (
            "SELECT p.number, p.input_sha256, v.*, s.sum FROM passages p JOIN vectors i USING (input_sha256) "
            "JOIN vectors v ON v.number = i.number LEFT JOIN sums_of_vectors s ON s.number = v.number WHERE p.number IN"
        )
        found = {}
        for number, wanted, *row, kept in self._rows_for(query, numbers):
            if row[1] != wanted or sums.row_sum(row) != kept:
                raise corrupt(self.path, f"the embedding of passage {number} is altered")
            found[number] = row[2]
        if lost := set(numbers) - found.keys():
            raise IndexCorrupt(
                f"{self.path} holds no embedding of passage {min(lost)}: run `dateline index check`, restore a backup"
            )
        if wrong := {len(vector) for vector in found.values()} - {PRECISION.itemsize * dimension}:
            raise IndexMismatch(
                f"{self.path} has the dimension '{dimension}', and its vectors '{min(wrong) // PRECISION.itemsize}': "
                "index the files again into a new folder with `dateline index add`"
            )
        joined = np.frombuffer(b"".join(found[number] for number in numbers), dtype=PRECISION)
        return joined.reshape(len(numbers), dimension).astype(np.float32)

    def embedded(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the input hashes whose vector is stored."""
        return {row[0] for row in self._rows_for("SELECT input_sha256 FROM vectors WHERE input_sha256 IN", hashes)}

    def allowed(self, filters: Filters) -> NDArray[np.int64]:
        """Numbers of the passages whose document passes the filters, ascending."""
        clauses, values = where(filters)
        # In this order, so that the documents that pass are found by the index of what filters ask for.
        rows = self._rows(
            "SELECT p.number FROM documents d CROSS JOIN passages p ON p.document = d.number "
            f"WHERE {' AND '.join(clauses) or '1'}",
            *values,
        )
        return np.sort(np.array([row[0] for row in rows], dtype=np.int64))

    def passage_count(self) -> int:
        """Number of passages."""
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def tally(self) -> card.Tally:
        """Counts of documents by what is known of them, and of passages."""
        with self._at_one_moment():
            return card.tally(self._connection)

    def last_day(self) -> str | None:
        """The day of the latest document, None where no document has a date."""
        with self._at_one_moment():
            return card.last_day(self._connection)

    def articles(self) -> list[str]:
        """The ids of the articles, in the order in which they came."""
        with self._at_one_moment():
            return card.articles(self._connection)

    def copy_count(self) -> clusters.CopyCount | None:
        """How many documents have copies; None where some are yet to be compared."""
        with self._at_one_moment():
            return clusters.summary(self._connection)

    def unreadable(self) -> unread.Unreadable:
        """The files that the last look at their folder could not read."""
        with self._at_one_moment():
            return unread.noted(self._connection)

    # What changes

    def commit(self, change: Change) -> int:
        """Apply a change in one transaction and give the new generation; what it takes away is kept for `inverse`."""
        with self._transaction(change.size):
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
        with self._at_one_moment():
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
        with self._at_one_moment():
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
        with self._transaction(sum(vector.nbytes for vector in vectors.values())):
            for key, vector in vectors.items():
                self._connection.execute(
                    "INSERT OR IGNORE INTO vectors (input_sha256, vector) VALUES (?, ?)", (key, stored(vector))
                )
                self._connection.execute("INSERT OR IGNORE INTO pending VALUES (?)", (key,))

    def back_up(self, path: Path) -> None:
        """Write a consistent copy of the catalog to a new file, while others may write to this one."""
        size = self.path.stat().st_size
        require_room(path, size)
        with put_in_place(path, size) as temporary:
            with named(path, size), closing(sqlite3.connect(temporary, isolation_level=None)) as file, self.lock:
                self._connection.backup(file)
            with closing(type(self)(temporary)) as copy:
                # The derived files stay behind and are made anew where the copy is opened.
                with copy._transaction(size):
                    copy._connection.execute("DELETE FROM derived")
                copy.into_one_file()

    def compact(self) -> int:
        """Drop what no passage and no undo needs; gives how many vectors went. `fold` then gives the space back."""
        size = self.path.stat().st_size
        with self._transaction(size):
            self._connection.execute("DELETE FROM pending")
            dropped = history.prune(
                self._connection, [row[0] for row in self._rows("SELECT input_sha256 FROM vectors")]
            )
            self._connection.execute("DELETE FROM removals WHERE generation <= (SELECT min(generation) FROM derived)")
        self.shrink()
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
        rows = self._rows("SELECT generation, seal FROM derived WHERE name = ?", name) if self._seals_hold else []
        return (rows[0][0], rows[0][1]) if rows else None

    def set_seal(self, name: str, generation: int, seal: str) -> None:
        """Record what a derived file now holds."""
        with self._transaction():
            if not self._seals_hold:
                self._connection.execute("DELETE FROM derived")
                self._sums.recount("derived")
            self._connection.execute("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", (name, generation, seal))
        self._seals_hold = True

    def sealed(self) -> list[str]:
        """Names of the derived files that were sealed."""
        return [row[0] for row in self._rows("SELECT name FROM derived ORDER BY name")]

    # Whether it is whole

    def faults(self) -> Iterator[str]:
        """What is wrong with tables, spans, texts and vectors. Raises IndexCorrupt where the file cannot be read on."""
        dimension = int(self.meta()["dimension"])
        with self._at_one_moment():
            yield from checks.faults(self._connection, dimension)

    def altered(self) -> list[tuple[str, str]]:
        """The tables that are not what was stored, each with what is known of it; none where there are no sums."""
        with self._at_one_moment():
            return list(sums.altered(self._connection)) if self._summed else []

    def drop_orphans(self) -> int:
        """Remove passages and records that belong to no document; gives how many."""
        dropped = 0
        with self._transaction():
            for table in ("passages", "origins"):
                orphans = f"FROM {table} WHERE document NOT IN (SELECT number FROM documents)"
                dropped += self._connection.execute(f"DELETE {orphans}").rowcount
                self._sums.settle(table)
        return dropped

    def make_tables_anew(self, names: Set[str]) -> None:
        """Fill those of `REMADE` again, but for the seals of files, which follow when these are made."""
        with self._transaction():
            if names & {*clusters.TABLES, sums.CLUSTERS}:
                for table in clusters.TABLES:
                    self._connection.execute(f"DELETE FROM {table}")
                    self._sums.recount(table)
                clusters.update(self._connection)
            if "derived" in names:
                self._connection.execute("DELETE FROM derived")
                self._sums.recount("derived")
            for table in sums.ROWS:
                if f"sums_of_{table}" in names and table not in names:
                    self._sums.recount(table)
