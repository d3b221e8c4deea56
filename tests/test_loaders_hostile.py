"""Small files that ask for much, and links, pipes and names that mislead: refused or read, within time."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from pathlib import Path

import pytest
from files import PARAGRAPHS, docx, page_of, pdf, read

from index.errors import InputError, MalformedInput, NotText, TooLarge
from index.loaders import Limits, Skipped, discover, load
from index.loaders.pdf import reflow

SENTENCE = "The pier is closed until June. "


pytestmark = pytest.mark.usefixtures("within_seconds")


# PDF


def test_a_stream_that_unpacks_to_too_much() -> None:
    bomb = page_of(b" " * 100_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(MalformedInput, match="cannot be read as a PDF"):
        read("a.pdf", bomb)


def test_drawing_operations_are_counted() -> None:
    with pytest.raises(TooLarge, match=r"^a\.pdf has 1,001 operations or more and the limit max_operations is 1,000"):
        read("a.pdf", page_of(b"BT /F1 11 Tf " + b"(a) Tj " * 2_000 + b"ET"), Limits(max_operations=1_000))


def test_drawings_that_draw_drawings() -> None:
    # Eight levels of ten: a hundred million operations if they were carried out.
    stream = "/X Do " * 10
    forms = [
        f"<< /Type /XObject /Subtype /Form /Resources << /XObject << /X {n + 1} 0 R >> >> /Length {len(stream)} >>\n"
        f"stream\n{stream}\nendstream"
        for n in range(6, 14)
    ]
    bomb = page_of(stream.encode(), *forms, resources="/XObject << /X 6 0 R >>")
    with pytest.raises(TooLarge, match="max_operations"):
        read("a.pdf", bomb, Limits(max_operations=10_000))


@pytest.mark.parametrize("loop", [(b"/Kids [5 0 R]", b"/Kids [2 0 R]"), (b"/Contents 4 0 R", b"/Contents 5 0 R")])
def test_objects_that_hold_themselves(loop: tuple[bytes, bytes]) -> None:
    with pytest.raises(MalformedInput, match=r"^a\.pdf "):
        read("a.pdf", pdf([[SENTENCE]]).replace(*loop))


def test_too_many_pages() -> None:
    with pytest.raises(TooLarge, match="has 3 pages and the limit max_pages is 2"):
        read("a.pdf", pdf([[SENTENCE]] * 3), Limits(max_pages=2))


@pytest.mark.parametrize("page", ["x" * 1_000_000, "word-" * 200_000, "a full line of words here\n" * 40_000])
def test_printed_lines_are_joined_in_linear_time(page: str) -> None:
    assert reflow([page]).startswith(page[:4])


# Archives


def word_file(main: str) -> bytes:
    """A Word document with another main part."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx())) as archive, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            other.writestr(name, main if name == "word/document.xml" else archive.read(name))
        other.writestr("../../escaped.txt", "This would stand outside.")
    return written.getvalue()


WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
SAID = "<w:p><w:r><w:t>The pier {}</w:t></w:r></w:p>"


def test_files_outside_of_an_archive_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Not for readers.")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    (tmp_path / "in" / "in").mkdir(parents=True)
    (tmp_path / "in" / "in" / "a.docx").write_bytes(word_file(entity + WORD.format(SAID.format("&x; is closed."))))
    (document,) = load(tmp_path / "in" / "in" / "a.docx").documents
    assert "The pier" in document.text
    assert "readers" not in document.text
    assert not (tmp_path / "escaped.txt").exists()


def test_elements_that_hold_each_other_without_end() -> None:
    with pytest.raises(MalformedInput, match=r"^a\.docx cannot be read as a \.docx file \(Excessive depth"):
        read("a.docx", word_file(WORD.format("<w:sdt>" * 50_000 + "</w:sdt>" * 50_000)))


# Pages and texts


@pytest.mark.parametrize(
    "start",
    [
        "<div " + " ".join(f"a{n}=1" for n in range(50_000)) + ">",
        f"<div title='{'x' * 2_000_000}'>",
        "<!-- x -->" * 50_000,
        "<html>" + "<p>" * 31_000,
        "<p>" + "<b><i>" * 10_000,
    ],
    ids=["attributes", "a long attribute", "comments", "elements", "depth"],
)
def test_markup_that_never_ends(start: str) -> None:
    text = read("a.html", f"{start}<p>{SENTENCE}</p>").documents[0].text
    assert text == SENTENCE.strip()


def test_too_many_elements() -> None:
    with pytest.raises(TooLarge, match="max_elements is 100"):
        read("a.html", "<p>x</p>" * 200, Limits(max_elements=100))


