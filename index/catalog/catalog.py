"""SQLite, the one source of truth: documents, passages, vectors and a generation that counts the commits.

Everything else (the FAISS file, the Tantivy folder) is derived from here and says which generation it reflects.
Passage numbers are never used twice, so "what came since generation g" and "what went since" are both simple queries.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.atomic_files import Stamp, put_in_place, require_room, room, stamp_of, unwritable
from index.catalog import checks, history, sums, unreadable as unread
from index.catalog.access import is_writable, read_only
from index.catalog.change_set import ChangeSet, FileKey, NewPassage, SyncedFile
from index.catalog.rows import document_from, document_row, passage_from, where
from index.catalog.schema import EARLIER, FORMAT, PRECISION, create as create_tables, migrate, stored
from index.catalog.tally import Tally, count_documents
from index.documents import Cluster, Document, Filters, Passage
from index.duplicates import clusters
from index.errors import IndexCorrupt, IndexLocked, IndexMismatch, IndexStateError, IndexUnwritable

# Primary result codes, https://www.sqlite.org/rescode.html.
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def naming_file(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file; `needed` bytes are what a change may take.

    Raises IndexUnwritable, IndexLocked or IndexCorrupt.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a closed catalog, not a damaged one
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise unwritable(path, "no space left on the disk", needed, full=True) from error
        if code in _DISK:
            raise unwritable(path, str(error), needed) from error
        if code in _TAKEN:
            what = f"another process writes to {path}: {error}; try again when it has finished"
            raise IndexLocked(what) from error
        raise corrupt(path, str(error)) from error
    except UnicodeDecodeError as error:  # of SQLite's own words, where they quote what is damaged
        raise corrupt(path, str(error)) from error


@contextmanager
def checking_rows(path: Path) -> Iterator[None]:
    """Raises IndexCorrupt for values that no row of ours holds."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise corrupt(path, f"it holds a row that cannot be read: {error}") from error


def corrupt(path: Path, what: str) -> IndexCorrupt:
    """The error for a catalog that is not what was stored."""
    return IndexCorrupt(
        f"{path} is not a readable catalog: {what}; `dateline index check` names all that is wrong: restore a backup, "
        "or index the files again into a new folder with `dateline index sync`"
    )


def open_database(path: Path) -> tuple[sqlite3.Connection, bool, Stamp | None]:
    """A connection, whether it may write, and the stamp of a file that must stay as it is.

    Raises IndexStateError where the file, or a log that belongs to it, cannot be opened.
    """
    if is_writable(path):
        return _opened(path, str(path)), True, None
    log, shared = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    address = path.absolute().as_uri()
    if log.exists() and shared.exists():
        return _opened(path, f"{address}?mode=ro"), False, None
    if log.exists() and log.stat().st_size:
        raise IndexStateError(
            f"{log} holds changes that may not be read by this user: open the index once as a user who may write to "
            f"{path.parent}"
        )
    stamp = stamp_of(path)
    return _opened(path, f"{address}?mode=ro&immutable=1"), False, stamp


def _opened(path: Path, name: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            name, isolation_level=None, check_same_thread=False, timeout=30.0, uri=name.startswith("file:")
        )
    except sqlite3.Error as error:
        what = f"{path} cannot be opened: {error} ({room(path)})"
        raise IndexUnwritable(what, "check the folder and its disk") from error


log = logging.getLogger(__name__)

_FACTS = ("schema", "meta")
_CONTENT = ("documents", "passages", "vectors")
_SEALS = "derived"
_LEAST = 200_000
"""Bytes of the log that a small change takes."""


REMADE = {*clusters.TABLES, "derived", sums.CLUSTERS, *(f"sums_of_{table}" for table in sums.ROWS)}
"""The tables that follow from others, or from derived files, and can be made anew."""


