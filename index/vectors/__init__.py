"""Nearest vectors. A new index kind is one file and one line here."""

from __future__ import annotations

VECTOR_INDEXES = {
    "faiss": "index.vectors.faiss:FaissVectors",
    "exact": "index.vectors.exact:ExactVectors",
}
