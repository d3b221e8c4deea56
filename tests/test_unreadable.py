"""Files that cannot be read: noted by the look that found them so, and forgotten by the next that does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from index.catalog.catalog import Catalog
from index.catalog.unreadable import LISTED, Look
from index.embedders.hashing import HashingEmbedder
from index.loaders import Skipped
from index.search import Index
from ui.cli import app

STORY = "The lamp of the Castell lighthouse was lit again on Friday after eleven years."
FACTS = {"embedder": "hashing", "dimension": "8", "chunker": "1", "budget": "160"}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a story, and two files that are none: one of them below a folder."""
    news = tmp_path / "news"
    (news / "old").mkdir(parents=True)
    (news / "story.txt").write_text(STORY)
    (news / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (news / "old" / "empty.txt").touch()
    return news


def noted(index: Index) -> dict[str, str]:
    """The reasons by the names of the files."""
    found = index._engine.catalog.unreadable()
    assert found.files == len(found.listed)
    return {Path(file.path).name: file.reason for file in found.listed}


def catalog_in(folder: Path) -> Catalog:
    return Catalog(folder / "catalog.sqlite", create=FACTS)


def look(root: str, *names: str, collection: str = "default") -> Look:
    return Look(collection, {root: [Skipped(f"{root}/{name}", "is empty") for name in names]})


@pytest.mark.parametrize("way", ["add", "sync"])
def test_a_look_notes_what_it_cannot_read_with_the_reason(empty: Index, folder: Path, way: str) -> None:
    getattr(empty, way)([folder])
    reasons = noted(empty)
    assert reasons.keys() == {"broken.pdf", "empty.txt"}
    assert "PDF" in reasons["broken.pdf"]
    assert "is empty" in reasons["empty.txt"]
    paths = {file.path for file in empty._engine.catalog.unreadable().listed}
    assert paths == {str(folder.resolve() / "broken.pdf"), str(folder.resolve() / "old" / "empty.txt")}


@pytest.mark.parametrize("way", ["add", "sync"])
def test_a_file_that_is_read_later_is_forgotten(empty: Index, folder: Path, way: str) -> None:
    getattr(empty, way)([folder])
    (folder / "broken.pdf").write_text("The ferry sails again, its master said.")
    getattr(empty, way)([folder])
    assert noted(empty).keys() == {"empty.txt"}


def test_a_file_that_is_read_on_its_own_is_forgotten(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    (folder / "old" / "empty.txt").write_text("The ferry sails again, its master said.")
    empty.add([folder / "old" / "empty.txt"])
    assert noted(empty).keys() == {"broken.pdf"}


@pytest.mark.parametrize("first", ["add", "sync"])
@pytest.mark.parametrize("then", ["add", "sync"])
def test_a_file_that_is_gone_is_forgotten_when_its_folder_is_looked_at_again(
    empty: Index, folder: Path, first: str, then: str
) -> None:
    getattr(empty, first)([folder])
    (folder / "broken.pdf").unlink()
    assert noted(empty).keys() == {"broken.pdf", "empty.txt"}
    getattr(empty, then)([folder])
    assert noted(empty).keys() == {"empty.txt"}


def test_a_look_at_a_part_leaves_the_rest_as_it_was(empty: Index, folder: Path) -> None:
    empty.add([folder])
    (folder / "old" / "empty.txt").unlink()
    (folder / "old" / "note.txt").write_text("A short note on the tides.")
    empty.add([folder / "old"])
    assert noted(empty).keys() == {"broken.pdf"}


def test_a_neighbour_whose_name_begins_alike_is_left_alone(empty: Index, folder: Path) -> None:
    twin = folder.with_name("news-2")
    twin.mkdir()
    (twin / "hollow.txt").touch()
    empty.add([folder, twin])
    for file in (folder / "broken.pdf", folder / "old" / "empty.txt"):
        file.unlink()
    empty.add([folder])
    assert noted(empty).keys() == {"hollow.txt"}


def test_folders_that_are_synced_together_are_noted_each(empty: Index, folder: Path) -> None:
    twin = folder.with_name("news-2")
    twin.mkdir()
    (twin / "hollow.txt").touch()
    empty.sync([folder, twin])
    assert noted(empty).keys() == {"broken.pdf", "empty.txt", "hollow.txt"}
    (twin / "hollow.txt").unlink()
    empty.sync([twin], allow_empty=True)
    assert noted(empty).keys() == {"broken.pdf", "empty.txt"}


def test_relative_paths_and_links_lead_to_the_same_note(
    empty: Index, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(folder)
    empty.sync([folder])
    before = noted(empty)
    monkeypatch.chdir(tmp_path)
    empty.add([Path("link"), Path("news/../news")])
    monkeypatch.chdir(folder)
    empty.add([Path()])
    assert noted(empty) == before
    assert empty._engine.catalog.unreadable().files == 2


def test_what_is_not_there_is_not_called_unreadable_and_is_forgotten(empty: Index, folder: Path) -> None:
    (folder / "bare").mkdir()
    empty.add([folder / "broken.pdf", folder / "bare", folder / "never.txt"])
    assert noted(empty).keys() == {"broken.pdf"}
    (folder / "broken.pdf").unlink()
    empty.add([folder / "broken.pdf"])
    assert noted(empty) == {}


def test_a_path_that_leads_nowhere_stops_no_one(empty: Index, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    report = empty.add([tmp_path / "a", Path("a\0b"), Path(os.fsdecode(b"caf\xe9"))])
    assert len(report.skipped) == 3
    assert "a" in noted(empty)


def test_a_name_that_is_no_text_is_noted(empty: Index, folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9.txt")).touch()
    for way in ("add", "sync"):
        getattr(empty, way)([folder])
        assert "caf\N{REPLACEMENT CHARACTER}.txt" in noted(empty)


def test_collections_are_noted_apart(empty: Index, folder: Path) -> None:
    empty.sync([folder])
    empty.sync([folder], collection="other")
    assert [file.collection for file in empty._engine.catalog.unreadable().listed] == ["default", "other"] * 2


def test_neither_a_dry_run_nor_an_undo_changes_what_is_noted(empty: Index, folder: Path) -> None:
    empty.sync([folder], dry_run=True)
    assert noted(empty) == {}
    empty.sync([folder])
    before = noted(empty)
    empty.undo()
    assert noted(empty) == before


def test_a_look_that_only_skips_makes_no_generation(empty: Index, folder: Path) -> None:
    (folder / "story.txt").unlink()
    generation = empty.generation()
    empty.sync([folder])
    assert (empty.generation(), len(noted(empty))) == (generation, 2)


def test_removing_the_path_forgets_it(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "default"

    def dateline(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--index", str(index)])
        return done.exit_code, done.stdout

    assert dateline("index", "add", str(folder))[0] == 1
    assert "unreadable   2 files" in dateline("index", "info")[1]
    assert dateline("index", "remove", str(folder / "broken.pdf")) == (
        0,
        "removed 0 documents; 1 unreadable file forgotten\n",
    )
    assert dateline("index", "remove", str(folder / "broken.pdf"))[0] == 3
    _, shown = dateline("index", "info")
    assert "unreadable   1 file\n" in shown
    assert str(folder.resolve() / "old" / "empty.txt") in shown


# Bounds


def test_a_million_unreadable_files_leave_a_list_and_a_count(tmp_path: Path, within_seconds: None) -> None:
    catalog = catalog_in(tmp_path)
    size = catalog.path.stat().st_size
    skipped = [Skipped(f"/news/{n:07}.pdf", "is broken " * 1_000) for n in range(1000)] * 1000
    catalog.note_unreadable(Look("default", {"/news": skipped}))
    found = catalog.unreadable()
    assert (found.files, len(found.listed)) == (1_000_000, LISTED)
    assert max(len(file.reason) for file in found.listed) <= 400
    catalog.note_unreadable(Look("default", {"/news": []}))
    assert catalog.unreadable().files == 0
    catalog.close()
    assert catalog.path.stat().st_size < size + 2_000_000


def test_beyond_the_list_files_are_counted_by_the_folder_of_the_look(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    catalog.note_unreadable(look("/a", *(f"{n:05}" for n in range(LISTED + 5))))
    catalog.note_unreadable(look("/b", "one", "two"))
    assert catalog.unreadable().files == LISTED + 7
    # Looked at again, with less to tell, each gives back what it took.
    catalog.note_unreadable(look("/b", "two"))
    assert catalog.unreadable().files == LISTED + 6
    catalog.note_unreadable(look("/a", "00001"))
    assert catalog.unreadable().files == 2
    catalog.close()


def test_files_that_are_named_one_by_one_take_no_more_room_than_their_folder(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    alone = {f"/a/{n:05}": [Skipped(f"/a/{n:05}", "is empty")] for n in range(LISTED + 50)}
    for _ in range(2):
        catalog.note_unreadable(Look("default", alone))
        assert catalog.unreadable().files == LISTED + 50
    assert catalog._rows("SELECT * FROM unreadable_more") == [("default", "/a", 50)]
    catalog.note_unreadable(look("/a"))
    assert catalog.unreadable().files == 0
    catalog.close()


NAMES = st.lists(st.sampled_from(["a", "b", "c/d", "c/e", "c/f/g", "c0", "c-"]), unique=True)


@given(looks=st.lists(st.tuples(st.sampled_from(["/r", "/r/c", "/r/c/f", "/r/c0", "/"]), NAMES), max_size=6))
def test_what_is_noted_is_what_the_last_look_at_each_place_said(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[str, list[str]]]
) -> None:
    catalog = catalog_in(tmp_path_factory.mktemp("looks"))
    expected: set[str] = set()
    for root, names in looks:
        catalog.note_unreadable(look(root.rstrip("/"), *names) if root != "/" else Look("default", {"/": []}))
        inside = root.rstrip("/") + "/"
        expected = {path for path in expected if path != root and not path.startswith(inside)}
        expected |= {f"{inside}{name}" for name in names} if root != "/" else set()
    assert {file.path for file in catalog.unreadable().listed} == expected
    catalog.close()
