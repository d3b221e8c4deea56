"""Text to vectors. A new embedder is one file and one line here."""

from __future__ import annotations

from index.embedders.base import Embedder
from index.plugins import resolve

EMBEDDERS = {
    "onnx": "index.embedders.onnx:OnnxEmbedder",
    "sentence-transformers": "index.embedders.sentence_transformer:SentenceTransformerEmbedder",
    "hashing": "index.embedders.hashing:HashingEmbedder",
}


def open_embedder(name: str = "onnx", model: str = "") -> Embedder:
    """The embedder of that name over that model (empty: its default). Raises UnknownName or ModelError."""
    embedder = resolve(EMBEDDERS, name, what="embedder")
    opened: Embedder = embedder(model) if model else embedder()
    return opened
