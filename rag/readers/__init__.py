"""How passages are read. A new reader is one file and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.plugins import resolve

if TYPE_CHECKING:
    from index.search import Index
    from rag.readers.base import Reader

READERS = {
    "trained": "rag.readers.onnx:open_trained",
    "extractive-qa": "rag.readers.extractive_qa:open_extractive_qa",
    "cross-encoder": "rag.readers.cross_encoder:open_cross_encoder",
    "similarity": "rag.readers.similarity:open_similarity",
}


def open_reader(index: Index, name: str = "trained", model: str = "") -> Reader:
    """The reader of that name over an index, with its model where it takes one. Raises UnknownName or ModelError."""
    reader: Reader = resolve(READERS, name, what="reader")(index, model)
    return reader
