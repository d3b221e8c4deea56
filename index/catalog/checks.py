"""Whether what the catalog holds is whole: one look at every row."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from index.catalog.rows import document_from, passage_from
from index.catalog.schema import PRECISION
from index.chunking import passage_input

NORM_TOLERANCE = 1e-3
"""How far the Euclidean length of a vector may be from 1."""


def faults(connection: sqlite3.Connection, dimension: int) -> Iterator[str]:
    """What is wrong, a line each; nothing where all is well."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"SQLite: {line}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} belongs to no row of {parent}"
    yield from _passages(connection)
    yield from _texts(connection)
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


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    """Documents whose content no longer has the hash in their id, and passages that no longer have theirs."""
    for (number,) in connection.execute("SELECT number FROM documents ORDER BY number").fetchall():
        row = connection.execute("SELECT * FROM documents WHERE number = ?", (number,)).fetchone()
        if row is None:
            yield f"document {number} is not found by its number"
            continue
        try:
            document = document_from(row)
            found = document.id
        except (ValueError, TypeError) as error:
            yield f"document {row[1]} is altered: {error}"
            continue
        if found != row[1]:
            yield f"document {row[1]} is altered: its content has the id {found}"
            continue
        query = "SELECT start, end, heading, sentences, input_sha256 FROM passages WHERE document = ?"
        for *place, stored in connection.execute(query, (number,)):
            try:
                passage = passage_from(document.id, tuple(place))
                embedded = hashlib.sha256(passage_input(document, passage).encode()).digest()
            except (ValueError, TypeError) as error:
                yield f"a passage of document {document.id} is altered: {error}"
                continue
            if embedded != stored:
                yield f"passage {passage.id} is altered: its text has another hash than the one embedded"


def _length(vector: NDArray[np.float16]) -> float:
    return float(np.linalg.norm(vector.astype(np.float64)))


def _vectors(connection: sqlite3.Connection, dimension: int) -> Iterator[str]:
    for hash, stored in connection.execute("SELECT input_sha256, vector FROM vectors"):
        if len(stored) != (expected := PRECISION.itemsize * dimension):
            yield f"embedding {hash.hex()[:16]} has {len(stored)} bytes where {expected} are expected"
            continue
        vector = np.frombuffer(stored, dtype=PRECISION)
        if not np.isfinite(vector).all():
            yield f"embedding {hash.hex()[:16]} holds numbers that are not finite"
        elif abs(_length(vector) - 1) > NORM_TOLERANCE:
            yield f"embedding {hash.hex()[:16]} has the length {_length(vector):.4f}, not 1"
