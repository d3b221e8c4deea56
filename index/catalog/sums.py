"""Sums over the rows of every table of the catalog, so that no altered bit goes unnoticed.

SQLite has no checksums of its own. A row's sum is 64 bits of BLAKE2b over its values; a table's is that of its rows'
sums, with their number. Triggers keep them; these belong to our connections alone, so whatever else changes the file
leaves the sums behind. What decides how the index is read is compared when it is opened, documents, passages and
vectors when they are read, and all of it by `check`. Most of a document is bound by its id, which is a hash of it.

A catalog made before there were sums gets them with its next change.
"""

from __future__ import annotations

import hashlib
import operator
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

ROWS = ("documents", "passages", "vectors")
"""The tables whose rows have sums of their own, in `sums_of_documents` and so on."""

CLUSTERS = "clusters"
"""Stands for the columns of `copy_signatures` that answers are made with, as its rows and as its index give them."""

_BOUND = {
    "documents": (
        "kind", "title", "outlet", "authors", "published", "url", "key", "collection", "parent", "metadata", "text",
    )
}  # fmt: skip
_FREE = operator.itemgetter(0, 1, 4, 6, 10, 12, 15)
"""The places of the other columns of `documents`."""

_SCHEMA = "schema"
_WIDTH = 1 << 64

_TABLES = """
CREATE TABLE IF NOT EXISTS sums (relation TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sums_of_documents (number INTEGER PRIMARY KEY, sum INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sums_of_passages (number INTEGER PRIMARY KEY, sum INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sums_of_vectors (number INTEGER PRIMARY KEY, sum INTEGER NOT NULL)
"""


class Sums:
    """Keeps the sums of one connection. `watch` begins, and `store` ends, what a transaction does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changed: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._watched: int | None = None
        connection.create_function("tally", -1, self._tally)
        # Else a row that another one replaces goes without a word.
        connection.execute("PRAGMA recursive_triggers = ON")

    def watch(self) -> None:
        """Set the triggers, and count in full what has no sum yet; call inside a transaction."""
        if self._watched == self._version():
            return
        for statement in _TABLES.strip().split(";\n"):
            self._connection.execute(statement)
        counted = {row[0] for row in self._connection.execute("SELECT relation FROM sums")}
        for relation in relations(self._connection):
            for trigger in _triggers(relation, columns(self._connection, relation)):
                self._connection.execute(trigger)
            if relation not in counted:
                self._count(relation)
        self._watched = self._version()

    def store(self) -> None:
        """Write what has changed; call at the end of the transaction."""
        for relation, (rows, total) in self._changed.items():
            before = self._connection.execute("SELECT rows, sum FROM sums WHERE relation = ?", (relation,)).fetchone()
            self._write(relation, before[0] + rows, before[1] + total)
        clustered = self._connection.execute("SELECT 1 FROM sums WHERE relation = ?", (CLUSTERS,)).fetchone()
        if "copy_signatures" in self._changed or not clustered:
            self._write(CLUSTERS, *_counted(_clusters(self._connection, "NOT INDEXED")))
        self._changed.clear()
        self._write(_SCHEMA, *_counted(_schema(self._connection)))

    def forget(self) -> None:
        """The transaction was taken back."""
        self._changed.clear()
        self._watched = None

    def settle(self, relation: str) -> None:
        """Rows just dropped that had never been counted leave the sum as it is; call inside the transaction."""
        stored = self._connection.execute("SELECT rows, sum FROM sums WHERE relation = ?", (relation,)).fetchone()
        if stored == _counted(_rows(self._connection, relation)):
            self._changed.pop(relation, None)

    def recount(self, relation: str) -> None:
        """Take a table as it is; call inside a transaction, for what was just made anew."""
        self._changed.pop(relation, None)
        self._count(relation)

    def _tally(self, relation: str, times: int, *values: Any) -> int:
        sum = row_sum(values)
        changed = self._changed[relation]
        changed[0] += times
        changed[1] += times * sum
        return sum

    def _count(self, relation: str) -> None:
        rows = self._connection.execute(f"SELECT {_listed(columns(self._connection, relation))} FROM {relation}")
        if relation not in ROWS:
            self._write(relation, *_counted(rows))
            return
        sums = [(row[0], row_sum(row)) for row in rows]
        self._connection.execute(f"DELETE FROM sums_of_{relation}")
        self._connection.executemany(f"INSERT INTO sums_of_{relation} VALUES (?, ?)", sums)
        self._write(relation, len(sums), sum(sum for _, sum in sums))

    def _write(self, relation: str, rows: int, total: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", (relation, rows, _signed(total)))

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA schema_version").fetchone()[0])


def row_sum(values: Sequence[Any]) -> int:
    """64 bits, signed, over the values of a row in their order and with their types."""
    # `ascii` writes a value the same way under every version of Unicode, which `repr` does not.
    written = ascii(tuple(values)).encode("ascii")
    return int.from_bytes(hashlib.blake2b(written, digest_size=8).digest(), "little", signed=True)


def document_sum(row: Sequence[Any]) -> int:
    """The sum of a row of `documents` with all its columns, over those that the id does not bind."""
    return row_sum(_FREE(row))


def exist(connection: sqlite3.Connection) -> bool:
    """Whether the catalog has sums."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sums'").fetchone())


