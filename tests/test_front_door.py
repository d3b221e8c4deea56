"""What a Python user meets: results that print in a few lines and show safely in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ARCHIVE

from index.documents import Copy, Document, Filters, Hit, Hits, Passage, Span
from index.loaders import Skipped
from index.reports import AddReport
from index.search import Index
from index.sync import Move, Plan, SyncReport
from rag.answer import Agreement, Alternative, Answer, AnswerSentence, Source

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e \"'>&<img src=x onerror=alert(2)> \ud800 "
ALLOWED = {"div", "p", "ul", "ol", "li", "b", "i", "bdi", "br", "blockquote", "a"}


class Markup(HTMLParser):
    """Tags, attributes and text of a piece of HTML; every element that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attributes)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_hit(url: str = "javascript:alert(3)") -> Hit:
    document = Document(HOSTILE * 50, title=HOSTILE, outlet=HOSTILE, url=url, published=date(2025, 3, 4))
    copies = (Copy("x", HOSTILE, date(2025, 3, 5), HOSTILE, url), Copy("y", "", None, "", "", figures=(HOSTILE,)))
    place = Passage(document.id, 0, len(document.text), (Span(0, len(document.text)),))
    return Hit(document, place, 0.5, {"dense": 1}, copies, 5)


def hostile_answer(hit: Hit, *, answered: bool) -> Answer:
    sentence = AnswerSentence(HOSTILE, (1,), 1.0)
    return Answer(
        HOSTILE, HOSTILE + "!", answered, 0.9, HOSTILE, (sentence,), (Source(1, hit.document, 0, 40),), (hit,),
        (HOSTILE,), Agreement((HOSTILE,), 2), (Alternative(HOSTILE, (1,)),),
    )  # fmt: skip


def everything_hostile() -> Iterator[object]:
    hit, skipped = hostile_hit(), (Skipped(HOSTILE, HOSTILE),) * 30
    yield from (hit, hit.document, Hits([hit, hit]), hostile_answer(hit, answered=True))
    yield hostile_answer(hit, answered=False)
    yield AddReport(("a" * 20,) * 5000, skipped=skipped, warnings=(HOSTILE,))
    yield SyncReport(Plan((HOSTILE,) * 50, moved=(Move(HOSTILE, HOSTILE),), unreadable=skipped), 1, 2, 3, 4)


@pytest.mark.parametrize("result", [*everything_hostile()], ids=lambda result: type(result).__name__)
def test_results_are_safe_to_show_and_to_print(result: object) -> None:
    markup = Markup(result._repr_html_())  # type: ignore[attr-defined]
    assert markup.tags <= ALLOWED
    assert not markup.attributes, "nothing but a link has attributes, and this address is none"
    assert "alert(1)" in markup.text
    markup.text.encode()
    for said in (str(result), repr(result)):
        assert not set(said) & {"\x1b", "\u202e", "\ud800"}
        said.encode()


@pytest.mark.parametrize("result", [*everything_hostile()], ids=lambda result: type(result).__name__)
def test_a_repr_takes_a_line_or_two(result: object) -> None:
    assert len(repr(result)) < 400
    assert "\n" not in repr(result)


def test_only_a_web_address_becomes_a_link() -> None:
    html = hostile_hit(url="https://news.example/a?b=1&c=2")._repr_html_()
    assert dict(Markup(html).attributes)["href"] == "https://news.example/a?b=1&c=2"


def test_reprs_change_neither_equality_nor_json(index: Index) -> None:
    hit, same = (index.search("ice plant")[0] for _ in range(2))
    assert hit == same
    assert hash(hit.document) == hash(same.document)
    assert hit != replace(hit, score=2.0)
    assert hostile_answer(hit, answered=True) == hostile_answer(same, answered=True)
    assert hostile_answer(hit, answered=True).to_json()["passages"][0]["text"] == ARCHIVE[1].text


def test_documents_and_hits_print_what_they_are(index: Index) -> None:
    pier = ARCHIVE[0]
    assert str(pier) == "North pier closed after cracks found, Tidewater Post, 2025-03-04"
    assert str(ARCHIVE[3]) == "Council to vote on pier repairs, headline, not article text"
    assert repr(pier).startswith("Document(text='The harbour council closed the north pier on Monday. …', title='North")
    (hit,) = index.search("cracks in the pillars", 1, Filters(kinds=("article",)))
    assert str(hit).splitlines()[0].startswith(f"{pier}, characters 0-154 (score ")
    assert str(hit).splitlines()[1].strip() == pier.text
    assert str(Hits([hit])) == f"1. {hit}"
    assert str(Hits()) == "nothing found"


def test_reports_print_counts_and_what_was_skipped(index: Index, tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "note.txt").write_text("The museum opens a new wing in May, its director said on Friday.")
    (tmp_path / "news" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    added, skipped = str(index.add([tmp_path / "news"])).splitlines()
    assert added == "added 1 documents (1 passages), unchanged 0"
    assert skipped.startswith(f"skipped {tmp_path / 'news' / 'broken.pdf'}: ")
    report = index.sync([tmp_path / "news"], dry_run=True)
    assert str(report).splitlines()[1] == f"add     {tmp_path / 'news' / 'note.txt'}"
    assert str(index.info()).splitlines()[0].endswith("index: 5 documents in 5 passages")
    assert len(str(AddReport(skipped=(Skipped("a", "b"),) * 5000)).splitlines()) == 12
