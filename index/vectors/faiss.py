"""FAISS; the only home of that library. Exact up to 100,000 vectors, approximate from there on.

The approximate kind is an inverted file over eight-bit codes: k-means parts the vectors into about 4 √n lists, a search
reads the lists whose centres are nearest to the question, and each dimension of a vector is one of 256 steps. It was
chosen by measurement (docs/scale.md). A graph finds a little more in less time, but takes 1.6 times the room,
cannot lose a vector and must not take one while it is searched; lists take and lose vectors in place, and are
searched where they lie on the disk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from index.vectors.base import Ids, Similarities

APPROXIMATE_FROM = 100_000
"""Below, exact search takes a few milliseconds and nothing is to be gained."""

READ_SHARE = 0.04
"""Share of the lists that a search reads; chosen by recall and latency at a million vectors, see docs/scale.md."""

_GROWTH = 4
"""The lists are drawn anew when the vectors have become that many times as many as they were drawn for."""
_LISTS_PER_ROOT = 4
_SAMPLES_PER_LIST = 40
_ROUNDS = 10
_PORTION = 50_000
_LARGEST_BITMAP = 2**28


class FaissVectors:
    """An `IndexFlatIP` under an id map, and from `APPROXIMATE_FROM` on an `IndexIVFScalarQuantizer`."""

    def __init__(self, dimension: int) -> None:
        # The library's type stubs do not know what SWIG adds at import, so the object is Any here.
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._mapped = False

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Similarities) -> None:
        """Append the rows; makes the index approximate, or draws its lists anew, where it has grown to that."""
        self._into_memory()
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
        if not self._approximate and len(self) >= APPROXIMATE_FROM:
            self._index = _from_flat(self._index)
        elif self._approximate and len(self) >= _GROWTH * (self._index.nlist / _LISTS_PER_ROOT) ** 2:
            self._index = _drawn_anew(self._index)

    def remove(self, ids: Ids) -> None:
        """Remove the rows; FAISS moves the ones behind them up."""
        if len(ids):
            self._into_memory()
            self._index.remove_ids(ids)

    def search(
        self, vector: Similarities, k: int, allowed: Ids | None = None, *, excluded: Ids | None = None
    ) -> tuple[Ids, Similarities]:
        """The k largest inner products, of 100,000 vectors on nearly all of them; equal ones by id.

        Where few are `allowed` more lists are read, so that about as many allowed vectors are compared as otherwise.
        """
        without = 0 if excluded is None else len(excluded)
        k = min(k, len(self) - without if allowed is None else len(allowed))
        if k < 1 or not len(self):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        chosen = None if allowed is None else _selector(allowed)
        if excluded is not None and without:
            chosen = faiss.IDSelectorNot(_selector(excluded))
        if not self._approximate:
            return self._found(vector, k, _parameters(faiss.SearchParameters, sel=chosen))
        share = READ_SHARE if allowed is None else min(1.0, READ_SHARE * len(self) / len(allowed))
        found = self._found(vector, k, self._reading(share, chosen))
        if len(found[0]) < k and share < 1.0:
            return self._found(vector, k, self._reading(1.0, chosen))
        return found

    def to_bytes(self) -> bytes:
        """FAISS's own format, made in memory: its file writer does not report a full disk."""
        self._into_memory()
        return faiss.serialize_index(self._index).tobytes()

    @classmethod
    def open(cls, path: Path) -> Self:
        """The index in a file, whose lists are read where they lie. The file may be replaced, never written into."""
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        vectors = cls(index.d)
        vectors._index = index
        vectors._mapped = vectors._approximate
        return vectors

    @property
    def _approximate(self) -> bool:
        return isinstance(self._index, faiss.IndexIVF)

    def _into_memory(self) -> None:
        if self._mapped:
            self._index, self._mapped = _array_lists(self._index), False

    def _found(self, vector: Similarities, k: int, parameters: Any) -> tuple[Ids, Similarities]:
        with _one_thread():
            similarities, ids = self._index.search(vector.reshape(1, -1), k, params=parameters)
        found = ids[0] >= 0  # FAISS fills the places it cannot fill with -1
        ids, similarities = ids[0][found], similarities[0][found]
        order = np.lexsort((ids, -similarities))
        return ids[order], similarities[order]

    def _reading(self, share: float, chosen: Any) -> Any:
        lists = math.ceil(share * self._index.nlist)
        return _parameters(faiss.SearchParametersIVF, nprobe=lists, sel=chosen)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One question is too little work to share: on a busy machine a team waits tens of milliseconds for its last one.

    The setting is of the calling thread alone, so that searches of other threads run beside it.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _parameters(kind: Any, **values: Any) -> Any:
    """Search parameters of a kind; FAISS takes no None for a selector."""
    return kind(**{name: value for name, value in values.items() if value is not None})


