"""Files that are broken, hostile or not what they say: a clear error that names file and cure, or a warning."""

from __future__ import annotations

import io
import json
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pypdf
import pytest
from docx import Document as WordDocument
from files import PARAGRAPHS, docx, html, pdf, story, suffix_of
from hypothesis import given, settings, strategies as st

from index.documents import Document
from index.errors import EmptyInput, InputError, MalformedInput, NotText, TooLarge, UnsupportedFormat
from index.loaders import LOADERS, Content, Limits, Loaded, load
from index.loaders.detect import recognise
from index.loaders.files import discover
from index.search import Index

SUFFIXES = sorted({suffix_of(name) for name in LOADERS} | {"", ".bin"})
GARBAGE = bytes((n * n * 31 + n // 7) % 256 for n in range(5000))


def read_or_refuse(name: str, data: bytes) -> Loaded | None:
    """What is read, or nothing after an error that begins with the file's name."""
    try:
        return read(name, data)
    except InputError as error:
        message = str(error)
    assert message.startswith(f"{name} ")
    return None


def read(name: str, data: bytes, limits: Limits | None = None) -> Loaded:
    content = Content(name, data, limits or Limits())
    return recognise(content, LOADERS).load(content)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file(suffix: str) -> None:
    with pytest.raises(EmptyInput, match=rf"^a{suffix} is empty: "):
        read(f"a{suffix}", b"")


@pytest.mark.parametrize("blank", [b" \n\t\r\n ", "\ufeff".encode(), "\u200b\u00a0\n".encode(), b"\x00\x00"])
def test_a_file_without_text(blank: bytes) -> None:
    with pytest.raises((EmptyInput, NotText), match=r"^a\.txt "):
        read("a.txt", blank)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_binary_garbage_under_any_extension(suffix: str) -> None:
    with pytest.raises(NotText, match=rf"^a{suffix} is not text \(.+\): give "):
        read(f"a{suffix}", GARBAGE)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office document"),
        (b"{\\rtf1\\ansi Hello}", "RTF"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"<?xml version='1.0'?><opml><body/></opml>", "XML (opml)"),
    ],
)
def test_formats_that_are_not_read_are_called_by_name(start: bytes, what: str) -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        read("a.txt", start + bytes(100))
    assert what in str(caught.value)
    assert "what is read: pdf, docx" in str(caught.value)


STORY = "Le café de la gare a été fermé à l’été, dit le maire. Il rouvrira en février, après des réparations."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_are_told_apart(encoding: str) -> None:
    loaded = read("a.txt", STORY.encode(encoding))
    assert loaded.documents[0].text == STORY
    assert loaded.warnings == ()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text", ["Café", "The pier is closed, says René", "Le café de la gare a été fermé.", "na\xefve"]
)
def test_a_guessed_encoding_is_reported(text: str, encoding: str) -> None:
    loaded = read("a.txt", text.encode(encoding))
    assert loaded.documents[0].text == text
    assert loaded.warnings == (
        "a.txt: its encoding is not stated: cp1252 is a guess, save it as UTF-8 if it reads wrong",
    )


def test_japanese_in_its_old_encoding() -> None:
    text = "港の評議会は月曜日に北の桟橋を閉鎖した。技術者が四本の柱にひびを見つけたためである。" * 3
    assert read("a.txt", text.encode("shift_jis")).documents[0].text == text


def test_an_encoding_that_the_page_states() -> None:
    page = html().replace(b'charset="utf-8"', b'charset="windows-1251"')
    page = page.replace(PARAGRAPHS[0].encode(), "Совет закрыл северный причал, сообщил мэр города.".encode("cp1251"))
    assert "Совет закрыл северный причал" in read("a.html", page).documents[0].text


def test_damaged_characters_are_replaced_and_reported() -> None:
    data = (STORY * 3).encode()
    data = data[:100] + b"\xff\xfe" + data[100:]
    loaded = read("a.txt", data)
    assert "�" in loaded.documents[0].text
    assert loaded.warnings == ("a.txt: 2 sequences that are not valid utf-8 were replaced by U+FFFD",)


def test_a_nul_is_replaced_and_reported() -> None:
    loaded = read("a.txt", b"The pier\x00 closed on Monday. It opens again in June.")
    assert loaded.documents[0].text == "The pier� closed on Monday. It opens again in June."
    assert "1 NUL characters" in loaded.warnings[0]


@pytest.mark.parametrize("name", ["text", "markdown", "html", "csv", "jsonl"])
def test_what_decoding_lost_is_reported_for_every_format_of_text(name: str) -> None:
    loaded = read(f"a{suffix_of(name)}", story(name).replace(b"quay", b"qu\xffay").replace(b"mayor", "máyór".encode()))
    assert loaded.warnings == (f"a{suffix_of(name)}: 1 sequences that are not valid utf-8 were replaced by U+FFFD",)


