"""The catalog's tables, and how a catalog of an earlier format becomes one of this."""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

FORMAT = "3"

EARLIER = ("1", "2")
"""The formats that are upgraded."""

PRECISION = np.dtype("<f2")
"""How the numbers of a vector are stored; what that costs is in docs/scale.md."""

_DOCUMENTS = """(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
    title_derived INTEGER NOT NULL, outlet TEXT NOT NULL, outlet_folded TEXT NOT NULL, authors TEXT NOT NULL,
    published TEXT, url TEXT NOT NULL, language TEXT NOT NULL, key TEXT NOT NULL, source TEXT NOT NULL,
    collection TEXT NOT NULL, parent TEXT NOT NULL, blocks TEXT NOT NULL,
    metadata TEXT NOT NULL, text TEXT NOT NULL)"""

_FILES = """(
    root BLOB NOT NULL, collection TEXT NOT NULL, path BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    recorded_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (root, collection, path)) WITHOUT ROWID"""

# In a table without row numbers a row of more than a quarter of a page gets pages of its own; here five share one.
_VECTORS = "(number INTEGER PRIMARY KEY, input_sha256 BLOB NOT NULL UNIQUE, vector BLOB NOT NULL)"

_BY_FILTER = "CREATE INDEX documents_by_filter ON documents (published, outlet_folded, kind, collection)"

_BASE = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents {_DOCUMENTS};
CREATE INDEX documents_by_source ON documents (source);
CREATE INDEX documents_by_key ON documents (key);
CREATE INDEX documents_by_parent ON documents (parent);
{_BY_FILTER};
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents (number) ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, heading TEXT NOT NULL, sentences TEXT NOT NULL,
    input_sha256 BLOB NOT NULL REFERENCES vectors (input_sha256), generation INTEGER NOT NULL);
CREATE INDEX passages_by_document ON passages (document);
CREATE INDEX passages_by_generation ON passages (generation);
CREATE INDEX passages_by_vector ON passages (input_sha256);
CREATE TABLE vectors {_VECTORS};
CREATE TABLE removals (number INTEGER PRIMARY KEY, generation INTEGER NOT NULL, added INTEGER NOT NULL DEFAULT 0);
CREATE TABLE derived (name TEXT PRIMARY KEY, generation INTEGER NOT NULL, seal TEXT NOT NULL) WITHOUT ROWID"""

# Format 2: the files of synced folders, which file gave which document, files that could not be read, vectors that wait
# for their commit, and what the last commit took away (`former_...`) and brought (`arrivals`, `touched`), so that it
# can be undone.
_SINCE_1 = f"""
CREATE TABLE files {_FILES};
CREATE TABLE origins (
    root BLOB NOT NULL, collection TEXT NOT NULL, path BLOB NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (number) ON DELETE CASCADE,
    PRIMARY KEY (root, collection, path, document)) WITHOUT ROWID;
CREATE INDEX origins_by_document ON origins (document);
CREATE TABLE unreadable (
    collection TEXT NOT NULL, path TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (collection, path)) WITHOUT ROWID;
CREATE TABLE unreadable_more (
    collection TEXT NOT NULL, folder TEXT NOT NULL, files INTEGER NOT NULL,
    PRIMARY KEY (collection, folder)) WITHOUT ROWID;
CREATE TABLE pending (
    input_sha256 BLOB PRIMARY KEY REFERENCES vectors (input_sha256) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TABLE arrivals (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE touched (
    root BLOB NOT NULL, collection TEXT NOT NULL, path BLOB NOT NULL,
    PRIMARY KEY (root, collection, path)) WITHOUT ROWID;
CREATE TABLE former_documents {_DOCUMENTS};
CREATE TABLE former_passages (
    number INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES former_documents (number) ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, heading TEXT NOT NULL, sentences TEXT NOT NULL,
    input_sha256 BLOB NOT NULL REFERENCES vectors (input_sha256), generation INTEGER NOT NULL);
CREATE INDEX former_passages_by_document ON former_passages (document);
CREATE INDEX former_passages_by_vector ON former_passages (input_sha256);
CREATE TABLE former_files {_FILES};
CREATE TABLE former_origins (
    root BLOB NOT NULL, collection TEXT NOT NULL, path BLOB NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (root, collection, path, document)) WITHOUT ROWID;
CREATE TABLE former_sources (document TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables; call inside a transaction."""
    _run(connection, _BASE)
    _run(connection, _SINCE_1)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a catalog of an earlier format to this one; call inside a transaction, with foreign keys off.

    The file of vectors is then made anew, from the same numbers as ever after. Another process may have been faster.
    Raises ValueError for a vector that is none.
    """
    (found,) = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if found not in EARLIER:
        return
    if found == "1":
        # Nothing says how its documents came, so all count as added on their own.
        _run(connection, _SINCE_1)
        connection.execute("INSERT INTO files SELECT x'', collection, CAST(id AS BLOB), 0, 0, 0, '' FROM documents")
        connection.execute("INSERT INTO origins SELECT x'', collection, CAST(id AS BLOB), number FROM documents")
    # Format 3: vectors in half the room, which generation a passage that is gone had come with, and an index of all
    # that filters ask for.
    connection.execute(_BY_FILTER)
    connection.execute(f"CREATE TABLE halved {_VECTORS}")
    connection.executemany(
        "INSERT INTO halved (input_sha256, vector) VALUES (?, ?)",
        (
            (key, stored(np.frombuffer(vector, "<f4")))
            for key, vector in connection.execute("SELECT input_sha256, vector FROM vectors")
        ),
    )
    connection.execute("DROP TABLE vectors")
    connection.execute("ALTER TABLE halved RENAME TO vectors")
    connection.execute("ALTER TABLE removals ADD COLUMN added INTEGER NOT NULL DEFAULT 0")
    connection.execute("DELETE FROM derived WHERE name LIKE 'vectors.%'")
    connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))


def stored(vector: NDArray[np.float32]) -> bytes:
    """A vector as it is stored."""
    return vector.astype(PRECISION).tobytes()


def _run(connection: sqlite3.Connection, statements: str) -> None:
    # `executescript` would commit the caller's transaction.
    for statement in statements.strip().split(";\n"):
        connection.execute(statement)
