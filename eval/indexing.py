"""A benchmark's corpus as an index, and what it cost to make it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from eval.benchmarks.base import Benchmark
from index.documents import Document
from index.embedders.base import Embedder
from index.errors import BenchmarkError
from index.search import Index


@dataclass(frozen=True, slots=True)
class Indexing:
    """Passages embedded and stored, the wall-clock seconds that took, to the millisecond, and the bytes they take up.

    The model was open already.
    """

    passages: int
    seconds: float
    bytes: int

    @property
    def rate(self) -> float:
        """Passages per second."""
        return self.passages / self.seconds

    def to_json(self) -> dict[str, Any]:
        """The parts and the rate."""
        return {
            "passages": self.passages,
            "seconds": self.seconds,
            "passages_per_s": round(self.rate, 1),
            "bytes": self.bytes,
        }


def collection_of(key: str) -> str:
    """The collection of a document that is searched alone; keys may hold what no collection's name may."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def index_corpus(
    benchmark: Benchmark,
    path: Path,
    embedder: Embedder,
    *,
    engine: str = "local",
    fusion: str = "convex",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Index, Indexing | None]:
    """The index of the corpus at `path`, made there or completed; no Indexing where it was whole already.

    Where a question is about one given document each document is a collection of its own, so that it can be searched
    alone. Raises BenchmarkError where the index holds other documents too: they would stand in the rankings.
    """
    documents: Sequence[Document] = benchmark.documents
    if any(query.given for query in benchmark.queries):
        documents = [replace(document, collection=collection_of(document.key)) for document in documents]
    index = Index.open_or_create(path, embedder, engine=engine, fusion=fusion)
    started = perf_counter()
    report = index.add_documents(documents, progress=progress)
    seconds = perf_counter() - started
    info = index.info()
    if info.documents != len(benchmark.documents):
        index.close()
        raise BenchmarkError(
            f"the index at {path} holds {info.documents:,} documents and the corpus of {benchmark.name} "
            f"{len(benchmark.documents):,}: give a folder that is new or was made for this benchmark"
        )
    return index, Indexing(report.passages, max(0.001, round(seconds, 3)), info.size_bytes) if report.passages else None
