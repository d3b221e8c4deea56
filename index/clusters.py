"""The copies of every stored document, in tables of the catalog that follow from its documents.

`update` brings them up to date with whatever has come and gone, so that an archive made before there were such tables,
or one whose documents were put back, is clustered by its next change. A new document is compared only with those that
share a band of its signature, see `index.duplicates`.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.documents import Block, Document
from index.duplicates import METHOD, Body, components, is_copy, signature

TABLES = ("copy_signatures", "copy_bands", "copy_pairs")

_TABLES = """
CREATE TABLE IF NOT EXISTS copy_signatures (
    document INTEGER PRIMARY KEY, id TEXT NOT NULL, bands BLOB NOT NULL, cluster INTEGER);
CREATE INDEX IF NOT EXISTS copy_signatures_by_cluster ON copy_signatures (cluster) WHERE cluster IS NOT NULL;
CREATE TABLE IF NOT EXISTS copy_bands (
    key INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (key, document)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS copy_pairs (
    document INTEGER NOT NULL, copy INTEGER NOT NULL, PRIMARY KEY (document, copy)) WITHOUT ROWID;
"""

_OF_A_BAND = 60
"""So many documents of a band are looked at: a band of more belongs to a form that is filled every day."""
_COMPARED = 40
"""So many candidates, those with the most bands in common first, are compared word by word."""
_BODIES = 5_000


@dataclass(frozen=True, slots=True)
class CopyCount:
    """Documents that print the text of another, their clusters, and the largest: its size, first document and title."""

    documents: int = 0
    clusters: int = 0
    largest: int = 0
    largest_document: str = ""
    largest_title: str = ""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, empty where another method filled them. Call first in a transaction."""
    stored = connection.execute("SELECT value FROM meta WHERE key = 'copies'").fetchone()
    if stored != (METHOD,):
        for table in TABLES:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                connection.execute(f"DELETE FROM {table}")
                connection.execute(f"DROP TABLE {table}")
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('copies', ?)", (METHOD,))
    for statement in _TABLES.strip().split(";\n"):
        connection.execute(statement)


def update(connection: sqlite3.Connection) -> None:
    """Forget what is gone, compare what is new, and name the clusters anew that either touched. Call after `prepare`.

    A cluster is the documents linked by copies of copies, and its number the least of theirs.
    """
    touched = _forget(connection)
    read = lru_cache(maxsize=_BODIES)(lambda number: _body(connection, number))
    for number, id, collection in _pending(connection):
        touched |= _compare(connection, number, id, collection, read(number), read)
    _name(connection, touched)


def members(connection: sqlite3.Connection, ids: Sequence[str]) -> list[list[str]]:
    """The clusters that the documents are in, each as its documents' ids; none where no change was yet clustered."""
    if not _clustered(connection):
        return []
    rows = connection.execute(
        "SELECT s.cluster, s.id FROM copy_signatures s WHERE s.cluster IN ("
        "SELECT c.cluster FROM documents d JOIN copy_signatures c ON c.document = d.number AND c.id = d.id "
        "WHERE d.id IN (SELECT value FROM json_each(?)) AND c.cluster IS NOT NULL) ORDER BY s.document",
        (json.dumps(list(ids)),),
    ).fetchall()
    found: dict[int, list[str]] = {}
    for cluster, id in rows:
        found.setdefault(cluster, []).append(id)
    return list(found.values())


def summary(connection: sqlite3.Connection) -> CopyCount | None:
    """How many documents have copies, in how many clusters; None where some are yet to be compared."""
    if not _clustered(connection) or _pending(connection):
        return None
    rows = connection.execute(
        "SELECT s.cluster, count(*) AS documents FROM copy_signatures s "
        "JOIN documents d ON d.number = s.document AND d.id = s.id "
        "WHERE s.cluster IS NOT NULL GROUP BY s.cluster HAVING documents > 1 ORDER BY documents DESC, s.cluster"
    ).fetchall()
    if not rows:
        return CopyCount()
    named = connection.execute("SELECT id, title FROM documents WHERE number = ?", rows[0][:1]).fetchone()
    return CopyCount(sum(row[1] for row in rows), len(rows), rows[0][1], *named)


def _clustered(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'copy_signatures'").fetchone()
    return found is not None


def _forget(connection: sqlite3.Connection) -> set[int]:
    """Drop what is stored of documents that are gone, and give the copies that they leave behind.

    A number may belong to another document by now, its id does not.
    """
    gone = connection.execute(
        "SELECT s.document, s.bands FROM copy_signatures s "
        "LEFT JOIN documents d ON d.number = s.document AND d.id = s.id WHERE d.id IS NULL"
    ).fetchall()
    left: set[int] = set()
    for number, bands in gone:
        partners = _linked(connection, number)
        left.update(partners)
        keys = np.frombuffer(bands, "<u4").tolist()
        connection.executemany("DELETE FROM copy_bands WHERE key = ? AND document = ?", ((k, number) for k in keys))
        connection.execute("DELETE FROM copy_pairs WHERE document = ?", (number,))
        connection.executemany(
            "DELETE FROM copy_pairs WHERE document = ? AND copy = ?", ((other, number) for other in partners)
        )
        connection.execute("DELETE FROM copy_signatures WHERE document = ?", (number,))
    return left - {number for number, _ in gone}


def _pending(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    return connection.execute(
        "SELECT d.number, d.id, d.collection FROM documents d LEFT JOIN copy_signatures s ON s.document = d.number "
        "WHERE s.document IS NULL AND d.kind = 'article' ORDER BY d.number"
    ).fetchall()


def _body(connection: sqlite3.Connection, number: int) -> Body:
    text, blocks = connection.execute("SELECT text, blocks FROM documents WHERE number = ?", (number,)).fetchone()
    return Body.of(Document(text, blocks=tuple(Block(*block) for block in json.loads(blocks))))


def _compare(
    connection: sqlite3.Connection, number: int, id: str, collection: str, text: Body, read: Callable[[int], Body]
) -> set[int]:
    """Store a document's signature and its copies among those stored before; gives it and them where there are any."""
    # A collection is an archive of its own: its documents share no band with another's.
    keys = (signature(text) ^ np.uint32(zlib.crc32(collection.encode()))).astype("<u4")
    copies = [other for other in _candidates(connection, keys) if is_copy(text, read(other))]
    connection.execute("INSERT INTO copy_signatures VALUES (?, ?, ?, NULL)", (number, id, keys.tobytes()))
    connection.executemany("INSERT OR IGNORE INTO copy_bands VALUES (?, ?)", ((key, number) for key in keys.tolist()))
    pairs = [pair for other in copies for pair in ((number, other), (other, number))]
    connection.executemany("INSERT INTO copy_pairs VALUES (?, ?)", pairs)
    return {number, *copies} if copies else set()


def _candidates(connection: sqlite3.Connection, keys: NDArray[np.uint32]) -> list[int]:
    """The documents with the most bands in common, the earliest first among equals."""
    shared: Counter[int] = Counter()
    for key in keys.tolist():
        rows = connection.execute("SELECT document FROM copy_bands WHERE key = ? LIMIT ?", (key, _OF_A_BAND))
        shared.update(row[0] for row in rows)
    return sorted(shared, key=lambda other: (-shared[other], other))[:_COMPARED]


def _linked(connection: sqlite3.Connection, number: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT copy FROM copy_pairs WHERE document = ?", (number,))]


def _name(connection: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Give every document that copies link to the touched ones its cluster's number, or none where it has no copy."""
    pairs: dict[int, list[int]] = {}
    waiting = list(touched)
    while waiting:
        number = waiting.pop()
        if number not in pairs:
            pairs[number] = _linked(connection, number)
            waiting += pairs[number]
    names = components(pairs)
    connection.executemany(
        "UPDATE copy_signatures SET cluster = ? WHERE document = ?", ((names.get(number), number) for number in pairs)
    )
