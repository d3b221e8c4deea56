"""The file of vectors of a local index, and what the catalog has gained and lost since the file's generation.

A commit leaves the file as it is: to write it would take longer than all the rest. What came since is a tail, searched
exactly, and what went is left out of what the file gives. Both are read from the catalog, where every row has a sum and
its generation, when the index is opened, and are carried on from commit to commit. The file is written anew once as
many vectors as a hundredth of its own have come or gone, and by `compact`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from index.atomic_files import seal_of, write_atomically
from index.catalog.catalog import Catalog
from index.vectors.base import Ids, Similarities, VectorIndex
from index.vectors.exact import ExactVectors

TAIL_SHARE = 0.01
LEAST_TAIL = 256
"""The file is written anew when more vectors than both this number and that share of its own have come or gone."""

_AT_ONCE = 50_000


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
        if not self.lag:
            return self._base.search(vector, k, allowed)
        parts = [
            self._base.search(vector, k, excluded=self._gone)
            if allowed is None
            else self._base.search(vector, k, allowed[~np.isin(allowed, np.concatenate([self._gone, self._tail.ids]))]),
            self._tail.search(vector, k, allowed),
        ]
        ids, similarities = (np.concatenate(found) for found in zip(*parts, strict=True))
        order = np.lexsort((ids, -similarities))[: max(k, 0)]
        return ids[order], similarities[order]


@dataclass(frozen=True)
class _Held:
    """The file of a seal, and what differs from it at a generation."""

    seal: tuple[int, str] | None
    generation: int
    vectors: TailedVectors


class VectorFile:
    """Gives the vectors of any generation since the file's, each a snapshot over the same file."""

    def __init__(self, path: Path, kind: type[VectorIndex], dimension: int) -> None:
        self.path = path
        self._kind = kind
        self._dimension = dimension
        self._held: _Held | None = None

    def read(self, catalog: Catalog, base: int) -> TailedVectors:
        """The vectors of the catalog's generation, from the file, which is whole and of the generation `base`."""
        held, seal, generation = self._held, catalog.seal(self.path.name), catalog.generation()
        if held is None or held.seal != seal or held.generation > generation:
            held = _Held(seal, base, TailedVectors.of(self._kind.open(self.path), self._dimension))
        vectors = held.vectors
        removed, added = catalog.removed_since(held.generation), catalog.numbers_since(held.generation)
        if removed or added:
            vectors = vectors.changed(_ids(removed), _ids(added), catalog.vectors(added, self._dimension))
        self._held = _Held(seal, generation, vectors)
        return vectors

    def lags(self, catalog: Catalog, base: int) -> bool:
        """Whether so much has come and gone since the file's generation that it is to be written anew."""
        changed = len(catalog.numbers_since(base)) + len(catalog.removed_since(base))
        return is_due(changed, catalog.passage_count() - changed)

    def make(self, catalog: Catalog, base: int, into: Catalog | None) -> TailedVectors:
        """All vectors of the catalog's generation as one index, from the file of generation `base`, or -1 for none.

        They are written into the file, whose seal goes to `into`, the same catalog opened to be written to; with None
        they stay in memory. Raises IndexUnwritable.
        """
        # What is read here will be sealed as what was stored: it must be whole now, not only when it was opened.
        if base != -1 and (base, seal_of(self.path)) != catalog.seal(self.path.name):
            catalog.require_unaltered_content()
            base = -1
        vectors = self._kind(self._dimension) if base == -1 else self._kind.open(self.path)
        vectors.remove(_ids(catalog.removed_since(base)))
        added = catalog.numbers_since(base)
        # A million vectors at once would take several times their own size.
        for start in range(0, len(added), _AT_ONCE):
            portion = added[start : start + _AT_ONCE]
            vectors.add(_ids(portion), catalog.vectors(portion, self._dimension))
        if into is None:
            return TailedVectors.of(vectors, self._dimension)
        write_atomically(self.path, vectors.to_bytes())
        seal = (catalog.generation(), seal_of(self.path))
        into.set_seal(self.path.name, *seal)
        # Opened again, what can be read where it lies takes no memory.
        self._held = _Held(seal, seal[0], TailedVectors.of(self._kind.open(self.path), self._dimension))
        return self._held.vectors


def is_due(changed: int, held: int) -> bool:
    """Whether a file of about `held` vectors is to be written anew for so many that have come and gone."""
    return changed > max(LEAST_TAIL, TAIL_SHARE * held)


def _ids(numbers: Sequence[int]) -> Ids:
    return np.array(numbers, dtype=np.int64)
