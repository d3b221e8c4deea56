"""Processes that write to one folder at once: each waits for the other, and looks again once it is its turn."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import UserDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from archives import keys

from index.atomic_files import exclusive, is_held
from index.catalog.catalog import Catalog
from index.catalog.change_set import ChangeSet
from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.engines.local import CATALOG, LOCK, LocalEngine
from index.errors import IndexExists, IndexStateError
from index.maintenance import backup
from index.maintenance.integrity import check, repair
from index.reports import AddReport
from index.search import Index

EMBEDDER = HashingEmbedder()


@contextmanager
def waiting(lock: Path, caplog: pytest.LogCaptureFixture, *works: Callable[[], Any]) -> Iterator[list[Any]]:
    """A block that holds the lock, begun once each work waits for it in a thread; then what came of them, or errors."""
    came: list[Any] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            came.append(work())
        except IndexStateError as error:
            came.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    with exclusive(lock, wait=1):
        for count, thread in enumerate(threads, start=1):
            thread.start()
            until = time.monotonic() + 20
            while caplog.text.count(f"process {os.getpid()} is writing to {lock.parent}") < count:
                assert thread.is_alive(), f"it did not wait: {came}"
                assert time.monotonic() < until, "it neither waits nor ends"
                time.sleep(0.01)
        yield came
    for thread in threads:
        thread.join()


def moved_in(made: Path, folder: Path) -> None:
    """Lay the files of an index into a folder, the catalog first, as whoever makes one does."""
    for name in (CATALOG, "vectors.faiss", "lexical"):
        shutil.move(made / name, folder / name)


# Making an index


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An index of one document, made elsewhere."""
    with Index.create(tmp_path / "made", EMBEDDER) as index:
        index.add_documents([Document("The old mill reopened on Friday.", key="mill")])
    return tmp_path / "made"


def test_an_index_that_another_process_makes_meanwhile_is_opened_and_kept(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with waiting(folder / LOCK, caplog, lambda: Index.open_or_create(folder, EMBEDDER)) as came:
        moved_in(made, folder)
    with came[0] as index:
        index.add_documents([Document("The ferry was sold on Sunday.", key="ferry")])
    assert keys(folder) == {"mill", "ferry"}
    assert check(folder) == []


def test_a_new_index_never_takes_the_place_of_one_that_came_meanwhile(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with waiting(folder / LOCK, caplog, lambda: Index.create(folder, EMBEDDER)) as came:
        moved_in(made, folder)
    assert isinstance(came[0], IndexExists)
    assert keys(folder) == {"mill"}


def test_an_index_is_not_made_where_there_is_one(made: Path) -> None:
    with pytest.raises(IndexExists, match="holds an index already: open it, or name a new or empty folder"):
        Index.create(made, EMBEDDER)
    assert keys(made) == {"mill"}


class Facts(UserDict[str, str]):
    """Facts of a catalog that note, as they are written, whether the lock beside it is held."""

    lock: Path
    held: bool

    def __getitem__(self, key: str) -> str:
        self.held = is_held(self.lock)
        return super().__getitem__(key)


def test_the_catalog_is_made_under_the_lock_so_that_nobody_clears_it_away_as_left_over(tmp_path: Path) -> None:
    facts = Facts(embedder=EMBEDDER.name, dimension=str(EMBEDDER.dimension), chunker="1", budget="160")
    facts.lock, facts.held = tmp_path / LOCK, False
    LocalEngine(tmp_path, create=facts).close()
    assert facts.held
    assert not is_held(facts.lock)


def test_what_an_interrupted_making_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("1")
    (tmp_path / f".{CATALOG}.{os.getpid()}").write_bytes(b"half of a catalog")
    Index.create(tmp_path, EMBEDDER).close()
    assert check(tmp_path) == []


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / LOCK).symlink_to(tmp_path / "letters.txt")
    with pytest.raises(IndexStateError, match="not empty"):
        Index.create(tmp_path / "new", EMBEDDER)
    assert (tmp_path / "letters.txt").read_text() == "mine"


# Checking and mending


def behind(index: Index) -> None:
    """Leave an index as a writer has it between its change of the catalog and that of the derived files."""
    article = next(document for document in index.documents() if document.key == "ice")
    index.close()
    with closing(Catalog(index.path / CATALOG)) as catalog:
        catalog.commit(ChangeSet(removed=[article.id]))


def test_check_does_not_report_what_a_writer_has_still_to_do(index: Index) -> None:
    behind(index)
    with exclusive(index.path / LOCK, wait=1):
        assert check(index.path) == []
        # A derived file is put in place first and sealed then.
        (index.path / "vectors.faiss").write_bytes(b"newer")
        assert check(index.path) == []
    assert [problem.where for problem in check(index.path)] == ["lexical", "vectors.faiss"]


def test_check_reports_damage_that_no_writer_is_about_to_mend(index: Index) -> None:
    index.close()
    with backup.open_for_maintenance(index.path) as engine:
        backup.compact(engine, index.path)
    (index.path / "vectors.faiss").write_bytes(b"damaged")
    with exclusive(index.path / LOCK, wait=1):
        assert [problem.where for problem in check(index.path)] == ["vectors.faiss"]


def test_repair_waits_for_a_writer_and_then_finds_its_work_whole(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    behind(index)
    with waiting(index.path / LOCK, caplog, lambda: repair(index.path)) as came:
        assert (index.path / "vectors.faiss").exists()
        assert (index.path / "lexical").exists()
        LocalEngine(index.path, locked=True).close()
    assert came == [[]]
    assert check(index.path) == []
    assert keys(index.path) == {"pier", "ferry", "vote"}


def test_repair_brings_up_to_date_what_a_dead_writer_left_behind(index: Index) -> None:
    behind(index)
    (index.path / ".vectors.faiss.1").write_bytes(b"half of a file")
    assert repair(index.path) == [
        "made lexical anew from the catalog",
        "removed the unfinished file .vectors.faiss.1",
    ]
    assert check(index.path) == []


# Adding files


def test_of_two_that_add_a_changed_file_at_once_the_second_replaces_what_the_first_added(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "harbour.txt"
    file.write_text("The harbour was dredged in May.")
    with Index.create(tmp_path / "index", EMBEDDER) as one, Index.open(tmp_path / "index", EMBEDDER) as other:
        one.add([file])

        def change(index: Index, month: str) -> AddReport:
            file.write_text(f"The harbour was dredged in {month}.")
            return index.add([file])

        with waiting(one.path / LOCK, caplog, lambda: change(one, "June"), lambda: change(other, "July")) as came:
            pass
        assert [report.replaced for report in came] == [1, 1]
        assert len(list(one.documents())) == 1