def _selector(allowed: Ids) -> Any:
    """Allows these ids. One bit for each number where numbers are small, which is looked up faster than a set."""
    largest = int(allowed.max())
    if largest >= _LARGEST_BITMAP:
        return faiss.IDSelectorBatch(allowed)
    bits = np.zeros(largest + 1, dtype=np.bool_)
    bits[allowed] = True
    selector: Any = faiss.IDSelectorBitmap
    return selector(np.packbits(bits, bitorder="little"))


def _from_flat(index: Any) -> Any:
    """The approximate index over the vectors of an exact one."""
    ids, count = faiss.vector_to_array(index.id_map), int(index.ntotal)
    flat: Any = faiss.downcast_index(index.index)
    rows = faiss.rev_swig_ptr(flat.get_xb(), count * index.d).reshape(count, index.d)
    sample = rows[_sampled(count)]
    made = _empty_lists(sample, count)
    made.sq.train(sample)
    return _filled(made, ids, lambda start, end: rows[start:end])


def _drawn_anew(index: Any) -> Any:
    """The same vectors in lists that fit their number. The steps stay, so that no vector is rounded twice."""
    lists = index.invlists
    parts = [_list_of(lists, number) for number in range(index.nlist)]
    ids, codes = np.concatenate([ids for ids, _ in parts]), np.concatenate([codes for _, codes in parts])
    chosen = np.sort(_sampled(len(ids)))
    made = _empty_lists(index.sq.decode(codes[chosen]), len(ids))
    faiss.copy_array_to_vector(faiss.vector_to_array(index.sq.trained), made.sq.trained)
    return _filled(made, ids, lambda start, end: index.sq.decode(codes[start:end]))


def _sampled(count: int) -> Ids:
    """Rows that the lists of `count` vectors are drawn from; the same ones each time."""
    most = min(count, _SAMPLES_PER_LIST * _lists_for(count))
    return np.random.default_rng(0).choice(count, most, replace=False).astype(np.int64)


def _lists_for(count: int) -> int:
    return round(_LISTS_PER_ROOT * math.sqrt(count))


def _empty_lists(sample: Similarities, count: int) -> Any:
    """Lists for `count` vectors around the centres of a sample (spherical k-means), with nothing in them."""
    dimension = sample.shape[1]
    centres = faiss.IndexFlatIP(dimension)
    settings = faiss.ClusteringParameters()
    settings.niter, settings.spherical, settings.min_points_per_centroid = _ROUNDS, True, 1
    faiss.Clustering(dimension, _lists_for(count), settings).train(sample, centres)
    return _around(centres)


def _around(centres: Any) -> Any:
    """Lists with nothing in them around an index of centres, which they take over."""
    # Codes of the vectors themselves, not of their distance to a centre: then the steps do not depend on the lists.
    made: Any = faiss.IndexIVFScalarQuantizer(
        centres, centres.d, centres.ntotal, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    made.own_fields = True
    centres.this.disown()
    return made


def _filled(made: Any, ids: Ids, rows: Callable[[int, int], Similarities]) -> Any:
    """Fill the lists with the vectors that `rows` gives for a start and an end."""
    made.is_trained = True
    for start in range(0, len(ids), _PORTION):
        end = min(start + _PORTION, len(ids))
        made.add_with_ids(np.ascontiguousarray(rows(start, end)), ids[start:end])
    return made


def _list_of(lists: Any, number: int) -> tuple[Ids, Any]:
    """Copies of the ids and the codes in one list."""
    count = lists.list_size(number)
    if not count:
        return np.empty(0, dtype=np.int64), np.empty((0, lists.code_size), dtype=np.uint8)
    ids = faiss.rev_swig_ptr(lists.get_ids(number), count).copy()
    codes = faiss.rev_swig_ptr(lists.get_codes(number), count * lists.code_size).reshape(count, -1).copy()
    return ids, codes


def _array_lists(index: Any) -> Any:
    """A copy of an index over lists on the disk with lists in memory."""
    held: Any = faiss.ArrayInvertedLists(index.nlist, index.code_size)
    for number in range(index.nlist):
        ids, codes = _list_of(index.invlists, number)
        if len(ids):
            held.add_entries(number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    made = _around(faiss.clone_index(index.quantizer))
    faiss.copy_array_to_vector(faiss.vector_to_array(index.sq.trained), made.sq.trained)
    made.replace_invlists(held, True)
    held.this.disown()
    made.ntotal, made.is_trained = index.ntotal, True
    return made
