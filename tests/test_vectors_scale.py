"""What holds of every vector index when it has grown beyond 100,000 vectors."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from index.plugins import resolve
from index.vectors import VECTOR_INDEXES
from index.vectors.base import VectorIndex
from index.vectors.exact import ExactVectors

DIMENSION, COUNT, TOPICS = 24, 110_000, 400
KINDS = pytest.mark.parametrize("kind", VECTOR_INDEXES)


@cache
def vectors() -> np.ndarray:
    """Unit rows around topics, as texts lie around theirs."""
    random = np.random.default_rng(0)
    topics = random.normal(size=(TOPICS, DIMENSION))
    rows = topics[random.integers(0, TOPICS, COUNT)] + 0.6 * random.normal(size=(COUNT, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@cache
def ids() -> np.ndarray:
    return np.arange(COUNT, dtype=np.int64) * 3 + 1


@cache
def grown(kind: str) -> bytes:
    index: VectorIndex = resolve(VECTOR_INDEXES, kind, what="vector index")(DIMENSION)
    for start in range(0, COUNT, 40_000):
        index.add(ids()[start : start + 40_000], vectors()[start : start + 40_000])
    return index.to_bytes()


@pytest.fixture
def file(kind: str, tmp_path: Path) -> Path:
    path = tmp_path / "vectors"
    path.write_bytes(grown(kind))
    return path


def opened(kind: str, file: Path) -> VectorIndex:
    index: VectorIndex = resolve(VECTOR_INDEXES, kind, what="vector index").open(file)
    return index


def recall(index: VectorIndex, reference: VectorIndex, allowed: np.ndarray | None = None) -> float:
    """Share of the ten nearest vectors that the index finds, over fifty questions."""
    hits = total = 0
    for question in vectors()[:COUNT:2200] + np.float32(0.02):
        wanted = reference.search(question, 10, allowed)[0].tolist()
        found = index.search(question, 10, allowed)[0].tolist()
        assert len(found) == len(set(found)) == len(wanted)
        hits, total = hits + len(set(found) & set(wanted)), total + len(wanted)
    return hits / total


@cache
def reference() -> ExactVectors:
    index = ExactVectors(DIMENSION)
    index.add(ids(), vectors())
    return index


@KINDS
def test_finds_nearly_all_of_the_ten_nearest(kind: str, file: Path) -> None:
    index = opened(kind, file)
    assert len(index) == COUNT
    assert recall(index, reference()) >= 0.95


@KINDS
@pytest.mark.parametrize("count", [1, 7, 300, 50_000])
def test_a_filter_costs_no_recall(kind: str, file: Path, count: int) -> None:
    allowed = np.sort(np.random.default_rng(count).choice(ids(), count, replace=False))
    index = opened(kind, file)
    assert recall(index, reference(), allowed) >= 0.95
    assert set(index.search(vectors()[0], 200, allowed)[0].tolist()) <= set(allowed.tolist())


@KINDS
def test_a_filter_on_a_far_topic_still_fills_the_ranking(kind: str, file: Path) -> None:
    question = vectors()[0]
    far = np.sort(ids()[np.argsort(vectors() @ question)[: COUNT // 2]])
    found = opened(kind, file).search(question, 200, far)[0]
    assert len(found) == 200
    assert set(found.tolist()) <= set(far.tolist())


@KINDS
def test_ids_that_are_gone_may_be_allowed(kind: str, file: Path) -> None:
    allowed = np.array([1, 4, 10**9, 10**13], dtype=np.int64)
    assert sorted(opened(kind, file).search(vectors()[5], 10, allowed)[0].tolist()) == [1, 4]


@KINDS
def test_what_is_excluded_costs_no_recall(kind: str, file: Path) -> None:
    gone = np.sort(np.random.default_rng(0).choice(ids(), COUNT // 100, replace=False))
    index, without = opened(kind, file), reference().copy()
    without.remove(gone)
    hits = 0
    for question in vectors()[:COUNT:2200] + np.float32(0.02):
        found = index.search(question, 10, excluded=gone)[0].tolist()
        assert not set(found) & set(gone.tolist())
        hits += len(set(found) & set(without.search(question, 10)[0].tolist()))
    assert hits >= 0.95 * 500


@KINDS
def test_an_opened_index_grows_and_shrinks_and_leaves_its_file_alone(kind: str, file: Path) -> None:
    before = file.read_bytes()
    index = opened(kind, file)
    fresh = -vectors()[:3]
    index.remove(ids()[::2])
    index.add(np.array([2, 5, 8], dtype=np.int64), fresh)
    assert len(index) == COUNT // 2 + 3
    assert index.search(fresh[0], 1)[0].tolist() == [2]
    assert not set(index.search(vectors()[0], 200)[0].tolist()) & set(ids()[::2].tolist())
    assert file.read_bytes() == before


@KINDS
def test_a_search_goes_on_when_the_file_is_replaced(kind: str, file: Path) -> None:
    index = opened(kind, file)
    before = index.search(vectors()[9], 50)[0].tolist()
    other = file.with_name("other")
    other.write_bytes(b"something else")
    other.replace(file)
    assert index.search(vectors()[9], 50)[0].tolist() == before


def test_lists_are_drawn_anew_when_the_index_has_grown_fourfold(monkeypatch: pytest.MonkeyPatch) -> None:
    from index.vectors import faiss

    monkeypatch.setattr(faiss, "APPROXIMATE_FROM", 5_000)
    index, other = faiss.FaissVectors(DIMENSION), ExactVectors(DIMENSION)
    sizes = []
    for start in range(0, 30_000, 5_000):
        rows = slice(start, start + 5_000)
        for each in (index, other):
            each.add(ids()[rows], vectors()[rows])
        sizes.append(len(index.to_bytes()))
    question = vectors()[77]
    found, similarities = index.search(question, 10)
    wanted = dict(zip(*(part.tolist() for part in other.search(question, 30_000)), strict=True))
    assert recall_of(index, other) >= 0.9
    assert similarities.tolist() == pytest.approx([wanted[number] for number in found.tolist()], abs=0.02)
    # About 280 lists become about 630, and the centre of each is stored as floats.
    steps = np.diff(sizes)
    assert steps.max() > np.median(steps) + 300 * DIMENSION * 4


def recall_of(index: VectorIndex, other: VectorIndex) -> float:
    questions = vectors()[:30_000:1000]
    hits = [set(index.search(q, 10)[0].tolist()) & set(other.search(q, 10)[0].tolist()) for q in questions]
    return sum(map(len, hits)) / (10 * len(questions))
