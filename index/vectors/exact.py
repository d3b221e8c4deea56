"""Exact search by one matrix product: the reference that every other vector index is tested against."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Self

import numpy as np

from index.vectors.base import Ids, Similarities


class ExactVectors:
    """A matrix and the ids of its rows."""

    def __init__(self, dimension: int) -> None:
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._rows: Similarities = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Ids, vectors: Similarities) -> None:
        """Append the rows."""
        self._ids = np.concatenate([self._ids, ids])
        self._rows = np.concatenate([self._rows, vectors])

    def remove(self, ids: Ids) -> None:
        """Keep the rows whose id is not named."""
        kept = ~np.isin(self._ids, ids)
        self._ids, self._rows = self._ids[kept], self._rows[kept]

    @property
    def ids(self) -> Ids:
        """The ids of the rows."""
        return self._ids

    def search(
        self, vector: Similarities, k: int, allowed: Ids | None = None, *, excluded: Ids | None = None
    ) -> tuple[Ids, Similarities]:
        """The k largest inner products; equal ones by id."""
        chosen = np.ones(len(self), dtype=bool) if allowed is None else np.isin(self._ids, allowed)
        if excluded is not None and len(excluded):
            chosen &= ~np.isin(self._ids, excluded)
        ids, similarities = self._ids[chosen], self._rows[chosen] @ vector
        order = np.lexsort((ids, -similarities))[: max(k, 0)]
        return ids[order], similarities[order]

    def copy(self) -> Self:
        """Rows are never changed in place, so the copy can share them."""
        other = type(self)(self._rows.shape[1])
        other._ids, other._rows = self._ids, self._rows
        return other

    def to_bytes(self) -> bytes:
        """Both arrays in NumPy's own format."""
        buffer = io.BytesIO()
        np.savez(buffer, ids=self._ids, rows=self._rows)
        return buffer.getvalue()

    @classmethod
    def open(cls, path: Path) -> Self:
        """The index in a file, read whole."""
        with np.load(path, allow_pickle=False) as arrays:
            ids, rows = arrays["ids"], arrays["rows"]
        index = cls(rows.shape[1])
        index.add(ids, rows)
        return index
