"""What a benchmark is: documents, questions, and which documents answer which question, from whatever format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from eval.benchmarks.files import File
from index.documents import Document
from index.errors import BenchmarkError


@dataclass(frozen=True, slots=True)
class EvidenceSpan:
    """Gold evidence: characters `[start, end)` of the text of the document with this key."""

    document: str
    start: int
    end: int


@dataclass(frozen=True)
class Query:
    """A question of a benchmark.

    `answers` are the acceptable answers: None where the benchmark has none for any question (retrieval only), empty
    where this question has no answer in the corpus. `history` holds the earlier questions of its conversation, oldest
    first, and `rewrite` the question as it would be asked without them. `evidence` are the places that an answer rests
    on, in no order of worth; all of them are needed. `given` is the key of the only document to be read, "" where the
    whole corpus is searched.
    """

    id: str
    text: str
    answers: tuple[str, ...] | None = None
    history: tuple[str, ...] = ()
    rewrite: str = ""
    evidence: tuple[EvidenceSpan, ...] = ()
    given: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answerable(self) -> bool:
        """Whether it comes with answers."""
        return bool(self.answers)

    @property
    def unanswerable(self) -> bool:
        """Whether it is known that the corpus does not answer it."""
        return self.answers == ()

    @property
    def more_than_text(self) -> bool:
        """Whether it carries anything that can be scored, or must be known to ask it, besides judgements."""
        return self.answers is not None or bool(self.history or self.rewrite or self.evidence or self.given)


def asked_on(query: Query) -> date | None:
    """The day on which a question was asked, where the benchmark says so."""
    try:
        return date.fromisoformat(str(query.metadata.get("date", "")))
    except ValueError:
        return None


@dataclass(frozen=True)
class Benchmark:
    """Documents, queries in their order, and `qrels`: query id -> document key -> relevance, 1 or more is relevant.

    A document's `key` is its id in the benchmark. `sha256` follows from the contents of the files, compressed or not.
    """

    name: str
    documents: tuple[Document, ...]
    queries: tuple[Query, ...]
    qrels: Mapping[str, Mapping[str, int]]
    sha256: str

    @cached_property
    def by_key(self) -> Mapping[str, Document]:
        """The documents by their keys."""
        return {document.key: document for document in self.documents}

    def text_of(self, span: EvidenceSpan) -> str:
        """The words of a piece of evidence."""
        return self.by_key[span.document].text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of benchmarks.

    `read` gives the benchmark at a path, checked whole; it raises BenchmarkError. `fits` says by names and first
    characters alone whether what lies at a path is of this format.
    """

    read: Callable[[Path], Benchmark]
    fits: Callable[[Path], bool]


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
    if not any(query.more_than_text for query in asked):
        asked = tuple(query for query in asked if query.id in qrels)
    if not asked:
        raise BenchmarkError(f"{path}: judges no document for any question, and none has an answer: nothing to measure")
    return asked
