"""Folders mirrored into the index: what a sync sees, what it does in one step, and how it is taken back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from index.embedders.hashing import HashingEmbedder
from index.errors import IndexStateError, InputError
from index.search import Index


class Counting(HashingEmbedder):
    """Counts the texts that it was given."""

    embedded = 0

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        self.embedded += len(texts)
        return super().embed_passages(texts)


def story(name: str) -> str:
    return f"The {name} committee met on Monday in the old town hall. It will decide on the {name} in May.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files, last changed an hour ago."""
    made = tmp_path / "news"
    (made / "deep").mkdir(parents=True)
    for name in ("bridge", "harbour", "deep/school"):
        write(made / f"{name}.txt", story(name))
    return made


def write(path: Path, text: str, age: float = 3600.0) -> None:
    path.write_text(text, "utf-8")
    then = time.time() - age
    os.utime(path, (then, then))


@pytest.fixture
def empty(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Index.create(tmp_path / "index", Counting()) as made:
        yield made


def texts(index: Index) -> list[str]:
    return sorted(document.text for document in index.documents())


def names(paths) -> list[str]:  # type: ignore[no-untyped-def]
    return [Path(path).name for path in paths]


def test_a_sync_mirrors_the_folder_and_a_second_one_does_nothing(empty: Index, folder: Path) -> None:
    plan = empty.sync([folder]).plan
    assert names(plan.added) == ["bridge.txt", "harbour.txt", "school.txt"]
    assert empty.info().documents == 3
    again = empty.sync([folder])
    assert (again.plan.unchanged, again.plan.added, again.generation) == (3, (), 1)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(empty: Index, folder: Path) -> None:
    report = empty.sync([folder], dry_run=True)
    assert (len(report.plan.added), report.documents_added) == (3, 3)
    assert (empty.generation(), empty.info().documents) == (0, 0)


def test_every_kind_of_change_is_told_apart_and_done_in_one_generation(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    write(folder / "bridge.txt", story("bridge") + "It will cost nothing at all, the mayor said.\n")
    (folder / "harbour.txt").rename(folder / "port.txt")
    (folder / "deep" / "school.txt").unlink()
    write(folder / "ferry.txt", story("ferry"))
    (folder / "noise.txt").write_bytes(bytes(range(256)) * 20)
    report = empty.sync([folder])
    plan = report.plan
    assert names(plan.changed) == ["bridge.txt"]
    assert [(Path(m.before).name, Path(m.after).name) for m in plan.moved] == [("harbour.txt", "port.txt")]
    assert names(plan.removed) == ["school.txt"]
    assert names(plan.added) == ["ferry.txt"]
    assert [Path(skipped.path).name for skipped in plan.unreadable] == ["noise.txt"]
    assert report.generation == 2
    assert {Path(document.source).name for document in empty.documents()} == {"bridge.txt", "port.txt", "ferry.txt"}


def test_a_change_that_keeps_size_and_time_within_the_tick_of_the_clock_is_seen(empty: Index, folder: Path) -> None:
    write(folder / "bridge.txt", story("bridge"), age=0)
    status = (folder / "bridge.txt").stat()
    empty.sync([folder])
    (folder / "bridge.txt").write_text(story("brigde"), "utf-8")
    os.utime(folder / "bridge.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert names(empty.sync([folder]).plan.changed) == ["bridge.txt"]


def test_what_was_added_on_its_own_is_never_removed(empty: Index, folder: Path) -> None:
    empty.add([folder / "bridge.txt"])
    empty.sync([folder])
    empty.add([folder / "harbour.txt"])
    for name in ("bridge", "harbour", "deep/school"):
        (folder / f"{name}.txt").unlink()
    write(folder / "other.txt", story("other"))
    empty.sync([folder])
    assert texts(empty) == sorted(story(name).strip() for name in ("bridge", "harbour", "other"))


def test_a_document_stays_as_long_as_one_file_holds_it(empty: Index, folder: Path) -> None:
    write(folder / "copy.txt", story("bridge"))
    empty.sync([folder])
    assert empty.info().documents == 3
    (folder / "bridge.txt").unlink()
    assert empty.sync([folder]).documents_removed == 0
    (folder / "copy.txt").unlink()
    assert empty.sync([folder]).documents_removed == 1


def test_a_folder_that_vanished_or_lost_everything_removes_nothing(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    for file in list(folder.rglob("*.txt")):
        file.unlink()
    with pytest.raises(InputError, match="--allow-empty"):
        empty.sync([folder])
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(InputError, match="no folder"):
        empty.sync([folder])
    assert empty.info().documents == 3
    assert empty.sync([folder.with_name("elsewhere")]).documents_removed == 0


def test_a_moved_folder_takes_its_documents_along(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    before = empty.embedder.embedded  # type: ignore[attr-defined]
    folder.rename(folder.with_name("elsewhere"))
    report = empty.sync([folder.with_name("elsewhere")])
    assert (len(report.plan.moved), report.documents_added, report.documents_removed) == (3, 0, 0)
    assert empty.embedder.embedded == before  # type: ignore[attr-defined]
    (folder.with_name("elsewhere") / "bridge.txt").unlink()
    assert empty.sync([folder.with_name("elsewhere")]).documents_removed == 1


def test_a_removed_document_whose_file_is_still_there_comes_back(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    empty.remove([next(empty.documents()).id])
    assert empty.sync([folder]).documents_added == 1


def test_undo_returns_and_a_second_undo_takes_it_back(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    old = list(empty.documents())
    write(folder / "bridge.txt", "A new text about the bridge and its two towers.\n")
    (folder / "harbour.txt").rename(folder / "port.txt")
    (folder / "deep" / "school.txt").unlink()
    empty.sync([folder])
    new = list(empty.documents())
    embedded = empty.embedder.embedded  # type: ignore[attr-defined]
    assert empty.undo() == 3
    assert list(empty.documents()) == old
    assert "school" in empty.search("the school committee", 1)[0].text
    empty.undo()
    assert list(empty.documents()) == new
    assert empty.embedder.embedded == embedded  # type: ignore[attr-defined]
    empty.undo()
    assert (empty.sync([folder]).documents_removed, list(empty.documents())) != (0, old)
    assert {document.source for document in empty.documents()} == {document.source for document in new}


def test_nothing_to_undo_is_said(empty: Index) -> None:
    with pytest.raises(IndexStateError, match="nothing to undo"):
        empty.undo()


@pytest.mark.parametrize("first", ["deep", "."])
def test_a_folder_synced_alone_and_within_another_keeps_nothing_that_is_gone(
    empty: Index, folder: Path, first: str
) -> None:
    other = "." if first == "deep" else "deep"
    write(folder / "deep" / "library.txt", story("library"))
    empty.sync([folder / first])
    again = empty.sync([folder / other])
    assert again.documents_removed == 0
    assert not again.plan.changed + again.plan.moved
    (folder / "deep" / "school.txt").unlink()
    write(folder / "deep" / "library.txt", story("theatre"))
    assert empty.sync([folder / other]).documents_removed == 2
    assert texts(empty) == [story(name).strip() for name in ("bridge", "harbour", "theatre")]
