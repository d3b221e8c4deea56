"""A news page's text → the article with its roles, and its related headlines."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from index.article.article import read_article
from index.documents import Document

WITH_READ_MORE = """\
Council approves new bridge
By Jane Roe, Reuters
Published 3 May 2025
The council voted 7-2 on Monday to build a bridge at Saltmarsh.
Read more: Old bridge closed after cracks
Work starts in autumn. It will take three years.
‘Nobody asked us’
Residents of the quay learned of the vote from the radio.
What happens next?
Engineers will survey the river bed. The results come in June.
"""

BULLETED = """\
Dock workers went back to work on Tuesday after nine days.

Union leaders said members had accepted the offer.

RELATED STORIES

• Harbour strike enters second week
• Port owners refuse talks (3 March 2025)
• [Strike fund runs low](https://example.org/fund)
• Harbour strike enters second week

The offer includes a four per cent rise.

(Reporting by Ann Poe in Saltmarsh and Bob Doe; Editing by Carl Coe)
"""

LIST_AMID_PROSE = """\
The bank raised its rate to five per cent on Thursday.
Related:
Crown rises to ten-month high against its neighbours
Builders fear for spring orders
What the new rate means for savers?
The governor said that more steps might follow. Markets had expected as much.
Two members of the board voted against the step.
"""

LIST_THEN_HEADING = """\
The bank raised its rate to five per cent on Thursday.
More on this story
Crown rises to its highest level in ten months
Builders fear for their orders in the spring
Two votes against
The governor said that more steps might follow. Markets had expected as much.
"""

NOTHING_RELATED = "The talks failed on Monday. Both sides left the hall.\n\nNo new date was set."

MENTIONS = """\
Prices rose in May for the fourth month.
Shoppers also see: higher rents, dearer bread and fewer buses, the report said.
Also see how wages fell, the minister told reporters.
Related: the bank said in May that it would act.
Those who want to read more: the report is free, the office said.
Analysts see also a risk of recession.
"""

VERSE = """\
The river runs below the town
And carries leaves and paper boats
The children run along the bank
Until the evening bell is heard

They never ask where rivers go
Or who has built the iron bridge
"""

ONLY_HEADLINES = """\
Harbour strike ends after nine days
Ferry fares to rise in April
Council votes for new bridge
Ice plant opens on north quay
"""

SHORT_PARAGRAPHS = """\
The minister resigned on Monday after a long fight over the budget.
“I have nothing to add.”
She left the hall without taking questions from reporters.
“It was time,” her deputy said.
Not yet.
Her deputy takes over on Tuesday. Nobody knows for how long.
“Will it hold?”
That is what her party asks.
"""

WRAPPED = """\
NORTH PIER CLOSED

The harbour council closed the north pier on Monday after engineers had found
cracks in four of its pillars. Repairs will cost 3.2 million crowns, the head of
Tidewater Works said, and take until June.

Who pays for the repairs

The council wants the state to pay. A spokesman for the ministry said that no
State money had been set aside, and that none would be before the vote on the
budget in autumn.

SEE ALSO:
Pier inspections were late for three years in a row
Fishing crews fear for their moorings this winter
"""

MARKDOWN = """\
# Pier closed after cracks

*By Jane Roe, The Harbour Gazette | 3 May 2025*

The pier closed on Monday. Nobody was hurt.

## What engineers found

Cracks in four pillars. They go deep.

**Read more:** [Old pier reopens](https://example.org/old)
"""


def roles(text: str, role: str, **given: object) -> list[str]:
    """What stands in the article's blocks of one role."""
    article = read_article(text, **given)[0]  # type: ignore[arg-type]
    return [block.span.of(text) for block in article.blocks if block.role == role]


def headlines(text: str) -> list[str]:
    return [document.text for document in read_article(text)[1:]]


def test_the_trade_talks_dossier(shared: Path) -> None:
    text = (shared / "seed" / "us-china-trade-talks.txt").read_text("utf-8")
    article, *related = read_article(text, source="dossier.txt", collection="trade")
    found = [block.role for block in article.blocks]
    assert article.text == text
    assert article.title_derived
    assert 40 < len(article.title) <= 90
    assert text.startswith(article.title.removesuffix("…"))
    assert (found.count("title"), found.count("heading"), found.count("byline"), found.count("cue")) == (0, 4, 1, 2)
    assert article.outlet == "Reuters"
    assert len(article.authors) == 1
    # One headline stands on the line of its cue, ten in the list at the end.
    assert found.count("related") == len(related) == 11
    assert found[-10:] == ["related"] * 10
    for headline in related:
        assert (headline.kind, headline.parent, headline.title) == ("headline", article.id, headline.text)
        assert (headline.source, headline.collection, headline.published) == ("dossier.txt", "trade", None)
        assert headline.text in text


def test_headline_byline_date_headings_and_an_inline_cue() -> None:
    article, headline = read_article(WITH_READ_MORE)
    assert (article.title, article.title_derived) == ("Council approves new bridge", False)
    assert (article.authors, article.outlet, article.published) == (("Jane Roe",), "Reuters", date(2025, 5, 3))
    assert roles(WITH_READ_MORE, "title") == ["Council approves new bridge"]
    assert roles(WITH_READ_MORE, "heading") == ["‘Nobody asked us’", "What happens next?"]
    assert roles(WITH_READ_MORE, "cue") == ["Read more:"]
    assert headline.text == "Old bridge closed after cracks"


def test_what_is_given_wins() -> None:
    article = read_article(
        WITH_READ_MORE, title="A bridge", outlet="Post", authors=("A. Poe",), published=date(2024, 1, 1), language="en"
    )[0]
    assert (article.title, article.outlet, article.authors) == ("A bridge", "Post", ("A. Poe",))
    assert (article.published, article.title_derived) == (date(2024, 1, 1), False)


@pytest.mark.parametrize("given", ["Council Approves New Bridge", "Council approves new bridge | Tidewater Post"])
def test_a_first_line_that_repeats_the_given_title_is_the_title(given: str) -> None:
    assert roles(WITH_READ_MORE, "title", title=given) == ["Council approves new bridge"]


def test_a_bulleted_list_with_a_date_a_link_and_a_repetition() -> None:
    article, *related = read_article(BULLETED)
    assert [headline.text for headline in related] == [
        "Harbour strike enters second week", "Port owners refuse talks", "Strike fund runs low",
    ]  # fmt: skip
    assert [headline.published for headline in related] == [None, date(2025, 3, 3), None]
    assert related[2].url == "https://example.org/fund"
    assert roles(BULLETED, "related").count("Harbour strike enters second week") == 2
    assert roles(BULLETED, "body")[-1] == "The offer includes a four per cent rise."
    assert len(roles(BULLETED, "byline")) == 1
    assert article.authors == ("Ann Poe", "Bob Doe")
    assert (article.title, article.title_derived) == ("Dock workers went back to work on Tuesday after nine days", True)


def test_prose_resumes_after_a_list() -> None:
    assert len(headlines(LIST_AMID_PROSE)) == 3
    assert [line.split()[0] for line in roles(LIST_AMID_PROSE, "body")] == ["The", "The", "Two"]


def test_a_short_line_between_a_list_and_prose_heads_the_prose() -> None:
    assert len(headlines(LIST_THEN_HEADING)) == 2
    assert roles(LIST_THEN_HEADING, "heading") == ["Two votes against"]


@pytest.mark.parametrize("text", [NOTHING_RELATED, MENTIONS, VERSE, ONLY_HEADLINES, SHORT_PARAGRAPHS])
def test_all_body(text: str) -> None:
    documents = read_article(text)
    assert len(documents) == 1
    assert {block.role for block in documents[0].blocks} == {"body"}
    assert documents[0].title_derived


def test_a_wrapped_text_is_put_together() -> None:
    article = read_article(WRAPPED)[0]
    assert article.title == "NORTH PIER CLOSED"
    assert roles(WRAPPED, "heading") == ["Who pays for the repairs"]
    first, second = roles(WRAPPED, "body")
    assert first.startswith("The harbour council")
    assert first.endswith("take until June.")
    assert second.endswith("in autumn.")
    assert len(headlines(WRAPPED)) == 2


def test_markdown() -> None:
    article, headline = read_article(MARKDOWN)
    assert (article.title, article.outlet) == ("Pier closed after cracks", "The Harbour Gazette")
    assert article.published == date(2025, 5, 3)
    assert roles(MARKDOWN, "heading") == ["What engineers found"]
    assert (headline.text, headline.url) == ("Old pier reopens", "https://example.org/old")


def test_nothing_but_a_list_still_has_a_title() -> None:
    article, *related = read_article(f"Also read:\n{ONLY_HEADLINES}")
    assert len(related) == 4
    assert article.title == "Harbour strike ends after nine days"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ALSO SEE: Ferry fares to rise", "Ferry fares to rise"),
        ("Also see – Ferry fares to rise", "Ferry fares to rise"),
        ("[READ MORE: Ferry fares to rise]", "Ferry fares to rise"),
        ("MORE:Ferry fares rise. Here's why.", "Ferry fares rise. Here's why."),
        ("RELATED | Ferry fares to rise", "Ferry fares to rise"),
        ("Lire aussi : Les prix montent", "Les prix montent"),
        ("Watch: Ferry sails for the first time", "Ferry sails for the first time"),
    ],
)
def test_inline_cues(line: str, words: str) -> None:
    assert headlines(f"The ferry sails at noon.\n{line}\nIt is always full.") == [words]


