"""Bylines, credits, dates and titles of an article, line by line."""

from __future__ import annotations

from datetime import date

import pytest
from test_article import roles

from index.article.article import read_article


@pytest.mark.parametrize(
    ("byline", "authors", "outlet"),
    [
        ("By Jane Roe, Reuters", ("Jane Roe",), "Reuters"),
        ("Jane Roe | Reuters", ("Jane Roe",), "Reuters"),
        ("By Jane Roe and Bob Doe", ("Jane Roe", "Bob Doe"), ""),
        ("BY JANE ROE", ("JANE ROE",), ""),
        ("By Jane Roe in Saltmarsh for the Harbour Gazette", ("Jane Roe",), "Harbour Gazette"),
        ("By Ursula van den Berg, Political Editor", ("Ursula van den Berg",), ""),
        ("By The Associated Press", (), "AP"),
    ],
)
def test_bylines_at_the_top(byline: str, authors: tuple[str, ...], outlet: str) -> None:
    text = f"Ferry fares to rise\n{byline}\nFares rise by eight per cent in April, the operator said."
    article = read_article(text)[0]
    assert (article.title, article.authors, article.outlet) == ("Ferry fares to rise", authors, outlet)
    assert roles(text, "byline") == [byline]


@pytest.mark.parametrize(
    ("credit", "authors", "outlet"),
    [
        ("Reuters with additional writing and editing by Jane Roe", ("Jane Roe",), "Reuters"),
        ("Reporting by Jane Roe; editing by Bob Doe", ("Jane Roe",), ""),
        ("Editing by Bob Doe", (), ""),
        ("Source: AFP", (), "AFP"),
        ("The Associated Press contributed to this report.", (), ""),
    ],
)
def test_credits_at_the_end(credit: str, authors: tuple[str, ...], outlet: str) -> None:
    text = f"Fares rise in April. The operator blames fuel.\n{credit}\nRelated:\nPier closed again"
    article = read_article(text)[0]
    assert (article.authors, article.outlet) == (authors, outlet)
    assert roles(text, "byline") == [credit]


@pytest.mark.parametrize(
    "sentence",
    [
        "By Monday the ferry had sailed.",
        "Reporting by Reuters found that the ministry had known.",
        "Reuters reported on Monday that fares would rise.",
        "By the time that editing by committee ended, it was May.",
    ],
)
def test_sentences_are_no_bylines(sentence: str) -> None:
    assert roles(f"{sentence}\nThe operator blames fuel prices.", "byline") == []


@pytest.mark.parametrize(
    ("top", "published"),
    [
        ("3 May 2025", date(2025, 5, 3)),
        ("Published: Saturday, May 3rd, 2025 at 10:30 GMT", date(2025, 5, 3)),
        ("2025-05-03", date(2025, 5, 3)),
        ("Published 3 May 2025\nUpdated 5 May 2025", date(2025, 5, 3)),
        ("3 May 2025\n5 May 2025", None),
        ("05/03/2025", None),
        ("31 February 2025", None),
    ],
)
def test_dates_near_the_top(top: str, published: date | None) -> None:
    assert read_article(f"Ferry fares to rise\n{top}\nFares rise in April.")[0].published == published


def test_a_dateline_tells_agency_and_day_and_is_no_title() -> None:
    article = read_article("LONDON, May 3, 2025 (Reuters) - The bank raised its rate. Markets fell.")[0]
    assert (article.outlet, article.published) == ("Reuters", date(2025, 5, 3))
    assert article.title == "The bank raised its rate"


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("Fares rise in April.", "Fares rise in April"),
        # The last comma within 90 characters, else the first clause in their last two fifths, else the last word.
        (
            "Fares on all ferries of the northern line rise in April, the operator said on Monday, because of fuel.",
            "Fares on all ferries of the northern line rise in April, the operator said on Monday…",
        ),
        (
            "Fares on all the ferries of the northern line rise once more before the start of the season in April.",
            "Fares on all the ferries of the northern line rise once more…",
        ),
        ("word" * 100, "word" * 22 + "w…"),
    ],
)
def test_derived_titles(first: str, title: str) -> None:
    article = read_article(f"{first}\nThe operator blames fuel prices.")[0]
    assert (article.title, article.title_derived) == (title, True)
    assert len(article.title) <= 90
