"""What a vector index is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Similarities = NDArray[np.float32]


class VectorIndex(Protocol):
    """Finds the vectors with the largest inner product. Vectors are rows of unit length; ids are unique and >= 0.

    From 100,000 vectors on a search may miss a few of them; the contract test says how few.
    """

    def __init__(self, dimension: int) -> None:
        """An empty index of vectors of that length."""

    def __len__(self) -> int:
        """Number of vectors."""

    def add(self, ids: Ids, vectors: Similarities) -> None:
        """Add vectors of shape (n, dimension) under `ids` of shape (n,)."""

    def remove(self, ids: Ids) -> None:
        """Remove what is there of `ids`; unknown ids are ignored."""

    def search(
        self, vector: Similarities, k: int, allowed: Ids | None = None, *, excluded: Ids | None = None
    ) -> tuple[Ids, Similarities]:
        """At most k ids, most similar first, with their similarities; only `allowed` ones where given.

        None of `excluded`, which are ids that the index holds; not to be given together with `allowed`. Fewer come
        back where fewer exist: there is never a placeholder id.
        """

    def to_bytes(self) -> bytes:
        """The index as the bytes of a file that `open` reads."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """The index in a file of those bytes, which the caller has checked to be intact.

        It may go on reading from the file, which is therefore replaced, never changed.
        """
