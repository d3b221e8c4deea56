"""A commit leaves the file of vectors as it is until enough has come and gone; older indexes get their room back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from archives import altered
from earlier_formats import as_format_2
from faults import EMBEDDER

from index.catalog.access import CATALOG
from index.catalog.catalog import Catalog
from index.documents import Document, Filters
from index.embedders.hashing import HashingEmbedder
from index.engines.local import LEAST_TAIL, TAIL_SHARE, is_due
from index.errors import IndexCorrupt
from index.maintenance import backup
from index.maintenance.integrity import check
from index.search import Index

QUESTION = "who repaired the lighthouse"


def note(number: int) -> Document:
    return Document(f"Note {number}: ship {number * 7} passed the lighthouse after {number} days.", key=f"n{number}")


def notes(*numbers: int) -> list[Document]:
    return [note(number) for number in numbers]


def compacted(path: Path) -> None:
    with backup.open_for_maintenance(path) as engine:
        backup.compact(engine, path)


def dense(index: Index) -> list[str]:
    """The keys of the notes nearest to the question, by vector."""
    return [hit.document.key for hit in index.search(QUESTION, 400, copies_apart=True) if "dense" in hit.ranks]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    with Index.create(path, EMBEDDER) as index:
        index.add_documents(notes(*range(20)))
    compacted(path)
    return path


def test_a_commit_leaves_the_file_of_vectors_and_what_it_brings_is_found_by_whoever_has_it_open_or_opens_it(
    path: Path,
) -> None:
    file = path / "vectors.faiss"
    before = (file.stat().st_ino, file.read_bytes())
    with Index.open(path, EMBEDDER) as index, Index.open(path, EMBEDDER) as other:
        index.replace([note(3).id, note(4).id], notes(50, 51))
        index.replace([note(50).id], notes(52))
        expected = {f"n{number}" for number in (*range(3), *range(5, 20), 51, 52)}
        with Index.open(path, EMBEDDER) as fresh:
            for one in (index, other, fresh):
                assert set(dense(one)) == expected
                assert len(dense(one)) == len(expected)
    assert (file.stat().st_ino, file.read_bytes()) == before
    assert check(path) == []


def test_the_file_is_written_anew_when_more_than_the_share_has_come_and_gone(path: Path) -> None:
    file = path / "vectors.faiss"
    before = file.stat().st_ino
    with Index.open(path, EMBEDDER) as index:
        index.add_documents(notes(*range(100, 100 + LEAST_TAIL)))
        assert file.stat().st_ino == before
        index.remove([note(0).id])
        assert file.stat().st_ino != before
        anew = file.stat().st_ino
        index.add_documents(notes(0))
        assert file.stat().st_ino == anew
        assert len(dense(index)) == 20 + LEAST_TAIL - len(set(range(20)) & set(range(100, 100 + LEAST_TAIL)))
    assert check(path) == []
    assert is_due(10_001, 1_000_000)
    assert not is_due(int(TAIL_SHARE * 1_000_000), 1_000_000)


def test_compaction_folds_the_tail_in_and_forgets_what_went(path: Path) -> None:
    with Index.open(path, EMBEDDER) as index:
        index.replace([note(3).id], notes(50))
        before = dense(index)
    with closing(Catalog(path / CATALOG)) as catalog:
        assert catalog.removed_since(1) != []
    compacted(path)
    with closing(Catalog(path / CATALOG)) as catalog:
        seal = catalog.seal("vectors.faiss")
        assert seal is not None
        assert seal[0] == catalog.generation()
        assert catalog.removed_since(1) == []
    with Index.open(path, EMBEDDER) as index:
        assert dense(index) == before
    assert check(path) == []


def test_filters_reach_into_the_tail_and_leave_out_what_is_gone(path: Path) -> None:
    with Index.open(path, EMBEDDER) as index:
        index.add_documents([Document("The lighthouse was repaired.", outlet="Herald", key="new")])
        index.remove([note(3).id])
        assert dense_keys(index, Filters(outlets=("Herald",))) == {"new"}
        assert dense_keys(index, Filters(outlets=("",))) == {f"n{n}" for n in range(20) if n != 3}


def dense_keys(index: Index, filters: Filters) -> set[str]:
    return {hit.document.key for hit in index.search(QUESTION, 100, filters) if "dense" in hit.ranks}


def test_an_altered_vector_of_the_tail_is_an_error_and_no_answer(path: Path) -> None:
    with Index.open(path, EMBEDDER) as index:
        index.add_documents(notes(50))
    altered(path, "UPDATE vectors SET vector = (SELECT min(vector) FROM vectors) WHERE number = 21")
    with pytest.raises(IndexCorrupt, match="the embedding of passage 21 is altered"):
        Index.open(path, EMBEDDER)
    assert "table vectors is altered" in str(check(path))


# Room


def wide(path: Path) -> Path:
    """An index of a few hundred vectors of 384 numbers, as format 2 kept them."""
    with Index.create(path, HashingEmbedder()) as index:
        index.add_documents(notes(*range(300)))
    as_format_2(path)
    return path


def bytes_a_vector(path: Path) -> float:
    """What the table and its index take on the disk."""
    with closing(sqlite3.connect(path / CATALOG)) as connection:
        (pages,) = connection.execute(
            "SELECT sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) WHERE tbl_name = 'vectors'"
        ).fetchone()
        (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    return float(pages / count)


def test_an_index_of_the_second_format_is_upgraded_and_takes_less_than_half_the_room(tmp_path: Path) -> None:
    path = wide(tmp_path / "index")
    before = (path / CATALOG).stat().st_size
    wasted = bytes_a_vector(path)
    with Index.open(path, HashingEmbedder()) as index:
        assert len(dense(index)) > 0
        assert index.search("Note 77", 1)[0].document.key == "n77"
        index.remove([note(77).id])
        index.undo()
        assert index.info().documents == 300
    assert wasted > 4_000
    assert bytes_a_vector(path) < 1_000
    assert (path / CATALOG).stat().st_size < before - 300 * 3_000
    assert check(path) == []


def test_an_altered_vector_does_not_become_a_whole_one_by_the_upgrade(tmp_path: Path) -> None:
    path = wide(tmp_path / "index")
    altered(path, "UPDATE vectors SET vector = (SELECT min(vector) FROM vectors)")
    with pytest.raises(IndexCorrupt, match="its table vectors is altered"):
        Index.open(path, HashingEmbedder())
    with closing(sqlite3.connect(path / CATALOG)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == ("2",)


def test_an_upgrade_waits_for_nobody_who_reads(tmp_path: Path) -> None:
    path = wide(tmp_path / "index")
    with closing(sqlite3.connect(path / CATALOG, isolation_level=None)) as reading:
        reading.execute("BEGIN")
        assert reading.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == ("2",)
        with Index.open(path, HashingEmbedder()) as index:
            assert index.info().documents == 300
    compacted(path)
    assert bytes_a_vector(path) < 1_000


def test_half_precision_costs_a_vector_no_more_than_a_two_thousandth(path: Path) -> None:
    with Index.open(path, EMBEDDER) as index:
        numbers = index._engine.catalog.numbers_since(0)
        stored = index._engine.catalog.vectors(numbers, EMBEDDER.dimension)
        wanted = EMBEDDER.embed_passages([document.text for document in index.documents()])
    assert stored.dtype == np.float32
    assert np.abs(stored - wanted).max() <= 2**-11
