"""Inputs that are meant to break an index, each beside a good file: it alone is refused, by name and reason."""

from __future__ import annotations

import io
import json
import os
import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pypdf
import pytest
from files import html, page_of, pdf

from index.display import isolated, printable
from index.embedders.hashing import HashingEmbedder
from index.errors import InputError, ParserFailed
from index.loaders import Limits, Skipped, discover, load
from index.loaders.files import _stable, read_bytes
from index.reports import AddReport
from index.search import PASSAGE_TOKENS, Index
from index.tokens import count_tokens

GOOD = "Keeper Ansel lit the lamp of the good lighthouse on Friday."
NOISE = bytes((n * n * 31 + n // 7) % 256 for n in range(5000))
PIER = "The pier is closed until June."


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        yield made


def added(index: Index, files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, str]]:
    """The texts by file name, and the reasons by the names of what was skipped; a good file is always among them."""
    inbox = index.path.parent / "inbox"
    inbox.mkdir()
    for name, data in files.items():
        (inbox / name).write_bytes(data)
    (inbox / "zz-good.txt").write_text(GOOD)
    report = index.add([inbox])
    texts = {Path(document.source).name: document.text for document in index.documents()}
    assert texts.pop("zz-good.txt") == GOOD
    return texts, reasons(report)


def reasons(report: AddReport) -> dict[str, str]:
    return {Path(skipped.path).name: skipped.reason for skipped in report.skipped}


def test_a1_random_bytes_named_as_text(empty: Index) -> None:
    texts, refused = added(empty, {"noise.txt": NOISE})
    assert not texts
    assert refused["noise.txt"].startswith("noise.txt is not text (")


def test_a2_names_that_lie(empty: Index) -> None:
    texts, refused = added(empty, {"noise.pdf": NOISE, "empty.txt": b"", "report.docx": pdf([[PIER]])})
    assert texts == {"report.docx": PIER}
    assert refused["noise.pdf"].startswith("noise.pdf is not text (")
    assert refused["empty.txt"].startswith("empty.txt is empty: ")
    assert len(refused) == 2


def test_a3_encodings(empty: Index) -> None:
    accents = "Le café de la gare a été fermé à l’été, dit le maire de la ville."
    texts, refused = added(
        empty,
        {
            "marked.txt": ("1 " + accents).encode("utf-16"),
            "western.txt": "The pier is closed, says René".encode("cp1252"),
            "damaged.txt": accents.encode() + b" 2\xff",
            "surrogate.json": json.dumps({"text": "The quay \ud800 is open."}).encode(),
        },
    )
    assert not refused
    assert texts == {
        "marked.txt": "1 " + accents,
        "western.txt": "The pier is closed, says René",
        "damaged.txt": accents + " 2�",
        "surrogate.json": "The quay � is open.",
    }
    report = empty.add([empty.path.parent / "inbox"])
    assert [note for note in report.warnings if "damaged.txt: 1 sequences" in note]
    assert json.dumps(texts).encode()


def test_a4_nul_characters(empty: Index) -> None:
    texts, refused = added(empty, {"nul.txt": b"The pier\x00 closed on Monday. It opens again in June."})
    assert (texts, refused) == ({"nul.txt": "The pier� closed on Monday. It opens again in June."}, {})
    assert empty.search("opens again in June")[0].text.endswith("June.")


def test_a5_characters_that_mislead(empty: Index) -> None:
    composed = "The café of Åland opened again."
    split = unicodedata.normalize("NFD", "Another café of Åland closed.")
    name = "evil\u202etxt.exe\u200b.txt"
    turned, shown = "The \u202eyrref\u202c sailed at no\u200bon.", "The ferry sailed at no\u200bon."
    texts, refused = added(
        empty,
        {
            "composed.txt": composed.encode(),
            "split.txt": split.encode(),
            name: "שלום עולם.".encode(),
            "turned.txt": turned.encode(),
        },
    )
    assert not refused
    assert texts == {"composed.txt": composed, "split.txt": split, name: "שלום עולם.", "turned.txt": shown}
    assert "\u202e" not in printable(name)
    for hit in empty.search("Åland", k=4)[:2]:
        assert hit.text == hit.document.text[hit.passage.start : hit.passage.end]
    hit = empty.search("sailed", k=1)[0]
    assert (hit.text, isolated(hit.text)) == (shown, f"<bdi>{shown}</bdi>")


def test_a6_nothing_to_index(empty: Index, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    assert reasons(empty.add([tmp_path / "inbox"])) == {"inbox": "the folder holds no files"}
    for n in range(3):
        (tmp_path / "inbox" / f"{n}.txt").touch()
    report = empty.add([tmp_path / "inbox"])
    assert [skipped.reason.partition(":")[0] for skipped in report.skipped] == [f"{n}.txt is empty" for n in range(3)]
    assert (empty.info().documents, empty.info().passages, empty.search("pier")) == (0, 0, [])


def test_a7_very_large_files(empty: Index) -> None:
    inbox = empty.path.parent / "sparse"
    inbox.mkdir()
    with (inbox / "large.txt").open("wb") as file:
        file.truncate(2 * 1024**3)
    assert "2,147,483,648 bytes and the limit max_file_bytes is 67,108,864" in reasons(empty.add([inbox]))["large.txt"]
    texts, refused = added(empty, {"line.txt": b"word " * 10_000_000})
    assert not texts
    assert "49,999,999 characters and the limit max_characters is 10,000,000" in refused["line.txt"]


def test_a8_very_many_and_very_deep(tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    (many / "0-0").write_text(PIER)
    # Links to one file: as many names, at less cost.
    for n in range(1, 30_000):
        os.link(many / "0-0", many / f"{n}")
    os.mkfifo(many / "pipe")
    (many / "loop").symlink_to(many)
    found = list(discover([many]))
    assert sum(isinstance(path, Path) for path in found) == 30_000
    assert {Path(path.path).name: path.reason for path in found if isinstance(path, Skipped)} == {
        "pipe": "is a named pipe, not a file",
        "loop": "is a link to a folder that is read already",
    }


def test_a8_folders_without_end(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    (tmp_path / "z.txt").write_text(PIER)
    # More than a path of 4,096 bytes can name; more are no different, and slow to remove.
    for _ in range(3_000):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    try:
        found = list(discover([tmp_path], without=tmp_path / "index"))
    finally:
        # The standard library's way of removing folders calls itself for each level.
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
    assert [path for path in found if isinstance(path, Path)] == [tmp_path / "z.txt"]
    assert [path.reason for path in found if isinstance(path, Skipped)] == ["file name too long"]


class Written(io.FileIO):
    """A file to which somebody appends while it is read."""

    def __init__(self, path: Path, times: list[int]) -> None:
        super().__init__(path)
        self._path, self._times = path, times

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._times[0]:
            self._times[0] -= 1
            with self._path.open("a") as file:
                file.write(" More.")
        return data


@pytest.mark.parametrize(("times", "expected"), [(0, PIER), (1, f"{PIER} More."), (2, None)])
def test_a9_a_file_that_changes_while_it_is_read(times: int, expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PIER)
    left = [times]

    def opened() -> BinaryIO:
        return Written(tmp_path / "a.txt", left)  # type: ignore[return-value]

    data, _ = _stable(opened, 10_000)
    assert data == (expected.encode() if expected else None)


def test_a9_a_file_that_is_always_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("wb") as file:
        file.truncate(60 * 1024 * 1024)
    script = "while True: open(__import__('sys').argv[1], 'r+b').write(b'x')"
    with subprocess.Popen(["python3", "-c", script, path]) as writer:
        try:
            while path.read_bytes()[:1] != b"x":
                pass
            with pytest.raises(InputError, match=r"log\.txt changed while it was being read, twice: add it when it is"):
                read_bytes(path, Limits())
        finally:
            writer.kill()


def test_a9_a_file_that_vanishes(empty: Index, tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert reasons(empty.add([tmp_path / "gone.txt"])) == {
        "gone.txt": "there is no such file or folder: check the path"
    }


def test_a12_pdfs_that_ask_for_much(empty: Index) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    stream = page_of(b" " * 480_000_000)
    assert len(stream) < 800_000
    texts, refused = added(
        empty,
        {
            "stream.pdf": stream,
            "operators.pdf": page_of(b"BT /F1 11 Tf " + b"(a) Tj " * 2_000_000 + b"ET"),
            "cycle.pdf": pdf([[PIER]]).replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"),
            "locked.pdf": locked.getvalue(),
            "pages.pdf": pdf([["Word."]] * 10_000),
            "scan.pdf": pdf([[], []]),
        },
    )
    assert not texts
    wanted = {
        "stream.pdf": "Limit reached while decompressing",
        "operators.pdf": "Reached maximum number of tokens per stream",
        "cycle.pdf": "cycle.pdf cannot be read as a PDF",
        "locked.pdf": "is encrypted: save a copy without a password",
        "pages.pdf": "10,000 pages and the limit max_pages is 5,000",
        "scan.pdf": "no text layer (2 pages",
    }
    assert {name for name, part in wanted.items() if part in refused[name]} == wanted.keys() == refused.keys()


def test_a14_tables_and_records_that_ask_for_much(empty: Index) -> None:
    lines = [json.dumps({"text": PIER}), '{"text": broken}', json.dumps({"text": "The quay is open."})]
    columns = 1_000_000
    texts, refused = added(
        empty,
        {
            "columns.csv": (",".join(["text"] * columns) + "\n" + ",".join("1" * columns)).encode(),
            "cell.csv": b"id,text\n1," + b"word " * 2_100_000 + b"\n",
            "formula.csv": b'id,text\n1,"=HYPERLINK(""http://a.example"")"\n',
            "deep.json": b"[" * 100_000 + b"]" * 100_000,
            "lines.jsonl": "\n".join(lines).encode(),
        },
    )
    assert texts == {"formula.csv": '=HYPERLINK("http://a.example")', "lines.jsonl": "The quay is open."}
    assert "1,000,000 columns and the limit max_columns is 1,000" in refused["columns.csv"]
    assert "field larger than field limit (10000000)" in refused["cell.csv"]
    assert "nested too deep" in refused["deep.json"]
    (note,) = [note for note in empty.add([empty.path.parent / "inbox"]).warnings if "lines.jsonl" in note]
    assert "lines.jsonl: line 2: not JSON" in note


def test_a15_pages_that_ask_for_much(empty: Index) -> None:
    texts, refused = added(
        empty,
        {
            "nested.html": ("<div>" * 100_000 + "The nested pier." + "</div>" * 100_000).encode(),
            "attributes.html": ("<p " + " ".join(f"a{n}=1" for n in range(300_000)) + ">The pier.</p>").encode(),
            "binary.html": html() + NOISE * 20,
        },
    )
    assert texts["attributes.html"] == "The pier."
    assert texts["nested.html"] == "The nested pier."
    assert refused["binary.html"].startswith("binary.html is not text (")
    path = empty.path.parent / "paragraphs.html"
    path.write_text("<html><body>" + "<p>The pier.</p>" * 200_000)
    with pytest.raises(ParserFailed, match=r"^paragraphs\.html took longer than 0\.5 s to read and was stopped"):
        load(path, limits=Limits(max_parse_seconds=0.5))


def test_a16_megabytes_without_a_space_or_a_full_stop(empty: Index) -> None:
    texts, refused = added(empty, {"letters.txt": b"x" * 2_500_000, "words.txt": b"harbour " * 310_000})
    assert not refused
    assert {name: len(text) for name, text in texts.items()} == {"letters.txt": 2_500_000, "words.txt": 2_479_999}
    documents = {document.id: document for document in empty.documents()}
    hits = empty.search("harbour", k=200)
    assert len(hits) > 100
    for hit in hits:
        assert count_tokens(hit.passage.span.of(documents[hit.passage.document].text)) <= PASSAGE_TOKENS
