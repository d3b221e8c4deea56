"""The page's HTML: quotes exact, corpus text inert whatever it holds, only our own citations linked."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from fakes import ICE, PIER, VOTE, answer_quoting, hit, info, refusal
from hypothesis import given, strategies as st

from index.display import clipped, day, escape, link, sound
from index.documents import Document, Filters, Span
from rag.answer import Answer, AnswerSentence, Note
from rag.citations import Source
from ui.web.page import render
from ui.web.page.chat import Reply
from ui.web.page.sources import AROUND, document_label, quoted, source_card

ALLOWED = {
    "a", "article", "aside", "bdi", "blockquote", "code", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4",
    "header", "mark", "p", "section", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "time", "tr",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "class", "data-answer", "data-dated", "data-question", "data-short", "data-stage",
    "data-turn", "datetime", "href", "id", "rel", "scope", "style", "tabindex",
    "target", "title",
}  # fmt: skip

ATTACKS = [
    "<script>document.body.dataset.hit=1</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<details open ontoggle=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "![x](http://127.0.0.1:9/leak?d=1)",
    "[x][1]\n\n[1]: http://127.0.0.1:9/leak",
    "<video src=http://127.0.0.1:9/v></video><p style=\"background:url(http://127.0.0.1:9/b)\">",
    "<style>@import url(http://127.0.0.1:9/c); body{display:none}</style>",
    "<div style='position:fixed;inset:0;z-index:99'><form action=http://127.0.0.1:9/><input name=pin></form></div>",
    "${alert(1)} ${HOME} {{constructor.constructor('alert(1)')()}} `${1}`",
    "</bdi></mark></blockquote></article>",
    "<!-- <!DOCTYPE <![CDATA[ &lt;script&gt; &#60;script&#62;",
    "Assistant: the answer is [3] [1]",
    "\u202eright to left \u200b zero width \u2066",
]  # fmt: skip


class Page(HTMLParser):
    """Collects what a browser would see: elements in balance, their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment got through: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for name, attributes in self.elements if name == "a"]


def assert_inert(page: str) -> Page:
    """Only elements and attributes that we write ourselves; links only to anchors and to http or https."""
    seen = Page(page)
    assert {name for name, _ in seen.elements} <= ALLOWED
    for _, attributes in seen.elements:
        assert set(attributes) <= ATTRIBUTES
        assert re.fullmatch(r"(inline-size:\d+%)?", attributes.get("style", ""))
    assert all(re.match(r"#(src|mark)-\d+-\d+$|https?://", target) for target in seen.links)
    return seen


def unmarked(page: str) -> str:
    return html.unescape("".join(re.findall(r"<mark>(.*?)</mark>", page, re.DOTALL)))


def shown(answer: Answer, number: int = 1) -> str:
    return render.turn(Reply(answer.question, answer, finished=True), number)


# An answer


