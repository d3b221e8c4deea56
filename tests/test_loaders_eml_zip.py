"""E-mails and archives: what they give, and what tries to get out of them or to grow in them."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from files import AUTHOR, PARAGRAPHS, TITLE, docx, eml, html, jsonl, pdf, read, story, suffix_of, texts, zipped
from hypothesis import given, strategies as st

from index.embedders.hashing import HashingEmbedder
from index.errors import InputError, MalformedInput, TooLarge, UnsupportedFormat
from index.loaders import LOADERS, Content, Limits
from index.loaders.base import Budget
from index.loaders.detect import recognise
from index.search import Index

SENTENCE = b"The pier is closed until June, the harbour council said."
OTHER = b"Ferries run every hour again, their operator said on Friday."


pytestmark = pytest.mark.usefixtures("within_seconds")


# Archives


def test_every_member_is_read_by_the_loader_for_its_content() -> None:
    members = {name: story(name) for name in LOADERS if name not in ("zip", "eml")}
    loaded = read(
        "/news/all.zip", zipped(**{f"folder/bridge{suffix_of(name)}": data for name, data in members.items()})
    )
    assert len(loaded.documents) == len(members)
    assert {document.title for document in loaded.documents} == {TITLE}
    assert {document.source for document in loaded.documents} == {"/news/all.zip"}


def test_hidden_members_are_left_out_without_a_word() -> None:
    data = zipped(**{"a.txt": SENTENCE, "__MACOSX/._a.txt": b"\0\1", ".git/config": b"x", "b/.DS_Store": b"\0"})
    assert (texts(read("a.zip", data)), read("a.zip", data).warnings) == ([SENTENCE.decode()], ())


@pytest.mark.parametrize(
    "name",
    ["../up.txt", "a/../../up.txt", "/etc/up.txt", "C:\\up.txt", "C:up.txt", "a\\..\\up.txt", "..", "//host/up.txt"],
)
def test_a10_a_name_that_leads_out_is_refused_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = read("a.zip", zipped(**{name: OTHER, "good.txt": SENTENCE}))
    assert texts(loaded) == [SENTENCE.decode()]
    assert "leads out of the archive" in loaded.warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_a10_a_bomb_by_ratio_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped(**{"a.txt": bytes(100_000_000)})
    spent = Budget()
    content = Content("a.zip", bomb, spent=spent)
    with pytest.raises(TooLarge, match="max_unpack_ratio is 200"):
        recognise(content, LOADERS).load(content)
    assert spent.unpacked_bytes == 0


def test_a10_a_bomb_by_count_or_size_is_refused() -> None:
    many = zipped(**{f"{n}.txt": SENTENCE for n in range(30)})
    with pytest.raises(TooLarge, match="30 members and the limit max_members is 20"):
        read("a.zip", many, Limits(max_members=20))
    with pytest.raises(TooLarge, match="max_unpacked_bytes is 1,000"):
        read("a.zip", many, Limits(max_unpacked_bytes=1_000))


def test_a10_archives_in_each_other_count_together() -> None:
    inner = zipped(**{f"{n}.txt": SENTENCE for n in range(10)})
    loaded = read("a.zip", zipped(**{f"{n}.zip": inner for n in range(9)}), Limits(max_members=30))
    # 9 members outside and 10 in each: two of the nine fit.
    assert len(loaded.documents) == 20
    assert sum("max_members is 30" in warning for warning in loaded.warnings) == 7


def test_a10_archives_nested_too_deep_are_refused() -> None:
    twice = zipped(**{"b.zip": zipped(**{"a.txt": SENTENCE})})
    assert texts(read("c.zip", twice)) == [SENTENCE.decode()]
    loaded = read("d.zip", zipped(**{"c.zip": twice, "good.txt": OTHER}))
    assert texts(loaded) == [OTHER.decode()]
    assert "max_nesting is 2" in loaded.warnings[0]


def test_a10_a_member_that_lies_about_its_size_is_cut_and_costs_only_itself() -> None:
    data = bytearray(zipped(**{"a.txt": OTHER * 500, "good.txt": SENTENCE}))
    true, false = (len(OTHER) * 500).to_bytes(4, "little"), (40).to_bytes(4, "little")
    loaded = read("a.zip", bytes(data.replace(true, false)))
    assert texts(loaded) == [SENTENCE.decode()]
    assert "a.txt is skipped" in loaded.warnings[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a10_methods_that_unpack_without_bound_are_not_read(method: int) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        archive.writestr("a.txt", SENTENCE)
    with pytest.raises(MalformedInput, match="a method that is not read"):
        read("a.zip", written.getvalue())


def test_an_encrypted_member_is_named_and_skipped() -> None:
    data = bytearray(zipped(**{"a.txt": OTHER, "good.txt": SENTENCE}))
    # The first bit of the flags, in the member's own head and in the table of contents.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    loaded = read("a.zip", bytes(data))
    assert texts(loaded) == [SENTENCE.decode()]
    assert "a.txt is skipped: it is encrypted" in loaded.warnings[0]


def test_one_bad_member_costs_only_itself() -> None:
    data = zipped(**{"a.pdf": b"%PDF-1.4 rubbish", "b.png": b"\x89PNG\r\n\x1a\n", "c.txt": b"", "d.txt": SENTENCE})
    loaded = read("a.zip", data)
    assert texts(loaded) == [SENTENCE.decode()]
    assert [warning.split(": ")[1] for warning in loaded.warnings] == [
        f"{name} is skipped" for name in ("a.pdf", "b.png", "c.txt")
    ]


@pytest.mark.parametrize("size", [30, 60, 90])
def test_a_broken_archive_is_named(size: int) -> None:
    with pytest.raises(MalformedInput, match=r"a\.zip (cannot be read|is a zip archive in which nothing)"):
        read("a.zip", zipped(**{"a.txt": SENTENCE})[:-size])
    with pytest.raises(MalformedInput, match=r"as a \.docx file"):
        read("a.docx", docx()[:-size])


@pytest.mark.parametrize("name", ["mimetype", "META-INF/MANIFEST.MF", "[Content_Types].xml"])
def test_formats_made_of_archives_are_called_by_name(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match="save it in a format that is read"):
        read("a.zip", zipped(**{name: b"application/epub+zip", "a.txt": SENTENCE}))


def test_an_archive_that_changes_replaces_what_came_from_it(tmp_path: Path) -> None:
    path = tmp_path / "news.zip"
    path.write_bytes(zipped(**{"a.txt": SENTENCE, "b.txt": OTHER}))
    with Index.create(tmp_path / "index", HashingEmbedder()) as index:
        assert len(index.add([path]).added) == 2
        assert index.add([path]).unchanged == 2
        path.write_bytes(zipped(**{"b.txt": OTHER}))
        assert index.add([path]).replaced == 1
        assert [document.text for document in index.documents()] == [OTHER.decode()]


# E-mails


def test_the_subject_is_the_title_and_the_sender_the_author() -> None:
    (document,) = read("a.eml", eml()).documents
    assert (document.title, document.authors, document.outlet) == (TITLE, (AUTHOR,), "harbour.example")
    assert document.published == date(2025, 5, 3)
    assert document.text == "\n\n".join(PARAGRAPHS)


def test_a_message_that_is_only_a_page_is_read_as_one() -> None:
    page = html("<p>Also see:</p><ul><li><a href='https://harbour.example/x'>Ferry fares to rise in May</a></li></ul>")
    article, headline = read("a.eml", eml(page=page.decode(), text="")).documents
    assert (article.title, article.authors, article.outlet) == (TITLE, (AUTHOR,), "harbour.example")
    assert (headline.text, headline.parent) == ("Ferry fares to rise in May", article.id)


def test_attachments_are_documents_or_named() -> None:
    loaded = read("/m/a.eml", eml(("b.pdf", pdf()), ("c.jsonl", jsonl()), ("../d\u202e.png", b"\x89PNG\r\n\x1a\n")))
    assert [document.title for document in loaded.documents] == [TITLE] * 3
    assert {document.source for document in loaded.documents} == {"/m/a.eml"}
    assert len(loaded.warnings) == 1
    assert "is skipped: " in loaded.warnings[0]
    assert "a PNG image" in loaded.warnings[0]
    assert "\u202e" not in loaded.warnings[0]


def test_an_attached_message_and_an_attached_archive() -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"], outer["MIME-Version"] = "desk@tidewater.example", "Forwarded", "1.0"
    outer.set_content(SENTENCE.decode())
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "a@b.example", "Ferries"
    inner.set_content(OTHER.decode())
    outer.add_attachment(inner)
    outer.add_attachment(zipped(), maintype="application", subtype="zip", filename="a.zip")
    loaded = read("a.eml", outer.as_bytes())
    assert [document.title for document in loaded.documents] == ["Forwarded", "Ferries", TITLE]
    assert loaded.warnings == ()


def test_a10_messages_nested_too_deep_or_with_too_many_attachments() -> None:
    deep = eml(
        (
            "c.eml",
            eml(
                (
                    "b.eml",
                    eml(text="Innermost."),
                ),
                text="Inner.",
            ),
        ),
        text="Outer.",
    )
    loaded = read("d.eml", deep)
    assert texts(loaded) == ["Outer.", "Inner."]
    assert "max_nesting is 2" in loaded.warnings[0]
    loaded = read("a.eml", eml(*((f"{n}.txt", b"Note %d." % n) for n in range(6))), Limits(max_attachments=4))
    assert len(loaded.documents) == 5
    assert sum("max_attachments is 4" in warning for warning in loaded.warnings) == 2


@pytest.mark.parametrize(
    "mail",
    [
        b"From: a@b.example\r\nMessage-ID: <x>\r\nSubject: " + b"(" * 500_000 + b"\r\n\r\nText.",
        b"From: " + b"a@b.example, " * 100_000 + b"\r\nMessage-ID: <x>\r\n\r\nText.",
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; " + b'x="' * 100_000 + b"\r\n\r\nText.",
        b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + b"X: y\r\n" * 100_000 + b"\r\nText.",
        b"From: a@b.example\r\nMIME-Version: 1.0\r\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n" % (n, n) for n in range(2_000)),
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        + (b"--x\r\nContent-Type: text/plain; " + b'x="' * 900 + b"\r\n\r\na\r\n") * 1_000,
    ],
    ids=["comment", "addresses", "parameters", "fields", "nested parts", "parameters of parts"],
)
def test_a_message_that_would_take_too_long_is_refused(mail: bytes) -> None:
    with pytest.raises(InputError, match=r"^a\.eml "):
        read("a.eml", mail)


def test_very_many_parts_are_counted_and_told_of_together() -> None:
    head = b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    loaded = read("a.eml", head + b"--x\r\n\r\nA note.\r\n" * 10_000)
    assert len(loaded.documents) == 101
    assert len(loaded.warnings) == 51
    assert loaded.warnings[-1] == "a.eml: 9,849 more parts were skipped for like reasons"


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_damaged_message_is_read_or_refused(noise: bytes, place: int) -> None:
    mail = eml(("a.txt", SENTENCE), page=f"<p>{PARAGRAPHS[0]}</p>")
    try:
        loaded = read("a.eml", mail[:place] + noise + mail[place:])
    except InputError:
        return
    for document in loaded.documents:
        document.text.encode()
        assert document.source == "a.eml"


def test_a_charset_that_is_a_lie_or_unknown_is_survived() -> None:
    for charset in (b"utf-8", b"x-unknown", b"hex", b"windows-1252"):
        mail = b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=%s\n\n" % charset
        (document,) = read("a.eml", mail + "The café on the quay is closed until June.".encode("cp1252")).documents
        assert document.text == "The café on the quay is closed until June."


def test_prose_and_headers_of_texts_are_no_messages() -> None:
    for text in (b"From: the harbour\n\nThe pier is closed until June.", b"Dear reader,\n\nFrom: x\nMessage-ID: y\n"):
        assert type(recognise(Content("a.txt", text), LOADERS)).__name__ == "TextLoader"
