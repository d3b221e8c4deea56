"""What each format promises of its own."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest
from docx import Document as WordDocument
from files import PARAGRAPHS, RECORD, TITLE, csv_file, docx, html, pdf, text, wrapped

from index.documents import Document
from index.errors import MalformedInput
from index.loaders import LOADERS, Content, Loaded
from index.loaders.dates import parse_date
from index.loaders.detect import recognise


def read(name: str, data: bytes | str) -> Loaded:
    content = Content(name, data.encode() if isinstance(data, str) else data)
    return recognise(content, LOADERS).load(content)


def only(name: str, data: bytes | str) -> Document:
    (document,) = read(name, data).documents
    return document


def roles(document: Document, role: str) -> list[str]:
    return [block.span.of(document.text) for block in document.blocks if block.role == role]


# Records


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"content": "The pier is closed.", "headline": "Pier closed"}, ("Pier closed", "", ())),
        ({"articleBody": "The pier is closed.", "source": {"name": "Island Wire"}}, ("", "Island Wire", ())),
        ({"text": "The pier is closed.", "creator": ["Ada Quill", "Bo Rand"]}, ("", "", ("Ada Quill", "Bo Rand"))),
        ({"text": "The pier is closed.", "author": "Ada Quill and Bo Rand"}, ("", "", ("Ada Quill", "Bo Rand"))),
        ({"full_text": ["The pier", "is closed."], "metadata": {"publisher": "Wire"}}, ("", "Wire", ())),
        ({"TEXT": "The pier is closed.", "Title": 7}, ("7", "", ())),
    ],
)
def test_names_of_fields(record: dict[str, object], expected: tuple[str, str, tuple[str, ...]]) -> None:
    document = only("a.json", json.dumps(record))
    assert document.text.split() == ["The", "pier", "is", "closed."]
    assert (document.title, document.outlet, document.authors) == expected


@pytest.mark.parametrize("wrap", ["articles", "documents", "data", "items", "results"])
def test_lists_of_records_inside_an_object(wrap: str) -> None:
    records = [{"text": "The pier is closed."}, {"text": "The ice plant opens."}]
    for value in (records, {wrap: records, "count": 2}):
        assert [d.text for d in read("a.json", json.dumps(value)).documents] == [r["text"] for r in records]


@pytest.mark.parametrize("related", [["Ice plant opens", {"title": "Fares rise", "url": "https://a.example/f"}]])
def test_related_headlines_of_a_record(related: list[object]) -> None:
    article, ice, fares = read("a.json", json.dumps({**RECORD, "related_headlines": related})).documents
    assert (ice.kind, ice.text, ice.parent) == ("headline", "Ice plant opens", article.id)
    assert (fares.kind, fares.url) == ("headline", "https://a.example/f")


def test_headlines_that_are_records_of_their_own() -> None:
    lines = [{"_id": "h", "title": "Fares rise", "kind": "headline", "parent": "a"}, {"_id": "a", "text": "Closed."}]
    headline, article = read("a.jsonl", "\n".join(map(json.dumps, lines))).documents
    assert (headline.kind, headline.parent, headline.key) == ("headline", article.id, "h")


def test_titles_without_text_are_headlines_and_reported_unless_they_say_so() -> None:
    loaded = read("a.json", '[{"title": "Fares rise"}, {"title": "Ice melts", "kind": "Headline"}]')
    assert [document.kind for document in loaded.documents] == ["headline", "headline"]
    (warning,) = loaded.warnings
    assert warning.startswith("a.json: 1 titles without text were taken for headlines, the first in record 1: give")


def test_a_table_of_headlines() -> None:
    rows = "id,title,kind\n1,Fares rise,headline\n2,Ice melts,headline\n3,Pier closed,headline\n"
    assert {(d.kind, d.text) for d in read("a.csv", rows).documents} >= {("headline", "Fares rise")}
    with pytest.raises(MalformedInput, match="no column of texts among 'id, title, link'"):
        read("a.csv", "id,title,link\n1,Fares rise,a\n2,Ice melts,b\n3,Pier closed,c\n")


def test_a_parent_that_is_not_there_is_reported() -> None:
    loaded = read("a.json", '{"title": "Fares rise", "kind": "headline", "parent": "gone"}')
    assert loaded.documents[0].parent == ""
    assert "the parent 'gone' is no article of this file" in loaded.warnings[0]


def test_an_unclear_date_is_left_out_and_reported() -> None:
    loaded = read("a.json", '[{"text": "Closed.", "date": "03/04/2025"}, {"text": "Open.", "date": "4 March 2025"}]')
    assert [document.published for document in loaded.documents] == [None, date(2025, 3, 4)]
    assert loaded.warnings == (
        "a.json: 1 dates are unclear, the first in record 1: '03/04/2025': write them as 2025-10-23",
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_of_tables(delimiter: str) -> None:
    rows = [{**RECORD, "id": str(n), "body": f"The pier, {n}; closed\nin May|June."} for n in range(3)]
    documents = read("a.csv", csv_file(*rows, delimiter=delimiter)).documents
    assert [d.text for d in documents] == [row["body"] for row in rows]
    assert [d.key for d in documents] == ["0", "1", "2"]


def test_a_row_with_too_many_cells_is_named() -> None:
    loaded = read("a.csv", "id,text\n1,The pier is closed.\n2,Ice, snow and rain.\n3,Open.\n")
    assert [d.key for d in loaded.documents] == ["1", "3"]
    assert "line 3: 3 cells, and the header has 2" in loaded.warnings[0]


def test_the_limit_of_the_csv_module_is_put_back() -> None:
    before = csv.field_size_limit()
    read("a.csv", csv_file())
    assert csv.field_size_limit() == before


# Texts


def test_a_header_is_one_only_if_all_its_lines_are() -> None:
    assert only("a.txt", text()).title == TITLE
    quoted = "Title: a play\nScene: a pier\n\nThe pier is closed, says the keeper."
    assert only("a.txt", quoted).text == quoted


def test_offsets_count_in_the_text_that_is_kept() -> None:
    document = only("a.txt", "Title: Pier\nOutlet: Wire\r\n\r\nThe pier is closed.\r\nIt opens in June.")
    assert document.text == "The pier is closed.\nIt opens in June."


@pytest.mark.parametrize(
    ("front", "authors"),
    [
        ("authors:\n  - Ada Quill\n  - Bo Rand", ("Ada Quill", "Bo Rand")),
        ("author: 'Ada Quill'", ("Ada Quill",)),
        ('authors: ["Ada Quill", Bo Rand]', ("Ada Quill", "Bo Rand")),
        ("summary: >-\n  two\n  lines\nauthors:\n- Ada Quill\n- Bo Rand", ("Ada Quill", "Bo Rand")),
        ("tags:\n  - a\n  - b\nseo:\n  title: wrong\nbyline: By Ada Quill", ("Ada Quill",)),
    ],
)
def test_front_matter(front: str, authors: tuple[str, ...]) -> None:
    document = only("a.md", f"---\ntitle: Pier\n{front}\n---\nThe pier is closed.")
    assert (document.title, document.authors, document.text) == ("Pier", authors, "The pier is closed.")


def test_a_folded_title() -> None:
    assert only("a.md", "---\ntitle: >-\n  Pier closed\n  again\nlang: en\n---\nThe pier is closed.").title == (
        "Pier closed again"
    )


@pytest.mark.parametrize("heading", ["Budget", "Q&A", "The council voted. What now?"])
def test_the_main_heading_is_the_title_whatever_it_looks_like(heading: str) -> None:
    word = WordDocument()
    word.add_heading(heading, level=1)
    word.add_paragraph(PARAGRAPHS[0])
    for document in (only("a.md", f"# {heading}\n\n{PARAGRAPHS[0]}\n"), only("a.docx", docx(word))):
        assert (document.title, document.title_derived) == (heading, False)
        assert roles(document, "title") == [heading]


def test_a_heading_below_other_words_is_no_title() -> None:
    document = only("a.md", f"{PARAGRAPHS[0]}\n\n# Budget\n\n{PARAGRAPHS[1]}\n")
    assert document.title_derived
    assert roles(document, "heading") == ["Budget"]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert "closed" in only("a.md", "---\nThe pier is closed, and nobody knows why.\n\n---\nMore soon.").text


def test_markdown_is_shown_without_its_marks() -> None:
    document = only(
        "a.md",
        "# Pier closed\n\nThe *north* pier is **closed**, says [the council](https://a.example/c).\n\n"
        "## What next?\n\n1. Repairs\n2. A vote\n\n| month | cost |\n|---|---|\n| May | 3 |\n\n`code` stays.\n",
    )
    assert document.title == "Pier closed"
    assert roles(document, "heading") == ["What next?"]
    assert "The north pier is closed, says the council." in document.text
    assert "1. Repairs\n2. A vote" in document.text
    assert "month | cost\nMay | 3" in document.text
    assert not set("*`[]#") & set(document.text)


# Pages


def test_the_article_without_the_page_around_it() -> None:
    document = only("a.html", html())
    assert "Terms of use" not in document.text
    assert "Sport" not in document.text


def test_headings_and_related_headlines_of_a_page() -> None:
    more = (
        "<h2>What happens next?</h2><p>Engineers will survey the river bed in June, the mayor said on Friday.</p>"
        "<p>Read more:</p><ul><li><a href='/cracks'>Old bridge closed after cracks were found</a></li>"
        "<li><a href='https://b.example/x'>Ferry operator asks for higher fares</a></li></ul>"
    )
    article, cracks, fares = read("a.html", html(more)).documents
    assert "What happens next?" in roles(article, "heading")
    assert (cracks.kind, cracks.text) == ("headline", "Old bridge closed after cracks were found")
    assert (cracks.url, fares.url) == ("https://harbour.example/cracks", "https://b.example/x")
    assert cracks.parent == fares.parent == article.id


def test_a_page_without_an_article_is_taken_whole() -> None:
    assert only("a.html", "<p>Closed.</p><p>Pier.</p>").text == "Closed.\n\nPier."
    loaded = read("a.html", "<p>The pier is closed until June.</p>")
    assert loaded.documents[0].text == "The pier is closed until June."
    assert loaded.warnings == ("a.html: no article was found on the page: all visible text was taken",)


# PDF and Word


def test_printed_lines_become_paragraphs_again() -> None:
    lines = [*wrapped(PARAGRAPHS[0]), "", *wrapped(PARAGRAPHS[1])]
    assert only("a.pdf", pdf([lines])).text.split("\n") == list(PARAGRAPHS[:2])


def test_a_paragraph_runs_on_over_the_end_of_a_page() -> None:
    lines = wrapped(PARAGRAPHS[0])
    assert only("a.pdf", pdf([lines[:1], lines[1:]])).text == PARAGRAPHS[0]


def test_hyphens_at_the_end_of_lines() -> None:
    lines = [
        "The council of Saltmarsh voted on Monday to build a new har-",
        "bour wall, a long-",
        "term plan. The harbour is old, and long-term plans are rare here.",
    ]
    assert only("a.pdf", pdf([lines])).text.startswith(
        "The council of Saltmarsh voted on Monday to build a new harbour wall, a long-term plan."
    )


@pytest.mark.parametrize("title", ["untitled", "Microsoft Word - draft3.doc", "draft.pdf"])
def test_titles_that_programs_fill_in_do_not_count(title: str) -> None:
    document = only("a.pdf", pdf([wrapped(PARAGRAPHS[0])], {"Title": title}))
    assert document.title_derived
    assert document.title.startswith("The council of Saltmarsh voted")


def test_headings_lists_tables_and_deletions_of_word() -> None:
    word = WordDocument()
    word.add_heading(TITLE, level=0)
    word.add_paragraph(PARAGRAPHS[0])
    word.add_heading("What next?", level=1)
    word.add_paragraph(PARAGRAPHS[1])
    word.add_paragraph("Repairs", style="List Bullet")
    word.add_paragraph("A vote", style="List Bullet")
    table = word.add_table(2, 2)
    for number, words in enumerate(["month", "cost", "May", "3"]):
        table.cell(number // 2, number % 2).text = words
    document = only("a.docx", docx(word))
    assert document.title == TITLE
    assert roles(document, "heading") == ["What next?"]
    assert "- Repairs\n- A vote" in document.text
    assert "month | cost\nMay | 3" in document.text


# Dates


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-10-23", date(2025, 10, 23)),
        ("2025/10/23", date(2025, 10, 23)),
        ("20251023", date(2025, 10, 23)),
        ("2025-10-23T23:59:00-11:00", date(2025, 10, 23)),
        ("23 October 2025", date(2025, 10, 23)),
        ("Oct. 23, 2025", date(2025, 10, 23)),
        ("Thursday, October 23rd, 2025 at 10:15 pm EDT", date(2025, 10, 23)),
        ("Thu, 23 Oct 2025 22:10:00 GMT", date(2025, 10, 23)),
        ("1761177600", date(2025, 10, 23)),
        ("1761177600000", date(2025, 10, 23)),
        ("23/10/2025", None),
        ("2025", None),
        ("October 2025", None),
        ("31 February 2025", None),
        ("0001-01-01", None),
        ("tomorrow", None),
        ("", None),
        ("9" * 100, None),
    ],
)
def test_dates(written: str, day: date | None) -> None:
    assert parse_date(written) == day


def test_an_object_without_text_is_refused_with_the_names_that_would_do() -> None:
    with pytest.raises(MalformedInput, match="no text: none of its fields is one of text, body, content, article"):
        read("a.json", '{"note": 1}')