@pytest.mark.parametrize(
    "cue",
    [
        "See also", "RELATED", "Read next:", "You may also like", "More from the Harbour Gazette", "Don’t miss",
        "» Top stories",
    ],
)  # fmt: skip
def test_cue_lines(cue: str) -> None:
    text = f"The ferry sails at noon. It is always full.\n\n{cue}\n\nFerry fares to rise\n\nPier closed again\n"
    assert headlines(text) == ["Ferry fares to rise", "Pier closed again"]


def test_lists_in_the_body_are_neither_headings_nor_headlines() -> None:
    text = "The council will vote on three plans:\nA bridge\nA tunnel\nA ferry\nThe vote is on Monday. It is public."
    assert {block.role for block in read_article(text)[0].blocks} == {"body"}


def test_no_text_is_an_article_without_anything() -> None:
    for text in ("", " \n\n "):
        assert read_article(text) == [Document(text, title_derived=True)]


LINES = st.one_of(
    st.sampled_from(
        [
            *WITH_READ_MORE.splitlines(), *BULLETED.splitlines(), *MARKDOWN.splitlines(), *VERSE.splitlines(),
            "ALSO SEE:", "Related: One headline here | Another headline there", "- ", "(Read more: )", "Reuters",
            "CNN —", "**", "#", "# ", "[", "…", "By", "Jane Roe", "Harbour Gazette", "\u2028", "More:", "1. First",
        ]
    ),
    st.text(max_size=80),
)  # fmt: skip
PAGES = st.lists(LINES, max_size=25).flatmap(
    lambda lines: st.sampled_from(["\n", "\n\n", "\r\n"]).map(lambda end: end.join(lines))
)


