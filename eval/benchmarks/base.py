"""What a benchmark is: documents, questions, and which documents answer which question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from index.documents import Document


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