def test_a_lone_surrogate_in_json_cannot_reach_the_index() -> None:
    loaded = read("a.json", json.dumps({"title": "Pier \ud800", "text": "Closed \udfff on Monday."}).encode())
    loaded.documents[0].text.encode()
    loaded.documents[0].title.encode()


@pytest.mark.parametrize(
    "url",
    ["https://e.example/\u202egpj.exe", "https://e.example/\U000e0041", "https://e.example/\ud800", "https://e.e/\na"],
)
def test_d2b_an_address_is_stored_as_it_is_written_or_not_at_all(url: str) -> None:
    plain = "https://e.example/a?b=c%20d#e"
    for written, stored in ((url, ""), (plain, plain), (f" {plain}\n", plain)):
        record = {"text": "Closed on Monday.", "url": written, "related_headlines": [{"title": "More", "url": written}]}
        assert [document.url for document in read("a.json", json.dumps(record).encode()).documents] == [stored, stored]


@pytest.mark.parametrize("name", ["pdf", "docx"])
@pytest.mark.parametrize("keep", [10, 0.3, 0.7, 0.95])
def test_a_file_cut_short(name: str, keep: float) -> None:
    data = story(name)
    loaded = read_or_refuse(f"a.{name}", data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    assert loaded is None or PARAGRAPHS[0][:40] in loaded.documents[0].text


def test_broken_json_says_where() -> None:
    with pytest.raises(MalformedInput, match=r"^a\.json is not valid JSON \(.*line 1 column"):
        read("a.json", b'{"text": "The pier is clo')


def test_json_lines_that_are_all_broken_are_no_text() -> None:
    with pytest.raises(MalformedInput, match=r"^a\.jsonl is not valid JSON"):
        read("a.jsonl", b'{"text": "The pier\n{"text": 3\n')


def test_one_bad_record_does_not_stop_the_others() -> None:
    lines = [
        b'{"text": "The pier is closed."}',
        b'{"text": broken}',
        b'"a string"',
        b'{"note": 1}',
        b'{"text": "Ice."}',
    ]
    loaded = read("a.jsonl", b"\n".join(lines))
    assert [document.text for document in loaded.documents] == ["The pier is closed.", "Ice."]
    assert [warning.split(":")[1].strip() for warning in loaded.warnings] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize("depth", [500, 100_000])
@pytest.mark.parametrize(
    ("name", "opening", "closing"),
    [("a.json", "[", "]"), ("a.json", '{"a":', "}"), ("a.html", "<div>", "</div>"), ("a.html", "<b>", "</b>"),
     ("a.md", "> ", ""), ("a.md", "[", "]")],
)  # fmt: skip
def test_deep_nesting_costs_neither_stack_nor_time(name: str, opening: str, closing: str, depth: int) -> None:
    started = time.process_time()
    with suppress(InputError):
        read(name, (opening * depth + "The pier is closed." + closing * depth).encode())
    assert time.process_time() - started < 20


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


def test_an_office_document_that_is_no_word_document() -> None:
    with pytest.raises(UnsupportedFormat, match="is an Office document that is no Word document: save it"):
        read("a.docx", archive(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}))


def test_a10_a_word_document_that_unpacks_to_too_much() -> None:
    bomb = archive(**{"word/document.xml": b"<a>" + b" " * 50_000_000 + b"</a>"})
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge, match="max_unpack_ratio is 200"):
        read("a.docx", bomb)
    with pytest.raises(TooLarge, match="max_unpacked_bytes is 1,000"):
        read("a.docx", story("docx"), Limits(max_unpacked_bytes=1000))


def test_a11_entities_of_a_word_document_are_not_expanded() -> None:
    entities = '<!DOCTYPE a [<!ENTITY a "boom">' + "".join(
        f'<!ENTITY a{n} "{"&a" + str(n - 1) * (n > 1) + ";"}{"&a" + str(n - 1) * (n > 1) + ";"}">' for n in range(1, 40)
    )
    bomb = archive(**{"word/document.xml": f"{entities}]><a>&a39;</a>".encode(), "[Content_Types].xml": b"<Types/>"})
    with pytest.raises(InputError):
        read("a.docx", bomb)


def test_a11_a_word_document_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret words")
    entities = f'<!DOCTYPE a [<!ENTITY secret SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    with zipfile.ZipFile(io.BytesIO(docx())) as file:
        members = {name: file.read(name) for name in file.namelist()}
    declaration, _, body = members["word/document.xml"].partition(b"?>")
    body = body.replace(b"Saltmarsh voted", b"Saltmarsh &secret; voted")
    members["word/document.xml"] = declaration + b"?>" + entities.encode() + body
    text = read("a.docx", archive(**members)).documents[0].text
    assert "secret words" not in text
    assert "on Monday to build a bridge" in text


