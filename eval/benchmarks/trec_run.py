"""Reads a TREC run: what a system ranked for each question, `query Q0 document rank score tag` on each line."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from eval.benchmarks.lines import read_lines
from index.errors import BenchmarkError

_FIELDS = "query, Q0, document, rank, score and tag"


def read_trec_run(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Query id -> (document id, score), best first: by score, and where scores are equal by the rank that is written.

    The file is plain or gzipped; white space separates the fields. Raises BenchmarkError with file and line where one
    is wrong, where a query ranks a document twice, and where there is no line.
    """
    ranked: dict[str, dict[str, tuple[float, int]]] = {}
    for where, line in read_lines(path, hashlib.sha256()):
        query, document, rank, score = _line(where, line)
        places = ranked.setdefault(query, {})
        if document in places:
            raise BenchmarkError(f"{where}: query {query!r} ranked document {document!r} already")
        places[document] = (-score, rank)
    if not ranked:
        raise BenchmarkError(f"{path}: holds no line; give a run with {_FIELDS} on each")
    return {
        query: [(document, -places[document][0]) for document in sorted(places, key=places.__getitem__)]
        for query, places in ranked.items()
    }


def _line(where: str, line: str) -> tuple[str, str, int, float]:
    fields = line.split()
    if len(fields) != 6:
        raise BenchmarkError(f"{where}: {line[:60]!r} has {len(fields)} fields; there must be six: {_FIELDS}")
    query, _, document, rank, score, _ = fields
    if not (rank.isascii() and rank.isdigit()):
        raise BenchmarkError(f"{where}: the rank is {rank!r}; it must be a whole number from 0")
    try:
        value = float(score)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BenchmarkError(f"{where}: the score is {score!r}; it must be a number")
    return query, document, int(rank), value
