"""The contract of every vector index, checked against the exact one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from index.engines.local import TailedVectors
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
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_excluded_is_as_if_it_were_removed(kind: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 30))
    ids, rows = np.arange(count, dtype=np.int64) * 7, unit_rows(count)
    gone = ids[data.draw(st.lists(st.booleans(), min_size=count, max_size=count))]
    index, reference = make(kind), ExactVectors(DIMENSION)
    index.add(ids, rows)
    reference.add(ids, rows)
    reference.remove(gone)
    question, k = unit_rows(1, seed=99)[0], data.draw(st.integers(-1, 40))
    assert index.search(question, k, excluded=gone)[0].tolist() == reference.search(question, k)[0].tolist()


@KINDS
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_index_with_a_tail_agrees_with_the_exact_one_after_every_change(kind: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 20))
    held = np.arange(count, dtype=np.int64) * 3
    base, reference = make(kind), ExactVectors(DIMENSION)
    for index in (base, reference):
        index.add(held, unit_rows(count))
    stages = [(TailedVectors.of(base, DIMENSION), reference.copy())]
    for change in range(data.draw(st.integers(1, 4))):
        gone = reference.ids[data.draw(st.lists(st.booleans(), min_size=len(reference), max_size=len(reference)))]
        new = data.draw(st.integers(0, 10))
        ids, rows = 1 + 3 * np.arange(100 * change, 100 * change + new, dtype=np.int64), unit_rows(new, seed=change + 1)
        reference.remove(gone)
        reference.add(ids, rows)
        stages.append((stages[-1][0].changed(gone, ids, rows), reference.copy()))
    question, k = unit_rows(1, seed=99)[0], data.draw(st.integers(-1, 60))
    # Whoever holds an earlier stage goes on searching it.
    for tailed, exact in stages:
        allowed = data.draw(st.none() | st.just(np.union1d(exact.ids[::2], held)))
        ours, our_scores = tailed.search(question, k, allowed)
        wanted, scores = exact.search(question, k, allowed)
        assert ours.tolist() == wanted.tolist()
        assert our_scores == pytest.approx(scores, abs=1e-5)
        assert len(tailed) == len(exact)
    assert len(base) == count


@KINDS
def test_a_file_gives_the_same_index_back(kind: str, tmp_path: Path) -> None:
    index = make(kind)
    index.add(ids_of(4, 9, 2), unit_rows(3))
    (tmp_path / "vectors").write_bytes(index.to_bytes())
    again = type(index).open(tmp_path / "vectors")
    query = unit_rows(1, seed=7)[0]
    assert len(again) == 3
    assert again.search(query, 3)[0].tolist() == index.search(query, 3)[0].tolist()


@KINDS
def test_never_a_placeholder(kind: str) -> None:
    index = make(kind)
    assert index.search(unit_rows(1)[0], 5)[0].tolist() == []
    index.add(ids_of(3), unit_rows(1))
    assert index.search(unit_rows(1)[0], 5)[0].tolist() == [3]
    assert index.search(unit_rows(1)[0], 5, ids_of())[0].tolist() == []
