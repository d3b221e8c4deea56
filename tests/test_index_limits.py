"""What the index is asked that it cannot give: names that are none, vectors that are none, the same document twice."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from index.documents import Document, Filters
from index.embedders.hashing import HashingEmbedder
from index.errors import IndexMismatch, InputError, ModelError
from index.maintenance.integrity import check
from index.search import Index
from index.vectors import faiss
from index.vectors.base import VectorIndex
from index.vectors.exact import ExactVectors
from ui.cli import app

NOT_NAMES = ["../x", "/tmp/x", "a/b", "CON", "nul.txt", "x" * 300, "\U0001f4f0", "", ".", "..", " ", "a\x00b", "-x"]


@pytest.mark.parametrize("name", NOT_NAMES)
def test_c1_what_is_no_name_of_a_collection_is_refused_wherever_it_is_given(index: Index, name: str) -> None:
    refused = pytest.raises(InputError, match="has no allowed name")
    with refused:
        index.add_documents([Document("Some text.", collection=name)])
    with refused:
        index.add([index.path], collection=name)
    with refused:
        index.sync([index.path.parent], collection=name)
    with refused:
        index.search("pier", filters=Filters(collections=(name,)))
    assert index.info().documents == 4


def test_c1_the_command_line_says_the_same(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    for words in (["search", "pier"], ["index", "add", "x.txt"]):
        result = CliRunner().invoke(app, [*words, "--collection", "../x", "--index", str(index.path)])
        assert result.exit_code == 2
        assert "the collection '../x' has no allowed name" in result.stderr


@pytest.mark.parametrize("name", ["default", "News-2025", "zpr\u00e1vy", "a.b_c", "7"])
def test_c1_names_in_any_script_are_allowed(index: Index, name: str) -> None:
    assert len(index.add_documents([Document("Some text.", collection=name)]).added) == 1


class Broken(HashingEmbedder):
    """Gives vectors that are none."""

    def embed_query(self, text: str):  # type: ignore[no-untyped-def]
        return np.full(self.dimension, self.value, dtype=np.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_c12_a_query_vector_that_is_not_finite_is_refused(index: Index, value: float) -> None:
    broken = Broken()
    broken.value = value  # type: ignore[attr-defined]
    with Index.open(index.path, broken) as opened, pytest.raises(ModelError, match="not finite"):
        opened.search("pier")


def test_c12_a_query_vector_of_zeros_finds_by_words(index: Index) -> None:
    broken = Broken()
    broken.value = 0.0  # type: ignore[attr-defined]
    with Index.open(index.path, broken) as opened:
        hits = opened.search("north pier", 10)
    assert {hit.document.key for hit in hits} <= {"pier", "ice", "ferry", "vote"}
    assert np.isfinite([hit.score for hit in hits]).all()


def test_c10_another_dimension_of_a_model_of_the_same_name_is_refused(index: Index) -> None:
    other = HashingEmbedder(64)
    other.name = "hashing-384"
    with pytest.raises(IndexMismatch, match=r"dimension '384'.*'64'.*dateline index add"):
        Index.open(index.path, other)


def test_a17_the_same_near_the_same_renamed_and_removed(tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    text = "The observatory reopened its dome on Sunday. Visitors queued from dawn to see the comet.\n"
    (news / "one.txt").write_text(text)
    (news / "same.txt").write_text(text)
    (news / "near.txt").write_text(text.replace("Sunday", "Saturday"))
    with Index.create(tmp_path / "index", HashingEmbedder()) as index:
        assert index.sync([news]).documents_added == 2
        generation = index.generation()
        assert (index.sync([news]).plan.unchanged, index.generation()) == (3, generation)
        assert (index.add([news]).unchanged, index.generation()) == (2, generation)
    with Index.create(tmp_path / "other", HashingEmbedder()) as index:
        index.sync([news])
        ids = {document.id for document in index.documents()}
        (news / "near.txt").rename(news / "renamed.txt")
        assert index.sync([news]).documents_added == 0
        assert {document.id for document in index.documents()} == ids
        (news / "renamed.txt").unlink()
        assert index.sync([news]).documents_removed == 1
        assert not any("Saturday" in hit.text for hit in index.search("observatory Saturday"))


# Vectors and numbers of results

DIMENSION = 8


@cache
def rows() -> np.ndarray:
    made = np.random.default_rng(0).normal(size=(3000, DIMENSION)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def of_kind(kind: str, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    monkeypatch.setattr(faiss, "APPROXIMATE_FROM", 2000)
    count = 3000 if kind == "approximate" else 1500
    index: VectorIndex = ExactVectors(DIMENSION) if kind == "reference" else faiss.FaissVectors(DIMENSION)
    index.add(np.arange(count, dtype=np.int64) * 7, rows()[:count])
    return index


@pytest.mark.parametrize("kind", ["reference", "exact", "approximate"])
@pytest.mark.parametrize("vector", ["ordinary", "zeros", "nan", "some-nan"])
def test_c12_no_question_and_no_k_gives_an_id_that_is_none(
    kind: str, vector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = of_kind(kind, monkeypatch)
    known = set(range(0, len(index) * 7, 7))
    question = {
        "ordinary": rows()[0] + np.float32(0.01), "zeros": np.zeros(DIMENSION), "nan": np.full(DIMENSION, np.nan),
        "some-nan": np.array([np.nan, *rows()[0][1:]]),
    }[vector].astype(np.float32)  # fmt: skip
    for k in (-1, 0, 1, len(index), len(index) + 1, 10**6):
        for allowed in (None, np.array([0, 7, 14], dtype=np.int64), np.array([10**9], dtype=np.int64)):
            ids, similarities = index.search(question, k, allowed)
            assert len(ids) == len(set(ids.tolist())) == len(similarities) <= max(k, 0)
            assert set(ids.tolist()) <= (known if allowed is None else known & set(allowed.tolist()))
    if vector == "ordinary":
        assert len(index.search(question, 10**6)[0]) == len(index)


@pytest.mark.parametrize("k", [-(2**70), -1, 0, 1, 3, 4, 5, 10**9, 2**63, 2**70])
def test_c12_any_k_gives_what_there_is(index: Index, k: int) -> None:
    hits = index.search("north pier ferry ice council", k)
    assert len(hits) == max(0, min(k, 4))
    assert {hit.document.key for hit in hits} <= {"pier", "ice", "ferry", "vote"}


def test_c12_an_empty_index_gives_nothing(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", HashingEmbedder()) as empty:
        assert empty.search("north pier", 10) == []


def test_c12_a_passage_vector_that_is_not_finite_is_never_stored(index: Index) -> None:
    class Lost(HashingEmbedder):
        def embed_passages(self, texts):  # type: ignore[no-untyped-def]
            return np.full_like(super().embed_passages(texts), np.nan)

    with Index.open(index.path, Lost()) as lost, pytest.raises(ModelError, match="not finite for a passage"):
        lost.add_documents([Document("Some words.")])
    assert (index.info().documents, check(index.path)) == (4, [])