def drop_sums(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Drop the sums of tables that were written anew, where there are any: `Sums.watch` counts them again."""
    if exist(connection):
        connection.executemany("DELETE FROM sums WHERE relation = ?", ((name,) for name in names))


def altered(connection: sqlite3.Connection, names: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
    """The tables that are not what was stored, of those named or of all, each with what is known of it."""
    stored = {name: (rows, total) for name, rows, total in connection.execute("SELECT relation, rows, sum FROM sums")}
    for name in [_SCHEMA, CLUSTERS, *relations(connection)] if names is None else names:
        for count, total in map(_counted, _readings(connection, name)):
            if name not in stored:
                yield name, "has no sum"
            elif stored[name] != (count, total):
                yield name, f"is altered: it has {count} rows and another sum than the {stored[name][0]} rows stored"
    for name in ROWS if names is None else ():
        rows = connection.execute(
            f"SELECT {_listed(columns(connection, name), 't.')}, s.sum FROM {name} t NOT INDEXED "
            f"LEFT JOIN sums_of_{name} s ON s.number = t.number"
        )
        if count := sum(1 for *values, kept in rows if kept != row_sum(values)):
            yield f"sums_of_{name}", f"does not fit {count} of the rows"


def _readings(connection: sqlite3.Connection, name: str) -> Iterator[sqlite3.Cursor]:
    if name == _SCHEMA:
        yield _schema(connection)
    elif name == CLUSTERS:
        yield _clusters(connection, "NOT INDEXED")
        yield _clusters(connection, "INDEXED BY copy_signatures_by_cluster")
    else:
        yield _rows(connection, name)


def relations(connection: sqlite3.Connection) -> list[str]:
    """The tables that have sums."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'sums%' "
        "ORDER BY name"
    )
    return [row[0] for row in rows]


def columns(connection: sqlite3.Connection, relation: str) -> list[str]:
    """The columns that a table's sums are over, in their order."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({relation})")]
    return [name for name in names if name not in _BOUND.get(relation, ())]


def _rows(connection: sqlite3.Connection, relation: str) -> sqlite3.Cursor:
    return connection.execute(f"SELECT {_listed(columns(connection, relation))} FROM {relation} NOT INDEXED")


def _schema(connection: sqlite3.Connection) -> sqlite3.Cursor:
    # Where its tables begin is SQLite's own affair: compaction moves them.
    return connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")


def _clusters(connection: sqlite3.Connection, way: str) -> sqlite3.Cursor:
    return connection.execute(f"SELECT document, id, cluster FROM copy_signatures {way} WHERE cluster IS NOT NULL")


def _counted(rows: sqlite3.Cursor) -> tuple[int, int]:
    count = total = 0
    for row in rows:
        count += 1
        total += row_sum(row)
    return count, _signed(total)


def _signed(total: int) -> int:
    return (total + _WIDTH // 2) % _WIDTH - _WIDTH // 2


def _triggers(relation: str, names: Sequence[str]) -> Iterator[str]:
    came = f"tally('{relation}', 1, {_listed(names, 'NEW.')})"
    went = f"tally('{relation}', -1, {_listed(names, 'OLD.')})"
    if relation in ROWS:
        put = f"INSERT OR REPLACE INTO sums_of_{relation} VALUES (NEW.number, {came});"
        drop = f"SELECT {went}; DELETE FROM sums_of_{relation} WHERE number = OLD.number;"
    else:
        put, drop = f"SELECT {came};", f"SELECT {went};"
    for event, body in (("INSERT", put), ("DELETE", drop), ("UPDATE", drop + put)):
        yield (
            f"CREATE TEMP TRIGGER IF NOT EXISTS {relation}_{event.lower()} AFTER {event} ON main.{relation} "
            f"BEGIN {body} END"
        )


def _listed(names: Sequence[str], row: str = "") -> str:
    return ", ".join(f'{row}"{name}"' for name in names)
