"""Links inside a folder: followed within it, and out of it only when asked."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from files import read
from typer.testing import CliRunner

from index.embedders.hashing import HashingEmbedder
from index.loaders import Skipped, discover
from index.loaders.files import LEADS_OUT
from index.search import Index
from ui.cli import app

INSIDE = "The pier of Saltmarsh was closed on Monday after cracks were found."
SECRET = "The harbour master's password is kept in this file alone."


@pytest.fixture
def empty(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A story, a link to it, and two links that lead out: to a file, and to a folder with one."""
    outside, made = tmp_path / "outside", tmp_path / "docs"
    outside.mkdir()
    (made / "deep").mkdir(parents=True)
    (outside / "secret.txt").write_text(SECRET)
    (made / "pier.txt").write_text(INSIDE)
    (made / "deep" / "same.txt").symlink_to("../pier.txt")
    (made / "x.txt").symlink_to(outside / "secret.txt")
    (made / "deep" / "out").symlink_to("../../outside")
    return made


def texts(index: Index) -> set[str]:
    return {document.text for document in index.documents()}


def found(*paths: Path, follow_links: bool = False) -> list[str]:
    return [
        f"{Path(one.path).name}: {one.reason}" if isinstance(one, Skipped) else one.name
        for one in discover(paths, follow_links=follow_links)
    ]


def test_a_link_that_leads_out_is_named_and_what_it_leads_to_is_not_read(empty: Index, folder: Path) -> None:
    report = empty.add([folder])
    assert texts(empty) == {INSIDE}
    assert {Path(skipped.path).name: skipped.reason for skipped in report.skipped} == dict.fromkeys(
        ["x.txt", "out"], LEADS_OUT
    )
    assert empty.sync([folder]).plan.unreadable == report.skipped
    assert texts(empty) == {INSIDE}


def test_it_is_followed_when_asked(empty: Index, folder: Path) -> None:
    assert empty.add([folder], follow_links=True).skipped == ()
    assert texts(empty) == {INSIDE, SECRET}


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert found(folder / "x.txt") == ["x.txt"]
    assert found(folder / "deep" / "out") == ["secret.txt"]
    inside = ["pier.txt", f"x.txt: {LEADS_OUT}", f"out: {LEADS_OUT}", "same.txt"]
    assert found(tmp_path / "link") == found(folder) == inside


def test_links_within_the_folder_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    made = tmp_path / "docs"
    (made / "a").mkdir(parents=True)
    (made / "a" / "pier.txt").write_text(INSIDE)
    (made / "again").symlink_to("a")
    (made / "a" / "up").symlink_to("..")
    (made / "round").symlink_to("round")
    seen = found(made)
    assert [name for name in seen if ": " not in name] == ["pier.txt"]
    assert sorted(name.partition(":")[0] for name in seen) == ["again", "pier.txt", "round", "up"]
    assert not [name for name in seen if LEADS_OUT in name]


def test_a_link_through_another_link_leads_where_the_last_one_does(tmp_path: Path) -> None:
    made = tmp_path / "docs"
    made.mkdir()
    (tmp_path / "docs-beside.txt").write_text(SECRET)
    (made / "hop").symlink_to(tmp_path / "docs-beside.txt")
    (made / "first").symlink_to("hop")
    assert found(made) == [f"first: {LEADS_OUT}", f"hop: {LEADS_OUT}"]


def test_a_sync_keeps_what_a_followed_link_gave_until_the_link_is_gone(empty: Index, folder: Path) -> None:
    empty.sync([folder], follow_links=True)
    assert texts(empty) == {INSIDE, SECRET}
    report = empty.sync([folder])
    assert (report.documents_removed, texts(empty)) == (0, {INSIDE, SECRET})
    assert {skipped.reason for skipped in report.plan.unreadable} == {LEADS_OUT}
    (folder / "x.txt").unlink()
    (folder / "deep" / "out").unlink()
    assert empty.sync([folder]).documents_removed == 1
    assert texts(empty) == {INSIDE}


@pytest.mark.parametrize("command", ["add", "sync"])
def test_the_commands_say_what_they_leave_out_and_how_to_take_it(
    command: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    at = [str(folder), "--index", str(tmp_path / "index")]
    told = CliRunner().invoke(app, ["index", command, *at])
    assert told.exit_code == 1
    assert f"skipped {folder / 'x.txt'}: {LEADS_OUT}" in told.stderr
    followed = CliRunner().invoke(app, ["index", command, "--follow-links", *at])
    assert (followed.exit_code, "skipped" in followed.stderr) == (0, False)


def test_a_link_in_an_archive_is_named_and_followed_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    link = zipfile.ZipInfo("x.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pier.txt", INSIDE)
        archive.writestr(link, str(tmp_path / "secret.txt"))
    loaded = read("a.zip", packed.getvalue())
    assert [document.text for document in loaded.documents] == [INSIDE]
    assert loaded.warnings == ("a.zip: x.txt is skipped: it is a link: pack what it leads to",)
