"""What every loader promises, run over the registry; and how paths become files."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from files import AUTHOR, CARRIES, OUTLET, PARAGRAPHS, TITLE, URL, story, suffix_of

from index.embedders.hashing import HashingEmbedder
from index.errors import InputError, TooLarge
from index.loaders import LOADERS, Limits, Skipped, discover, load
from index.loaders.base import Content
from index.loaders.detect import recognise
from index.plugins import resolve
from index.search import Index


@pytest.fixture(params=LOADERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(name: str, tmp_path: Path) -> Path:
    """The same story, in the format of the loader."""
    path = tmp_path / f"bridge{suffix_of(name)}"
    path.write_bytes(story(name))
    return path


def test_every_loader_has_a_sample() -> None:
    assert CARRIES.keys() == LOADERS.keys()


def test_the_text_is_all_there_and_nothing_else(file: Path) -> None:
    (article,) = load(file).documents
    body = " ".join(block.span.of(article.text) for block in article.blocks if block.role == "body")
    assert " ".join((body or article.text).split()) == " ".join(PARAGRAPHS)


def test_metadata_that_the_format_can_carry(name: str, file: Path) -> None:
    (article,) = load(file, collection="bridges").documents
    assert (article.title, article.title_derived) == (TITLE, False)
    assert (article.authors, article.published) == ((AUTHOR,), date(2025, 5, 3))
    stated = {"outlet": OUTLET, "url": URL, "language": "en"}
    found = {"outlet": article.outlet, "url": article.url, "language": article.language}
    assert {key: found[key] for key in CARRIES[name]} == {key: stated[key] for key in CARRIES[name]}
    assert (article.source, article.collection, article.kind) == (str(file), "bridges", "article")


def test_blocks_lie_in_the_text_in_order(file: Path) -> None:
    for document in load(file).documents:
        places = [place for block in document.blocks for place in (block.start, block.end)]
        assert places == sorted(places)
        assert not places or places[-1] <= len(document.text)


def recognised(file_name: str, data: bytes) -> str:
    chosen = recognise(Content(file_name, data), LOADERS)
    return next(name for name in LOADERS if resolve(LOADERS, name, what="loader") is type(chosen))


def test_each_loader_recognises_its_own(name: str) -> None:
    assert recognised(f"story{suffix_of(name)}", story(name)) == name


@pytest.mark.parametrize("suffix", ["", ".bin", ".dat"])
@pytest.mark.parametrize("name", ["pdf", "docx", "html", "json", "csv", "text"], indirect=True)
def test_content_decides_under_a_name_that_says_nothing(name: str, suffix: str) -> None:
    assert recognised(f"story{suffix}", story(name)) == name


def test_two_lines_of_json_are_json_lines_under_any_name() -> None:
    assert recognised("story", story("jsonl") * 2) == "jsonl"


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", ".json", ".html"])
@pytest.mark.parametrize("binary", ["pdf", "docx"])
def test_a_false_extension_misleads_nobody(binary: str, suffix: str) -> None:
    assert recognised(f"story{suffix}", story(binary)) == binary


@pytest.mark.parametrize("name", ["html", "json", "csv", "jsonl"], indirect=True)
def test_markup_under_the_name_of_a_text_is_still_what_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_bytes(story(name) * (2 if name == "jsonl" else 1))
    article = load(tmp_path / "story.txt").documents[0]
    assert article.title == TITLE
    assert "{" not in article.text
    assert "<p>" not in article.text


def test_reading_twice_gives_the_same_ids(file: Path) -> None:
    assert [d.id for d in load(file).documents] == [d.id for d in load(file).documents]


def test_limits_are_named(file: Path) -> None:
    with pytest.raises(TooLarge, match="max_file_bytes"):
        load(file, limits=Limits(max_file_bytes=50))
    with pytest.raises(InputError, match=r"max_characters|field limit"):
        load(file, limits=Limits(max_characters=40))


# Paths


def found(*paths: Path) -> list[str]:
    return [f"{p.path.rsplit('/', 1)[-1]}: {p.reason}" if isinstance(p, Skipped) else p.name for p in discover(paths)]


def test_folders_are_walked_in_order_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", ".hidden", "c/d.txt", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert found(tmp_path) == ["a.txt", "b.txt", "d.txt"]
    assert found(tmp_path / "b.txt", tmp_path / "a.txt") == ["b.txt", "a.txt"]


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    os.mkfifo(tmp_path / "mixed" / "pipe")
    (tmp_path / "mixed" / "gone").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path / "empty") == ["empty: the folder holds no files"]
    assert found(tmp_path / "nothing") == ["nothing: there is no such file or folder: check the path"]
    assert found(tmp_path / "mixed") == ["gone: is a link to nothing", "pipe: is a named pipe, not a file"]


def test_an_index_does_not_read_itself(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(story("text"))
    with Index.create(tmp_path / "data" / "index", HashingEmbedder()) as index:
        report = index.add([tmp_path])
        assert (len(report.added), report.skipped) == (1, ())
        assert index.add([tmp_path]).unchanged == 1


def test_a_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert found(tmp_path) == ["a.txt", "loop: is a link to a folder that is read already"]


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_bytes(story("text"))
    (article,) = load(path).documents
    assert article.source.endswith("caf�.txt")


def test_a_pipe_given_by_name_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="named pipe"):
        load(tmp_path / "pipe")
