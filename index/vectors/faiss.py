"""FAISS; the only home of that library. Exact inner product over a flat index."""

from __future__ import annotations

from typing import Any, Self

import faiss
import numpy as np

from index.vectors.base import Ids, Similarities


class FaissVectors:
    """An `IndexFlatIP` under an id map."""

    def __init__(self, dimension: int) -> None:
        # The library's type stubs do not know what SWIG adds at import, so the object is Any here.
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Similarities) -> None:
        """Append the rows."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: Ids) -> None:
        """Remove the rows; FAISS moves the ones behind them up."""
        self._index.remove_ids(ids)

    def search(self, vector: Similarities, k: int, allowed: Ids | None = None) -> tuple[Ids, Similarities]:
        """The k largest inner products; equal ones by id."""
        k = min(k, len(self))
        if k < 1 or (allowed is not None and not len(allowed)):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        parameters: Any = faiss.SearchParameters
        chosen = None if allowed is None else parameters(sel=faiss.IDSelectorBatch(allowed))
        similarities, ids = self._index.search(vector.reshape(1, -1), k, params=chosen)
        found = ids[0] >= 0  # FAISS fills the places it cannot fill with -1
        ids, similarities = ids[0][found], similarities[0][found]
        order = np.lexsort((ids, -similarities))
        return ids[order], similarities[order]

    def copy(self) -> Self:
        """A deep copy."""
        other = type(self)(self._index.d)
        other._index = faiss.clone_index(self._index)
        return other

    def to_bytes(self) -> bytes:
        """FAISS's own format, made in memory: its file writer does not report a full disk."""
        return bytes(faiss.serialize_index(self._index))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The index that `to_bytes` wrote."""
        index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        vectors = cls(index.d)
        vectors._index = index
        return vectors
