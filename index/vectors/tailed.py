"""A large index that stays as it is, and what has come and gone since: a small exact tail, and ids to leave out."""

from __future__ import annotations

from typing import Self

import numpy as np

from index.vectors.base import Ids, Similarities, VectorIndex
from index.vectors.exact import ExactVectors


class TailedVectors:
    """The vectors of `base` but for those that are `gone`, and those of a `tail`. Searched, never changed."""

    def __init__(self, base: VectorIndex, tail: ExactVectors, gone: Ids) -> None:
        """`gone` are ids that the base holds, those of the `tail` are none of its others."""
        self._base = base
        self._tail = tail
        self._gone = gone

    @classmethod
    def of(cls, base: VectorIndex, dimension: int) -> Self:
        """All of an index, with nothing in its tail."""
        return cls(base, ExactVectors(dimension), np.empty(0, dtype=np.int64))

    @property
    def lag(self) -> int:
        """How many vectors have come and gone since the base."""
        return len(self._gone) + len(self._tail)

    def __len__(self) -> int:
        return len(self._base) - len(self._gone) + len(self._tail)

    def changed(self, removed: Ids, added: Ids, vectors: Similarities) -> Self:
        """Another one, over the same base, without the ids `removed`, which this holds, and with vectors added."""
        tail = self._tail.copy()
        tail.remove(removed)
        tail.add(added, vectors)
        of_the_base = removed[~np.isin(removed, self._tail.ids)]
        return type(self)(self._base, tail, np.concatenate([self._gone, of_the_base]))

    def search(self, vector: Similarities, k: int, allowed: Ids | None = None) -> tuple[Ids, Similarities]:
        """As `VectorIndex.search`."""
        parts = [
            self._base.search(vector, k, excluded=self._gone)
            if allowed is None
            else self._base.search(vector, k, allowed[~np.isin(allowed, np.concatenate([self._gone, self._tail.ids]))]),
            self._tail.search(vector, k, allowed),
        ]
        ids, similarities = (np.concatenate(found) for found in zip(*parts, strict=True))
        order = np.lexsort((ids, -similarities))[: max(k, 0)]
        return ids[order], similarities[order]