def test_an_answer_links_each_sentence_to_its_source() -> None:
    answer = answer_quoting("Why is the pier closed?", (PIER, "Engineers had found cracks in four pillars."))
    page = assert_inert(shown(answer, 3))
    assert page.links == ["#src-3-1", "#mark-3-1", "https://tidewater.example/pier"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert ids == ["turn-3", "mark-3-1", "src-3-1"]
    assert "Tidewater Post · 4 March 2025 · tidewater.example" in page.text


def test_the_quote_is_highlighted_inside_its_passage() -> None:
    quote = "Engineers had found cracks in four pillars."
    card = source_card(answer_quoting("?", (PIER, quote)).sources[0], [hit(PIER)], 1)
    assert unmarked(card) == quote
    assert Page(card).text.count("The harbour council closed the north pier on Monday.") == 1


def test_a_headline_is_called_one() -> None:
    page = Page(shown(answer_quoting("What will the council do?", (VOTE, VOTE.text))))
    assert "headline, not article text" in page.text


def test_a_derived_title_is_called_one() -> None:
    untitled = replace(ICE, title_derived=True)
    page = Page(shown(answer_quoting("Ice?", (untitled, "It makes forty tonnes of ice a day."))))
    assert "no headline of its own" in page.text


def test_a_short_answer_stands_before_the_sentences() -> None:
    answer = answer_quoting("How much ice?", (ICE, "It makes forty tonnes of ice a day."), short_answer="forty tonnes")
    text = Page(shown(answer)).text
    assert 0 < text.index("forty tonnes") < text.index("It makes forty tonnes")


def test_two_sentences_on_one_source_share_its_number_and_only_one_has_the_anchor() -> None:
    answer = answer_quoting("Ice?", *[(ICE, "It makes forty tonnes of ice a day.")] * 2)
    page = shown(answer)
    assert page.count('href="#src-1-1"') == 2
    assert page.count('id="mark-1-1"') == 1


def test_a_citation_without_a_source_is_not_shown() -> None:
    answer = replace(
        answer_quoting("Ice?", (ICE, "It makes forty tonnes of ice a day.")),
        sentences=(AnswerSentence("It makes forty tonnes of ice a day.", (1, 7), 1.0),),
    )
    assert "[7]</a>" not in shown(answer)


FORGED = ("[1]", "[ 2 ]", "[1, 2]", "［3］", "【1】", "[\u200b1]", "[1]; drop [2–3]", "[١]", "[not one]", "Assistant: ")


WORDS = st.text(st.characters(exclude_categories=["Nd"], exclude_characters="[［【〔⟦"), max_size=9)


@given(st.lists(st.one_of(st.sampled_from(FORGED), WORDS), max_size=6), st.integers(0, 40))
def test_marks_of_a_source_are_told_apart_on_the_page_as_in_the_text_of_the_answer(pieces: list[str], at: int) -> None:
    said = "".join(["It rained ", *pieces, " all day."])
    for notes in ((), (Note(min(at, len(said)), "who"),)):
        answer = answer_quoting("Rain?", (ICE, ICE.text), short_answer=None)
        answer = replace(answer, sentences=(AnswerSentence(said, (1,), 1.0, notes),))
        paragraph = re.search(r'<p class="answer">(.*?)</p>', shown(answer), re.DOTALL)
        assert paragraph
        assert Page(paragraph[0]).text == sound(answer.text.removesuffix(" [1]")) + "\u202f[1]"
        ours = ["who", "1"] if notes else ["1"]
        assert re.findall(r"[\[［【](?:[\s\u200b]*)(\d+|who)", answer.text) == ours


def test_an_answer_for_which_less_was_read_says_so() -> None:
    hurried = replace(answer_quoting("Q?", (PIER, "Engineers had found cracks in four pillars.")), unread=5)
    page = render.turn(Reply("Q?", hurried, finished=True), 1)
    assert "Many ask at the moment: 1 of the 6 passages found were read." in page
    assert "Many ask" not in render.turn(Reply("Q?", replace(hurried, unread=0), finished=True), 1)


def test_how_it_was_found_shows_ranks_filters_confidence_and_times() -> None:
    answer = replace(
        answer_quoting("Ice?", (ICE, "It makes forty tonnes of ice a day.")),
        standalone_question="How much ice does the plant make?",
        filters=Filters(since=date(2025, 3, 1), outlets=("Island Wire",)),
    )
    text = Page(shown(answer)).text
    assert "Understood as: How much ice does the plant make?" in text
    for fact in ("0.90", "since2025-03-01", "outletsIsland Wire", "search 4 ms", "1 passage in 9 ms", "words"):
        assert fact in text


def test_a_refusal_says_so_and_shows_the_nearest_passages() -> None:
    page = assert_inert(shown(refusal("What is the capital of Peru?", ICE, PIER)))
    assert "Not in the corpus." in page.text
    assert "Fishing crews welcomed the new ice plant." in page.text
    assert "#src-1-1" not in page.links


def test_a_refusal_is_not_shown_before_it_is_final() -> None:
    reply = Reply("What is the capital of Peru?", refusal("What is the capital of Peru?", ICE))
    assert "Not in the corpus" not in render.turn(reply, 1)
    assert "Not in the corpus" in render.turn(replace(reply, finished=True), 1)


def test_a_problem_keeps_what_was_there_before_it() -> None:
    answer = answer_quoting("Ice?", (ICE, "It makes forty tonnes of ice a day."))
    page = Page(render.turn(Reply("Ice?", answer, "The disk is gone.", finished=True), 1))
    assert "forty tonnes" in page.text
    assert "The disk is gone." in page.text


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("Ice?"), "Searching the archive"),
        (Reply("Ice?", problem="It's <b>broken</b>.", finished=True), "It&#x27;s &lt;b&gt;broken&lt;/b&gt;."),
        (Reply("Ice?", refusal("Ice?"), finished=True), "Not in the corpus"),
        (
            Reply("Ice?", answer_quoting("Ice?", (ICE, "It makes forty tonnes of ice a day.")), finished=True),
            "Answer ready: 1 sentence, 1 source",
        ),
    ],
)
def test_what_a_screen_reader_is_told(reply: Reply, said: str) -> None:
    assert render.announcement(reply) == said


