"""Indexes as earlier versions of the catalog's format made them, from one of today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from index.catalog.access import CATALOG
from index.catalog.sums import columns, row_sum

FORMAT_1 = """
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
"""All of its tables; it had no sums."""


def as_format_1(path: Path, target: Path) -> Path:
    """Write a catalog of format 1 with the documents of an index into a new folder, which it gives."""
    target.mkdir()
    with closing(sqlite3.connect(target / CATALOG)) as connection:
        connection.executescript(FORMAT_1)
        connection.execute("ATTACH ? AS new", (str(path / CATALOG),))
        for table in ("meta", "documents", "passages"):
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")
        connection.execute("INSERT INTO main.removals SELECT number, generation FROM new.removals")
        connection.executemany("INSERT INTO main.vectors VALUES (?, ?)", _widened(connection, "new.vectors"))
        connection.execute("UPDATE main.meta SET value = '1' WHERE key = 'format'")
        connection.commit()
    return target


def as_format_2(path: Path) -> None:
    """Turn an index, in its place, into one of format 2, which kept every number of a vector in 32 bits."""
    with closing(sqlite3.connect(path / CATALOG)) as connection:
        rows = _widened(connection, "vectors")
        removals = connection.execute("SELECT number, generation FROM removals").fetchall()
        connection.execute("DROP INDEX documents_by_filter")
        for table in ("vectors", "removals", "sums_of_vectors"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("CREATE TABLE vectors (input_sha256 BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
        connection.execute("CREATE TABLE removals (number INTEGER PRIMARY KEY, generation INTEGER NOT NULL)")
        connection.executemany("INSERT INTO vectors VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO removals VALUES (?, ?)", removals)
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        for table in ("vectors", "removals", "meta"):
            stored = connection.execute(f"SELECT {', '.join(columns(connection, table))} FROM {table}").fetchall()
            _sum(connection, table, stored)
        _sum(connection, "schema", connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())
        connection.commit()


def _widened(connection: sqlite3.Connection, table: str) -> list[tuple[bytes, bytes]]:
    rows = connection.execute(f"SELECT input_sha256, vector FROM {table}")
    return [(key, np.frombuffer(vector, "<f2").astype("<f4").tobytes()) for key, vector in rows]


def _sum(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    total = (sum(map(row_sum, rows)) + 2**63) % 2**64 - 2**63
    connection.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", (table, len(rows), total))
