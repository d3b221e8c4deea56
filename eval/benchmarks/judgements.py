"""Judgements as they are collected from any format, and which questions they leave to be scored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from eval.benchmarks.base import Query
from eval.benchmarks.files import File
from index.errors import BenchmarkError


def add_judgement(qrels: dict[str, dict[str, int]], where: str, query: str, document: str, relevance: int) -> None:
    """Add a judgement; below 0 counts as 0. Raises BenchmarkError where the pair was judged already."""
    if document in qrels.setdefault(query, {}):
        raise BenchmarkError(f"{where}: query {query!r} and document {document!r} were judged already")
    qrels[query][document] = max(relevance, 0)


def is_whole(text: str) -> bool:
    """Whether it is a whole number in ASCII digits, perhaps below 0."""
    return re.fullmatch(r"-?[0-9]+", text) is not None


def scored(queries: Iterable[Query], qrels: Mapping[str, Mapping[str, int]], path: File) -> tuple[Query, ...]:
    """The queries that can be scored: all, unless not one of them has more than its text.

    A collection for retrieval alone (BEIR, TREC) lists the queries of all its splits in one file; a query without a
    judgement in the chosen split is not part of it. Where any query has answers, a place in a conversation, evidence
    or a given document, one without a judgement may stand on purpose: the corpus does not answer it. Raises
    BenchmarkError with the `path` of the judgements where none is left.
    """
    asked = tuple(queries)
    if not any(is_more_than_text(query) for query in asked):
        asked = tuple(query for query in asked if query.id in qrels)
    if not asked:
        raise BenchmarkError(f"{path}: judges no document for any question, and none has an answer: nothing to measure")
    return asked


def is_more_than_text(query: Query) -> bool:
    """Whether a query carries anything that can be scored, or must be known to ask it, besides judgements."""
    return query.answers is not None or bool(query.history or query.rewrite or query.evidence or query.given)
