"""The catalog's tables, and how a catalog of an earlier format becomes one of this."""

from __future__ import annotations

import sqlite3

FORMAT = "2"

_DOCUMENTS = """(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
    title_derived INTEGER NOT NULL, outlet TEXT NOT NULL, outlet_folded TEXT NOT NULL, authors TEXT NOT NULL,
    published TEXT, url TEXT NOT NULL, language TEXT NOT NULL, key TEXT NOT NULL, source TEXT NOT NULL,
    collection TEXT NOT NULL, parent TEXT NOT NULL, blocks TEXT NOT NULL,
    metadata TEXT NOT NULL, text TEXT NOT NULL)"""

_FILES = """(
    root BLOB NOT NULL, collection TEXT NOT NULL, path BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    recorded_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (root, collection, path)) WITHOUT ROWID"""

_BASE = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents {_DOCUMENTS};
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
    """Bring a catalog of format 1 to this format; call inside a transaction.

    Nothing says how its documents came, so all count as added on their own. Another process may have been faster.
    """
    if connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() != ("1",):
        return
    _run(connection, _SINCE_1)
    connection.execute("INSERT INTO files SELECT x'', collection, CAST(id AS BLOB), 0, 0, 0, '' FROM documents")
    connection.execute("INSERT INTO origins SELECT x'', collection, CAST(id AS BLOB), number FROM documents")
    connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))


def _run(connection: sqlite3.Connection, statements: str) -> None:
    # `executescript` would commit the caller's transaction.
    for statement in statements.strip().split(";\n"):
        connection.execute(statement)