class Catalog:
    """One SQLite file in WAL mode, one connection, guarded by a lock so that threads can share it."""

    def __init__(self, path: Path, *, create: Mapping[str, str] | None = None) -> None:
        """Open the file, or make it with the given facts (embedder, dimension, ...) in its `meta` table.

        Raises IndexStateError where it cannot be opened, IndexCorrupt for a file that is no catalog or an altered one,
        IndexMismatch for one of another format, IndexUnwritable where the disk refuses.
        """
        self.path = path
        self.lock = threading.RLock()
        self._connection, self.writable, self._stamp = open_database(path)
        self._sums = sums.Sums(self._connection)
        self._summed = False
        self._seals_hold = True
        try:
            with naming_file(path):
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
        with self._at_one_moment():
            self._compare(_FACTS)
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

    def close(self) -> None:
        """Close the file; WAL contents are folded in by SQLite."""
        self._connection.close()

    def _pin(self) -> None:
        """Read one state of the file from here on."""
        with self._reading():
            # SQLite takes its snapshot at the first read.
            self._connection.execute("BEGIN")
            self._compare([*_FACTS, sums.CLUSTERS])

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
        with self.lock, naming_file(self.path):
            try:
                yield
            finally:
                if self._stamp and stamp_of(self.path) != self._stamp:
                    raise IndexStateError(
                        f"the index at {self.path.parent} was changed while this user, who may not write to it, had it "
                        "open: open it again"
                    )

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
        with self.lock, naming_file(self.path, needed):
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
            with checking_rows(self.path):
                migrate(connection)
            sums.drop_sums(connection, ["meta", "vectors", "removals", "derived"])

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
        with naming_file(self.path):
            self._connection.execute("PRAGMA journal_mode=DELETE")

    def shrink(self) -> None:
        """Write all of the catalog anew without the room that nothing uses; `fold` then gives it back to the disk."""
        with self.lock, naming_file(self.path, 2 * self.path.stat().st_size):
            self._connection.execute("VACUUM")

    def fold(self) -> None:
        """Write the log into the file, which then has its new size, unless another process is reading."""
        with self.lock, naming_file(self.path):
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
        with checking_rows(self.path):
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
        with checking_rows(self.path):
            return document, passage_from(document.id, tuple(values[2:6]))

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
        """By id, the cluster of each of the documents that is in one; see `index.duplicates.clusters`."""
        with self._at_one_moment(), checking_rows(self.path):
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

    def tally(self) -> Tally:
        """Counts of documents by what is known of them, and of passages."""
        with self._at_one_moment():
            return count_documents(self._connection)

    def last_day(self) -> str | None:
        """The day of the latest document, None where no document has a date."""
        day: str | None = self._rows("SELECT max(published) FROM documents")[0][0]
        return day

    def articles(self) -> list[str]:
        """The ids of the articles, in the order in which they came."""
        return [row[0] for row in self._rows("SELECT id FROM documents WHERE kind = 'article' ORDER BY number")]

    def copy_count(self) -> clusters.CopyCount | None:
        """How many documents have copies; None where some are yet to be compared."""
        with self._at_one_moment():
            return clusters.count_copies(self._connection)

    def unreadable(self) -> unread.Unreadable:
        """The files that the last look at their folder could not read."""
        with self._at_one_moment():
            return unread.noted(self._connection)

    # What changes

    def commit(self, change: ChangeSet) -> int:
        """Apply a change in one transaction and give the new generation; what it takes away is kept for `inverse`."""
        with self._transaction(change.size):
            generation = self.generation() + 1
            idle = history.begin(self._connection)
            for id in change.removed:
                history.remove_document(self._connection, id, generation)
            for document, passages in change.added:
                self._insert(document, passages, generation, change.numbers.get(document.id))
            history.rename(self._connection, change.sources)
            for key in change.forgotten:
                history.touch(self._connection, key)
                history.forget_file(self._connection, key)
            for file in change.files:
                history.touch(self._connection, file.key)
                history.record(self._connection, file)
            history.prune(self._connection, idle)
            clusters.update(self._connection)
            self._connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
        return generation

    def inverse(self) -> ChangeSet:
        """The change that takes back the last commit; empty where there is nothing to take back."""
        with self._at_one_moment():
            rows = history.undoable(self._connection)
            files = history.files(self._connection, former=True)
        documents = {row[0]: document_from(row) for row in rows["former_documents"]}
        passages: dict[int, list[NewPassage]] = {number: [] for number in documents}
        for _, number, *place, input_sha256, _ in rows["former_passages"]:
            passages[number].append(NewPassage(passage_from(documents[number].id, tuple(place)), input_sha256))
        there = {file.key for file in files}
        return ChangeSet(
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
            with naming_file(path, size), closing(sqlite3.connect(temporary, isolation_level=None)) as file, self.lock:
                self._connection.backup(file)
            with closing(Catalog(temporary)) as copy:
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
