"""Settings into working parts: where the entry points get their encoder, index and chain from.

What is heavy is imported by the function that needs it: a command's start is mostly imports and the loading of models.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from index.plugins import resolve
from rag.config import Settings

if TYPE_CHECKING:
    from index.embedders.base import Embedder
    from index.search import Index
    from rag.answerers.base import Answerer
    from rag.chain import AnswerChain


def embedder_from(settings: Settings) -> Embedder:
    """The encoder that the settings name. Raises UnknownName or ModelError."""
    from index import embedders

    return embedders.open_embedder(settings.embedder, settings.model)


def open_index(settings: Settings, *, create: bool = False, embedder: Embedder | None = None) -> Index:
    """The index that the settings name; with `create`, a new one where there is none.

    Raises IndexNotFound, IndexMismatch, IndexCorrupt or IndexStateError.
    """
    from index.search import Index

    options: dict[str, Any] = {"engine": settings.engine, "fusion": settings.fusion}
    opening = Index.open_or_create if create else Index.open
    return opening(settings.index, embedder or embedder_from(settings), **options)


def build_chain(index: Index, settings: Settings) -> AnswerChain:
    """The chain over an open index."""
    from rag.answerers import ANSWERERS
    from rag.chain import AnswerChain
    from rag.readers import open_reader
    from rag.retrieval import IndexRetriever

    answerer: Answerer = resolve(ANSWERERS, settings.answerer, what="answerer")()
    reader = open_reader(index, settings.reader, settings.reader_model)
    threshold = reader.threshold if settings.threshold is None else settings.threshold
    return AnswerChain(IndexRetriever(index, settings.k), index, reader, answerer, threshold=threshold)


def open_chain(settings: Settings) -> AnswerChain:
    """The chain over the index that the settings name; whoever opens it closes its `index`. Raises as `open_index`.

    Models are loaded by machine code, so they are loaded beside the imports: the two make up most of a start.
    """
    from index.embedders import EMBEDDERS
    from rag.readers import READERS

    # What is imported stays: to look through it for garbage again and again takes a twentieth of the start.
    with ThreadPoolExecutor(2) as loading, _without_garbage_collection():
        # A module is imported before the thread that loads its model begins, so that only one thread imports.
        resolve(EMBEDDERS, settings.embedder, what="embedder")
        embedder = loading.submit(embedder_from, settings)
        resolve(READERS, settings.reader, what="reader")
        if settings.reader == "trained" and not settings.reader_model:
            from rag.readers.onnx import packaged_pair_reader

            loading.submit(packaged_pair_reader)
        import rag.chain  # noqa: F401

        opened = open_index(settings, embedder=embedder.result())
    try:
        return build_chain(opened, settings)
    except BaseException:
        opened.close()
        raise


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()