def test_an_encrypted_pdf() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    with pytest.raises(MalformedInput, match="is encrypted: save a copy without a password"):
        read("a.pdf", written.getvalue())


def test_pages_without_a_text_layer() -> None:
    with pytest.raises(MalformedInput, match=r"no text layer \(2 pages, perhaps scans\): run text recognition"):
        read("a.pdf", pdf([[], []]))
    loaded = read("a.pdf", pdf([["The pier is closed until June."], []]))
    assert loaded.warnings == ("a.pdf: 1 of 2 pages have no text layer",)


def test_a_word_document_without_text() -> None:
    with pytest.raises(MalformedInput, match="holds no text"):
        read("a.docx", docx(WordDocument()))


def test_a_page_that_shows_nothing() -> None:
    with pytest.raises(MalformedInput, match="shows no text"):
        read("a.html", b"<html><head><title>x</title></head><body><script>go()</script></body></html>")


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert('Not for readers.')</script>",
        "<style>p { content: 'Not for readers.' }</style>",
        "<template><p>Not for readers.</p></template>",
        "<p hidden>Not for readers.</p>",
        "<div style='color: red; display : NONE'><p>Not for readers.</p></div>",
        "<p style='visibility:hidden'>Not <b>for readers</b>.</p>",
        "<p aria-hidden='true'>Not for readers.</p>",
        "<!-- Not for readers. -->",
    ],
)
@pytest.mark.parametrize("page", ["an article", "a fragment"])
def test_hidden_words_are_not_read(hidden: str, page: str) -> None:
    data = (
        html(hidden) if page == "an article" else f"<p>The pier is closed.</p>{hidden}<p>It opens in June.</p>".encode()
    )
    text = read("a.html", data).documents[0].text
    assert "readers" not in text
    assert "opens in June" in text or PARAGRAPHS[-1] in text


def test_a_runaway_quote_ends_with_its_table() -> None:
    rows = ["id,text", "1,The pier is closed.", '2,"Ice plant opens', *[f"{n},More news here." for n in range(3, 50)]]
    loaded = read("a.csv", "\n".join(rows).encode())
    assert loaded.documents[0].text == "The pier is closed."
    assert loaded.warnings == ("a.csv: line 3: a quote is never closed: all lines below were read as one cell",)
    assert "49,More news here." in loaded.documents[1].text


def test_a_table_without_texts_names_its_columns() -> None:
    with pytest.raises(MalformedInput, match="no column of texts among 'date, price': name it 'text'"):
        read("a.csv", b"date,price\n2025-01-01,3\n2025-01-02,4\n2025-01-03,5\n")


def test_records_over_the_limit() -> None:
    with pytest.raises(TooLarge, match="max_records is 2"):
        read("a.jsonl", b'{"text": "a b c"}\n' * 3, Limits(max_records=2))


def test_a_batch_keeps_what_is_good(tmp_path: Path, index: Index) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in LOADERS:
        (inbox / f"good{suffix_of(name)}").write_bytes(story(name))
        (inbox / f"bad{suffix_of(name)}").write_bytes(GARBAGE)
        (inbox / f"empty{suffix_of(name)}").touch()
    before = index.info().documents
    report = index.add([inbox])
    assert len(report.skipped) == 2 * len(LOADERS)
    assert {skipped.path.rsplit("/", 1)[1].split(".")[0] for skipped in report.skipped} == {"bad", "empty"}
    # The same story with the same metadata is one document, whatever file it came in.
    told = {document.id for name in LOADERS for document in load(inbox / f"good{suffix_of(name)}").documents}
    assert set(report.added) == told
    assert index.info().documents - before == len(told) > 1


# Anything at all

BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(
        lambda name, at, cut, put: (
            story(name)[: int(at * len(story(name)))] + put + story(name)[int(at * len(story(name))) + cut :]
        ),
        st.sampled_from(sorted(LOADERS)),
        st.floats(0, 1),
        st.integers(0, 40),
        st.binary(max_size=12),
    ),
)


@settings(max_examples=300)
@given(BYTES, st.sampled_from(SUFFIXES))
def test_nothing_but_documents_and_input_errors_comes_out(data: bytes, suffix: str) -> None:
    loaded = read_or_refuse(f"a{suffix}", data)
    assert loaded is None or loaded.documents
    for document in loaded.documents if loaded else ():
        check(document)


def check(document: Document) -> None:
    assert document.text.strip()
    assert "\x00" not in document.text
    for text in (document.text, document.title, document.outlet, document.url, document.key, *document.authors):
        text.encode()
    assert all(0 <= b.start < b.end <= len(document.text) for b in document.blocks)


def test_the_path_of_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.txt cannot be read: no such file"):
        load(tmp_path / "gone.txt")
    (skipped,) = discover([tmp_path / "gone.txt"])
    assert "check the path" in skipped.reason
