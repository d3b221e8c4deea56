"""Whether what the catalog holds is whole: one look at every row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby

import numpy as np

NORM_TOLERANCE = 1e-3
"""How far the Euclidean length of a vector may be from 1."""


def count(connection: sqlite3.Connection) -> None:
    """Record how many rows there are at this generation; call inside a transaction that changes them."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('tally', ?)", (_tally(connection),))


def has_lost_rows(connection: sqlite3.Connection) -> bool:
    """Whether there are other rows than were recorded; an earlier version records nothing of its generations."""
    recorded = connection.execute("SELECT value FROM meta WHERE key = 'tally'").fetchone()
    now = _tally(connection)
    return recorded is not None and recorded[0] != now and json.loads(recorded[0])[0] == json.loads(now)[0]


def _tally(connection: sqlite3.Connection) -> str:
    """The generation, and how many documents and passages there are, with the sums of their numbers.

    Rows are counted where they lie, not in an index over them, which may be newer in a copy made during a commit.
    """
    counts = (
        connection.execute(f"SELECT count(*), coalesce(sum(number), 0) FROM {table} NOT INDEXED").fetchone()
        for table in ("documents", "passages")
    )
    generation = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
    return json.dumps([int(generation), *(number for count in counts for number in count)])


def faults(connection: sqlite3.Connection, dimension: int) -> Iterator[str]:
    """What is wrong, a line each; nothing where all is well."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"SQLite: {line}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} belongs to no row of {parent}"
    if has_lost_rows(connection):
        yield "rows are lost, as in a copy that was made while another process wrote"
    yield from _passages(connection)
    yield from _vectors(connection, dimension)


def _passages(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute(
        "SELECT d.id, length(d.text), p.start, p.end, p.sentences FROM documents d "
        "LEFT JOIN passages p ON p.document = d.number ORDER BY d.number"
    )
    for (id, length), passages in groupby(rows, key=lambda row: row[:2]):
        for _, _, start, end, sentences in passages:
            if start is None:
                yield f"document {id} has no passage, so nothing finds it"
            elif not 0 <= start < end <= length:
                yield f"passage {id}:{start}-{end} lies outside its text of {length} characters"
            elif not _inside(sentences, start, end):
                yield f"passage {id}:{start}-{end} has sentences outside itself"


def _inside(sentences: str, start: int, end: int) -> bool:
    try:
        return all(start <= first < last <= end for first, last in json.loads(sentences))
    except (ValueError, TypeError):
        return False


def _vectors(connection: sqlite3.Connection, dimension: int) -> Iterator[str]:
    for hash, stored in connection.execute("SELECT input_sha256, vector FROM vectors"):
        if len(stored) != 4 * dimension:
            yield f"embedding {hash.hex()[:16]} has {len(stored)} bytes where {4 * dimension} are expected"
            continue
        vector = np.frombuffer(stored, dtype="<f4")
        if not np.isfinite(vector).all():
            yield f"embedding {hash.hex()[:16]} holds numbers that are not finite"
        elif abs(float(np.linalg.norm(vector)) - 1) > NORM_TOLERANCE:
            yield f"embedding {hash.hex()[:16]} has the length {float(np.linalg.norm(vector)):.4f}, not 1"