NO_WORDS = re.compile(r"\]\(\S+\)|\(3 March 2025\)|\b\d+[.)]|_")
"""Addresses, dates and numbers of items beside a headline are no part of it."""


@given(PAGES)
@example("Related:\n- [Strike fund runs low](https://a.example/f) as talks go on\n- [Ice](/i) melts, says mayor")
@example(WRAPPED)
@example(LIST_THEN_HEADING)
def test_blocks_are_in_order_hold_text_and_leave_no_word_out(text: str) -> None:
    article, *related = read_article(text)
    assert article.text == text
    last = 0
    outside = ""
    for block in article.blocks:
        outside += f"{text[last : block.start]}\n"
        assert last <= block.start < block.end <= len(text)
        assert text[block.start : block.end].strip() == text[block.start : block.end]
        last = block.end
    assert not re.search(r"\w", NO_WORDS.sub("", outside + text[last:]))
    found = {" ".join(words.split()).casefold() for words in roles(text, "related")}
    assert len(related) <= len(found)
    for headline in related:
        assert headline.text in text
        assert headline.parent == article.id
    assert len({headline.id for headline in related}) == len(related)
    assert bool(article.title) == bool(text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000_000,
        "word " * 1_000_000,
        "*" * 2_000_000,
        "Read more:\n" + "A headline about ferries\n" * 50_000,
        "A heading here\nA sentence of words stands here.\n" * 25_000,
        "ALSO SEE: A headline about ferries\n" * 50_000,
    ],
    ids=["no space", "one line", "stars", "list", "headings", "cues"],
)
def test_time_is_linear(text: str) -> None:
    start = time.process_time()
    read_article(text)
    assert time.process_time() - start < 10
