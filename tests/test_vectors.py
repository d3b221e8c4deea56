"""The contract of every vector index, checked against the exact one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.plugins import resolve
from index.vectors import VECTOR_INDEXES
from index.vectors.base import VectorIndex
from index.vectors.exact import ExactVectors

DIMENSION = 8
KINDS = pytest.mark.parametrize("kind", VECTOR_INDEXES)


def make(kind: str) -> VectorIndex:
    made: VectorIndex = resolve(VECTOR_INDEXES, kind, what="vector index")(DIMENSION)
    return made


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ids_of(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@KINDS
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_agrees_with_the_exact_index(kind: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 30))
    ids = np.array(sorted(data.draw(st.sets(st.integers(0, 10**12), min_size=count, max_size=count))), dtype=np.int64)
    rows = unit_rows(count, seed=data.draw(st.integers(0, 5)))
    gone = ids[data.draw(st.lists(st.booleans(), min_size=count, max_size=count))]
    k = data.draw(st.integers(-1, 40))
    allowed = data.draw(st.none() | st.just(ids[::2]))
    found = []
    for index in (make(kind), ExactVectors(DIMENSION)):
        index.add(ids, rows)
        index.remove(np.concatenate([gone, ids_of(10**13)]))
        found.append(index.search(unit_rows(1, seed=99)[0], k, allowed))
    (ours, our_scores), (reference, reference_scores) = found
    assert ours.tolist() == reference.tolist()
    assert our_scores == pytest.approx(reference_scores, abs=1e-5)
    assert not set(ours.tolist()) & set(gone.tolist())


@KINDS
def test_bytes_give_the_same_index_back(kind: str) -> None:
    index = make(kind)
    index.add(ids_of(4, 9, 2), unit_rows(3))
    again = type(index).from_bytes(index.to_bytes())
    query = unit_rows(1, seed=7)[0]
    assert len(again) == 3
    assert again.search(query, 3)[0].tolist() == index.search(query, 3)[0].tolist()


@KINDS
def test_a_copy_grows_alone(kind: str) -> None:
    index = make(kind)
    index.add(ids_of(1), unit_rows(1))
    copy = index.copy()
    copy.add(ids_of(2), unit_rows(1, seed=3))
    assert (len(index), len(copy)) == (1, 2)


@KINDS
def test_never_a_placeholder(kind: str) -> None:
    index = make(kind)
    assert index.search(unit_rows(1)[0], 5)[0].tolist() == []
    index.add(ids_of(3), unit_rows(1))
    assert index.search(unit_rows(1)[0], 5)[0].tolist() == [3]
    assert index.search(unit_rows(1)[0], 5, ids_of())[0].tolist() == []
