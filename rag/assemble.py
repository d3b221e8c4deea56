"""Settings into working parts: where the entry points get their encoder, index and chain from."""

from __future__ import annotations

from typing import Any

from index import embedders
from index.embedders.base import Embedder
from index.plugins import resolve
from index.search import Index
from rag.answerers import ANSWERERS
from rag.answerers.base import Answerer
from rag.chain import AnswerChain
from rag.config import Settings
from rag.readers import open_reader
from rag.retrieval import IndexRetriever


def embedder_from(settings: Settings) -> Embedder:
    """The encoder that the settings name. Raises UnknownName or ModelError."""
    return embedders.open_embedder(settings.embedder, settings.model)


def open_index(settings: Settings, *, create: bool = False) -> Index:
    """The index that the settings name; with `create`, a new one where there is none.

    Raises IndexNotFound, IndexMismatch, IndexCorrupt or IndexStateError.
    """
    embedder = embedder_from(settings)
    options: dict[str, Any] = {"engine": settings.engine, "fusion": settings.fusion}
    return (Index.open_or_create if create else Index.open)(settings.index, embedder, **options)


def build_chain(index: Index, settings: Settings) -> AnswerChain:
    """The chain over an open index."""
    answerer: Answerer = resolve(ANSWERERS, settings.answerer, what="answerer")()
    reader = open_reader(index, settings.reader, settings.reader_model)
    threshold = reader.threshold if settings.threshold is None else settings.threshold
    return AnswerChain(IndexRetriever(index, settings.k), index, reader, answerer, threshold=threshold)