def test_a_line_of_many_megabytes(tmp_path: Path) -> None:
    assert len(read("a.txt", SENTENCE * 100_000).documents[0].text) == 100_000 * len(SENTENCE) - 1
    assert len(read("a.txt", "x" * 5_000_000).documents[0].text) == 5_000_000
    with pytest.raises(TooLarge, match="11,000,000 characters and the limit max_characters is 10,000,000"):
        read("a.txt", "x" * 11_000_000)
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(3 * 1024**3)
    with pytest.raises(TooLarge, match="3,221,225,472 bytes and the limit max_file_bytes is 67,108,864: split"):
        load(tmp_path / "large.txt")


def test_markdown_nested_deeper_than_its_parser_goes_is_kept() -> None:
    quotes = "> " * 500 + "The pier is closed."
    items = "".join(f"{'  ' * n}- item {n}\n" for n in range(300))
    for text, last in ((quotes, "The pier is closed."), (items, "item 299")):
        loaded = read("a.md", text)
        assert loaded.documents[0].text.endswith(last)
        assert loaded.warnings == ("a.md: nested too deep: taken as plain text",)
    shallow = read("a.md", "".join(f"{'  ' * n}- item {n}\n" for n in range(20)))
    assert (shallow.documents[0].text.count("- item"), shallow.warnings) == (20, ())


# Tables


def test_very_many_columns() -> None:
    columns = 1_000_000
    with pytest.raises(TooLarge, match="1,000,000 columns and the limit max_columns is 1,000"):
        read("a.csv", ",".join(["text"] * columns) + "\n" + ",".join("1" * columns))


def test_a_cell_of_ten_megabytes() -> None:
    assert len(read("a.csv", f"id,text\n1,{'word ' * 1_900_000}\n").documents[0].text) == 9_499_999
    loaded = read("a.csv", f"id,text\n1,{SENTENCE}\n2,{'word ' * 2_100_000}\n3,{SENTENCE}\n")
    assert [document.key for document in loaded.documents] == ["1"]
    assert "line 3: not CSV (field larger than field limit (10000000))" in loaded.warnings[0]
    assert "nothing below it was read" in loaded.warnings[0]


def test_formulas_are_words() -> None:
    loaded = read("a.csv", 'id,text\n1,"=HYPERLINK(""http://a.example"")"\n2,+1+1\n')
    assert [document.text for document in loaded.documents] == ['=HYPERLINK("http://a.example")', "+1+1"]


@pytest.mark.parametrize(
    "text", ["\u2066evil\u2069 and\u200b words.", "שלום עולם.", "e\u0301te\u0301 été.", "a" + "\u0301" * 5000]
)
def test_characters_that_confuse_the_eye_are_kept_as_they_are(text: str) -> None:
    assert read("a.txt", text).documents[0].text == text


# Paths


def reasons(path: Path) -> dict[str, str]:
    return {Path(p.path).name: p.reason for p in discover([path]) if isinstance(p, Skipped)}


def test_a8_links_in_a_circle_and_special_files(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as bound:
        old = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket may have a hundred characters
        try:
            bound.bind("socket")
        finally:
            os.chdir(old)
    assert reasons(tmp_path) == {
        "a": "too many levels of symbolic links",
        "b": "too many levels of symbolic links",
        "socket": "is a socket, not a file",
        "zero": "is a device, not a file",
    }
    with pytest.raises(InputError, match="is a device, not a file: give a file"):
        load(tmp_path / "zero")


@pytest.mark.parametrize("name", ["a\x00b", "x" * 300])
def test_names_that_no_file_can_have(name: str) -> None:
    (skipped,) = discover([Path(name)])
    assert isinstance(skipped, Skipped)
    with pytest.raises(InputError, match=r"cannot be read: .*; check the path"):
        load(Path(name))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: is a directory; check the path"):
        load(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "closed.txt").write_text(SENTENCE)
    (tmp_path / "closed.txt").chmod(0)
    if os.access(tmp_path / "closed.txt", os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(InputError, match=r"closed\.txt cannot be read: permission denied; check the path and its perm"):
        load(tmp_path / "closed.txt")


def test_folders_deeper_than_a_path_can_say(tmp_path: Path) -> None:
    old = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(25):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        Path("a.txt").write_text(PARAGRAPHS[0])
    finally:
        os.chdir(old)
    (skipped,) = discover([tmp_path])
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "file name too long"


def test_noise_of_many_megabytes() -> None:
    with pytest.raises(NotText):
        read("a.txt", bytes((n * n * 31 + n // 7) % 255 + 1 for n in range(100_000)) * 100)