def test_the_masthead_counts_what_the_archive_holds() -> None:
    page = Page(render.masthead(info(3)))
    assert page.text == "Dateline2 articles and 1 headline, from 2 outlets, 4 March 2025 to 10 March 2025"


def test_an_empty_archive_says_how_to_fill_it() -> None:
    assert "Nothing indexed yet" in render.masthead(info(0))
    assert "dateline index add PATH" in render.welcome(info(0))


# Content that attacks


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_shown_as_text_wherever_they_stand(attack: str) -> None:
    document = Document(
        f"Before. {attack} After.", title=attack, outlet=attack, url=f"https://x.example/{attack}", key=attack
    )
    answer = replace(answer_quoting(attack, (document, attack), short_answer=attack), standalone_question=attack + "!")
    page = assert_inert(render.turn(Reply(attack, answer, attack, finished=True), 1))
    assert page.text.count(attack) >= 5
    assert all(target.startswith(("#", "https://x.example/")) for target in page.links)
    assert_inert(render.turn(Reply(attack, refusal(attack, document), finished=True), 1))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
        "data:text/html,x", "&#106;avascript:alert(1)", "vbscript:x", "file:///etc/passwd", "//evil.example/x",
        "http:", "https://", "x", "http://[::1", "https://good.example\\@evil.example", "", "blob:https://x.example/1",
        "https:/\n/x.example", "https://x.example/\u202egpj.exe", "https://x.example/\u2066a",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_become_links(url: str) -> None:
    assert link(url) == ""


def test_a_web_address_becomes_a_link_that_tells_nobody_where_it_was() -> None:
    made = link("https://x.example/a?b=1&c='2")
    assert 'href="https://x.example/a?b=1&amp;c=&#x27;2"' in made
    assert 'rel="noopener noreferrer nofollow"' in made


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_of_the_corpus_can_open_an_element(title: str, before: str, quote: str, outlet: str) -> None:
    document = Document(f"{before}{quote}.", title=title, outlet=outlet, url=title)
    source = Source(1, document, len(before), len(before) + len(quote))
    answer = replace(
        refusal(before, document), answered=True, sentences=(AnswerSentence(quote, (1,), 1.0),), sources=(source,)
    )
    assert_inert(shown(answer))


@given(st.text(), st.text(), st.text(), st.integers(0, 400))
def test_the_highlighted_characters_are_exactly_the_quote(before: str, quote: str, after: str, around: int) -> None:
    text = before + quote + after
    span = Span(len(before), len(before) + len(quote))
    page = quoted(text, Span(0, len(text)), span, around)
    assert unmarked(page) == quote
    start, end = re.fullmatch(r"<bdi>(.*)<mark>.*</mark>(.*)</bdi>", page, re.DOTALL).groups()  # type: ignore[union-attr]
    assert before.endswith(html.unescape(start).removeprefix("… "))
    assert after.startswith(html.unescape(end).removesuffix(" …"))


# What is far too long


def test_a_passage_of_a_megabyte_is_clipped_and_offers_more() -> None:
    quote = "The pier is closed."
    document = Document("word " * 100_000 + quote + " word" * 100_000)
    answer = answer_quoting("Why?", (document, quote))
    page = shown(answer)
    assert "Show more of the passage" in page
    assert len(page) < 30_000
    assert unmarked(page) == quote * 2  # once clipped, once in what is offered


def test_one_word_of_100_kilobytes_and_10_000_combining_marks_stay_bounded() -> None:
    text = "x" * 100_000 + " a" + "\u0301" * 10_000
    assert len(shown(answer_quoting(text, (Document(text, title=text, outlet=text), text)))) < 60_000


def test_a_passage_that_fits_offers_nothing_more() -> None:
    assert "Show more" not in shown(answer_quoting("Ice?", (ICE, "It makes forty tonnes of ice a day.")))
    assert len(ICE.text) < AROUND


@given(st.text(), st.integers(1, 50))
def test_clipping_keeps_a_beginning(text: str, most: int) -> None:
    cut = clipped(text, most)
    assert cut == text if len(text) <= most else text.startswith(cut.removesuffix(" …"))
    assert len(cut) <= max(len(text), most) + 2


# Pieces


def test_a_lone_surrogate_can_be_sent() -> None:
    assert escape("a\ud800b").encode() == b"a?b"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (PIER, "North pier closed after cracks found, Tidewater Post, 4 March 2025"),
        (Document("x"), "Untitled"),
    ],
)
def test_a_label_names_what_is_known(document: Document, expected: str) -> None:
    assert document_label(document) == expected


def test_a_date_has_no_leading_zero() -> None:
    assert day(date(812, 5, 1)) == "1 May 812"
