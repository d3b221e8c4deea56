"""The copies of every stored document, in tables of the catalog that follow from its documents.

`update` brings them up to date with whatever has come and gone, so that an archive made before there were such tables,
or one whose documents were put back, is clustered by it. Documents with the same form (`Body.form`) are copies without
being compared: ten thousand of one text cost ten thousand look-ups. A new form is compared only with those that share a
band of its signature, see `index.duplicates.copies`.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.documents import Block, Document
from index.duplicates.copies import METHOD, Body, components, is_copy, signature

TABLES = ("copy_signatures", "copy_forms", "copy_bands", "copy_pairs")

_TABLES = """
CREATE TABLE IF NOT EXISTS copy_signatures (
    document INTEGER PRIMARY KEY, id TEXT NOT NULL, form INTEGER, cluster INTEGER);
CREATE INDEX IF NOT EXISTS copy_signatures_by_cluster ON copy_signatures (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX IF NOT EXISTS copy_signatures_by_form ON copy_signatures (form);
CREATE TABLE IF NOT EXISTS copy_forms (form INTEGER PRIMARY KEY, bands BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS copy_bands (
    key INTEGER NOT NULL, form INTEGER NOT NULL, PRIMARY KEY (key, form)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS copy_pairs (
    form INTEGER NOT NULL, copy INTEGER NOT NULL, PRIMARY KEY (form, copy)) WITHOUT ROWID;
"""

_OF_A_BAND = 60
"""So many forms of a band are looked at: a band of more belongs to what is filled in every day."""
_COMPARED = 40
"""So many candidates, those with the most bands in common first, are compared word by word."""
_LINKED = 8
"""A form is linked to so many of a cluster: more would say nothing new."""
_BODIES = 5_000
LISTED = 100
"""So many documents of a cluster are named: half of them its first, half its last."""


@dataclass(frozen=True, slots=True)
class CopyCount:
    """Documents that print the text of another, their clusters, and the largest: its size, first document and title."""

    documents: int = 0
    clusters: int = 0
    largest: int = 0
    largest_document: str = ""
    largest_title: str = ""


@dataclass(frozen=True, slots=True)
class ClusterMembers:
    """A cluster: how many documents it has, and the ids of those that are named, in the order of their dates."""

    number: int
    size: int
    listed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A document that has been compared, by its number, and its cluster; None while it has no copies."""

    document: int
    cluster: int | None

    @property
    def name(self) -> int:
        """The number of the cluster that it is in, or would begin."""
        return self.document if self.cluster is None else self.cluster


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, empty where another method filled them. Call first in a transaction."""
    if not _is_current(connection):
        for table in TABLES:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                connection.execute(f"DELETE FROM {table}")
                connection.execute(f"DROP TABLE {table}")
    for statement in _TABLES.strip().split(";\n"):
        connection.execute(statement)


def is_clustered(connection: sqlite3.Connection) -> bool:
    """Whether the documents were once compared by today's method."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'copy_signatures'").fetchone()
    return found is not None and _is_current(connection)


def update(connection: sqlite3.Connection) -> None:
    """Forget what is gone, compare what is new, and name the clusters anew that either touched. Call after `prepare`.

    A cluster is the documents linked by copies of copies, and its number the least of theirs.
    """
    _name(connection, _forget(connection))

    @lru_cache(maxsize=_BODIES)
    def read(number: int) -> Body:
        text, blocks = connection.execute("SELECT text, blocks FROM documents WHERE number = ?", (number,)).fetchone()
        return Body.of(Document(text, blocks=tuple(Block(*block) for block in json.loads(blocks))))

    for number, id, collection in _pending(connection):
        _place(connection, number, id, collection, read)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('copies', ?)", (METHOD,))


def members(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, ClusterMembers]:
    """By id, the cluster of each of the documents that is in one; none where none were compared yet."""
    if not is_clustered(connection):
        return {}
    clusters = dict(
        connection.execute(
            "SELECT d.id, s.cluster FROM documents d JOIN copy_signatures s ON s.document = d.number AND s.id = d.id "
            "WHERE d.id IN (SELECT value FROM json_each(?)) AND s.cluster IS NOT NULL",
            (json.dumps(list(ids)),),
        ).fetchall()
    )
    found = {number: _members(connection, number) for number in sorted(set(clusters.values()))}
    return {id: found[number] for id, number in clusters.items()}


def _members(connection: sqlite3.Connection, cluster: int) -> ClusterMembers:
    ids = [
        row[0]
        for row in connection.execute(
            "SELECT s.id FROM copy_signatures s JOIN documents d ON d.number = s.document WHERE s.cluster = ? "
            "ORDER BY d.published IS NULL, d.published, s.id",
            (cluster,),
        )
    ]
    half = LISTED // 2
    listed = ids if len(ids) <= LISTED else [*ids[:half], *ids[-half:]]
    return ClusterMembers(cluster, len(ids), tuple(listed))


def count_copies(connection: sqlite3.Connection) -> CopyCount | None:
    """How many documents have copies, in how many clusters; None where some are yet to be compared."""
    if not is_clustered(connection) or _pending(connection):
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


def _is_current(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT value FROM meta WHERE key = 'copies'").fetchone() == (METHOD,))


def _forget(connection: sqlite3.Connection) -> set[int]:
    """Drop what is stored of documents that are gone, and give the clusters that they were in.

    A number may belong to another document by now, its id does not.
    """
    gone = connection.execute(
        "SELECT s.document, s.form, s.cluster FROM copy_signatures s "
        "LEFT JOIN documents d ON d.number = s.document AND d.id = s.id WHERE d.id IS NULL"
    ).fetchall()
    for number, form, _ in gone:
        connection.execute("DELETE FROM copy_signatures WHERE document = ?", (number,))
        if form is not None and _first_of(connection, form) is None:
            _forget_form(connection, form)
    return {cluster for _, _, cluster in gone if cluster is not None}


def _forget_form(connection: sqlite3.Connection, form: int) -> None:
    """Drop a text that no document prints any more, with its bands and its copies."""
    (bands,) = connection.execute("SELECT bands FROM copy_forms WHERE form = ?", (form,)).fetchone()
    keys = np.frombuffer(bands, "<u4").tolist()
    connection.executemany("DELETE FROM copy_bands WHERE key = ? AND form = ?", ((key, form) for key in keys))
    others = _linked(connection, form)
    connection.execute("DELETE FROM copy_pairs WHERE form = ?", (form,))
    connection.executemany("DELETE FROM copy_pairs WHERE form = ? AND copy = ?", ((other, form) for other in others))
    connection.execute("DELETE FROM copy_forms WHERE form = ?", (form,))


def _pending(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    return connection.execute(
        "SELECT d.number, d.id, d.collection FROM documents d LEFT JOIN copy_signatures s ON s.document = d.number "
        "WHERE s.document IS NULL AND d.kind = 'article' ORDER BY d.number"
    ).fetchall()


def _place(connection: sqlite3.Connection, number: int, id: str, collection: str, read: Callable[[int], Body]) -> None:
    """Store a document with the cluster of its copies among those stored before; clusters that it links become one."""
    text = read(number)
    if not len(text):
        connection.execute("INSERT INTO copy_signatures VALUES (?, ?, NULL, NULL)", (number, id))
        return
    # A collection is an archive of its own: its documents share neither form nor band with another's.
    own = zlib.crc32(collection.encode())
    form = text.form ^ own
    first = _first_of(connection, form)
    copies = [first] if first else _copies_of(connection, form, text, own, read)
    name = min(number, *(copy.name for copy in copies)) if copies else None
    for copy in copies:
        if copy.cluster is None:
            connection.execute("UPDATE copy_signatures SET cluster = ? WHERE document = ?", (name, copy.document))
        elif copy.cluster != name:
            connection.execute("UPDATE copy_signatures SET cluster = ? WHERE cluster = ?", (name, copy.cluster))
    connection.execute("INSERT INTO copy_signatures VALUES (?, ?, ?, ?)", (number, id, form, name))


def _copies_of(
    connection: sqlite3.Connection, form: int, text: Body, collection: int, read: Callable[[int], Body]
) -> list[_Stored]:
    """Store a form that is new; gives a document of each form that it copies."""
    keys = (signature(text) ^ np.uint32(collection)).astype("<u4")
    copies: dict[int, _Stored] = {}
    links: Counter[int] = Counter()
    for other in _candidates(connection, keys):
        found = _first_of(connection, other)
        if found and links[found.name] < _LINKED and is_copy(text, read(found.document)):
            links[found.name] += 1
            copies[other] = found
    connection.execute("INSERT INTO copy_forms VALUES (?, ?)", (form, keys.tobytes()))
    connection.executemany("INSERT OR IGNORE INTO copy_bands VALUES (?, ?)", ((key, form) for key in keys.tolist()))
    pairs = [pair for other in copies for pair in ((form, other), (other, form))]
    connection.executemany("INSERT INTO copy_pairs VALUES (?, ?)", pairs)
    return list(copies.values())


def _first_of(connection: sqlite3.Connection, form: int) -> _Stored | None:
    """A document of this form; all of them are in one cluster. None where there is none."""
    row = connection.execute("SELECT document, cluster FROM copy_signatures WHERE form = ? LIMIT 1", (form,)).fetchone()
    return _Stored(*row) if row else None


def _candidates(connection: sqlite3.Connection, keys: NDArray[np.uint32]) -> list[int]:
    """The forms with the most bands in common."""
    shared: Counter[int] = Counter()
    for key in keys.tolist():
        rows = connection.execute("SELECT form FROM copy_bands WHERE key = ? LIMIT ?", (key, _OF_A_BAND))
        shared.update(row[0] for row in rows)
    return sorted(shared, key=lambda other: (-shared[other], other))[:_COMPARED]


def _linked(connection: sqlite3.Connection, form: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT copy FROM copy_pairs WHERE form = ?", (form,))]


def _name(connection: sqlite3.Connection, clusters: Iterable[int]) -> None:
    """Take clusters that have lost documents apart into those whose forms are still linked, and name each anew."""
    for cluster in clusters:
        documents: dict[int, list[int]] = defaultdict(list)
        query = "SELECT form, document FROM copy_signatures WHERE cluster = ? ORDER BY document"
        for form, document in connection.execute(query, (cluster,)).fetchall():
            documents[form].append(document)
        parts = components({form: _linked(connection, form) for form in documents})
        linked: dict[int, list[int]] = defaultdict(list)
        for form, of_form in documents.items():
            linked[parts.get(form, form)] += of_form
        for part in linked.values():
            name = min(part) if len(part) > 1 else None
            if name != cluster:
                rows = ((name, document) for document in part)
                connection.executemany("UPDATE copy_signatures SET cluster = ? WHERE document = ?", rows)
