"""The corpus card: what it counts, which gaps it sees, and what it says in a terminal."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from index.card import CorpusCard, Gap, Period, gaps, period_of, read_card
from index.catalog.unreadable import Unreadable, UnreadableFile
from index.documents import Document
from index.duplicates.clusters import CopyCount
from index.embedders.hashing import HashingEmbedder
from index.errors import IndexNotFound
from index.reports import IndexInfo
from index.search import Index
from ui.cli import app
from ui.cli.terminal import MOST_LISTED, card_text

WIRE = (
    "The harbour of Aldervik was closed on Monday after a crane fell into the basin. Nobody was hurt, the harbour "
    "master said, but two trawlers were sunk and a third took water. Divers from Torvik will look at the wreck when "
    "the wind drops, and the port hopes to open its northern half to the mail boat by Thursday evening."
)
GEESE = (
    "Two hundred geese stopped the trains near Holmby for an hour, the railway said. They had broken through a fence "
    "that was put up last year for 40,000 crowns. A farmer led them home with a bucket of barley, while passengers "
    "of the morning express watched from the windows and a guard counted the birds."
)
DAYS = st.lists(st.dates(date(1, 1, 1), date(9999, 12, 31)), max_size=30).map(lambda days: sorted(set(days)))


def card_of(tmp_path: Path, *documents: Document) -> CorpusCard:
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        index.add_documents(documents)
    return read_card(tmp_path / "i")


def step(*lengths: int) -> list[date]:
    """Days that follow each other at these distances, from a Monday on."""
    days = [date(2025, 3, 3)]
    for length in lengths:
        days.append(days[-1] + timedelta(days=length))
    return days


def card(**other: object) -> CorpusCard:
    """A card of an archive that is described only."""
    info = IndexInfo("i", 1, 3, 4, {"article": 3}, {"": 3}, {"default": 3}, "2025-03-03", "2025-03-05", "hashing", 8, 9)
    facts: dict[str, object] = {
        "info": info, "languages": {"en": 3}, "months": {"2025-03": 3}, "undated": {}, "gaps_in": "day", "gaps": (),
        "copies": CopyCount(), "unreadable": Unreadable(),
    }  # fmt: skip
    return CorpusCard(**(facts | other))  # type: ignore[arg-type]


# What is counted


def test_documents_are_counted_by_what_is_known_of_them(index: Index) -> None:
    known = read_card(index.path)
    assert known.info == index.info()
    assert known.months == {"2025-03": 3}
    assert known.undated == {"headline": 1}
    assert known.info.collections == {"default": 3, "transport": 1}
    assert known.info.outlets == {"Tidewater Post": 2, "": 1, "Island Wire": 1}


def test_languages_and_months_are_counted(tmp_path: Path) -> None:
    documents = [
        Document("Broen er lukket.", key="a", language="da", published=date(2024, 12, 31)),
        Document("The bridge is closed.", key="b", language="en", published=date(2025, 1, 1)),
        Document("The bridge is open again.", key="c", language="en", published=date(2025, 1, 31)),
    ]
    known = card_of(tmp_path, *documents)
    assert known.languages == {"en": 2, "da": 1}
    assert known.months == {"2024-12": 1, "2025-01": 2}
    assert known.undated == {}


def test_copies_are_counted_with_the_largest_cluster(tmp_path: Path) -> None:
    def printed(key: str, text: str, title: str) -> Document:
        return Document(text, key=key, title=title, outlet=key)

    known = card_of(
        tmp_path,
        printed("a", GEESE, "Geese"), printed("b", GEESE, "Geese on the line"),
        printed("c", WIRE, "Crane falls"), printed("d", WIRE, "Harbour shut"), printed("e", WIRE, "Crane in basin"),
        printed("f", "Rain is expected in the north of the island on Thursday.", "Rain"),
    )  # fmt: skip
    assert known.copies is not None
    assert (known.copies.documents, known.copies.clusters, known.copies.largest) == (5, 2, 3)
    assert known.copies.largest_title == "Crane falls"


def test_a_copy_that_goes_is_no_longer_counted(tmp_path: Path) -> None:
    one, other = Document(WIRE, key="a", outlet="a"), Document(WIRE, key="b", outlet="b")
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        index.add_documents([one, other])
        assert index._engine.catalog.copy_count() == CopyCount(2, 1, 2, one.id)
        index.remove([other.id])
    assert read_card(tmp_path / "i").copies == CopyCount()


def test_an_empty_index_has_a_card(tmp_path: Path) -> None:
    known = card_of(tmp_path)
    assert (known.info.documents, known.months, known.gaps, known.copies) == (0, {}, (), CopyCount())
    assert "documents    0" in card_text(known)


def test_a_card_of_no_index_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="dateline index add"):
        read_card(tmp_path)


# Gaps


@pytest.mark.parametrize(
    ("days", "period"),
    [
        ([], "day"),
        (step(), "day"),
        (step(*[1] * 9, 400), "day"),  # nine steps in ten
        (step(*[1] * 8, 400), "month"),
        (step(*[1, 1, 1, 1, 3] * 8), "week"),  # weekdays only
        (step(*[7] * 9, 8), "week"),
        (step(*[7] * 8, 8), "month"),
        (step(30, 31, 30), "month"),
    ],
)
def test_the_period_follows_from_the_density_of_the_archive(days: list[date], period: Period) -> None:
    assert period_of(days) == period


def test_gaps_are_whole_periods_without_a_document() -> None:
    days = [date(2024, 12, 30), date(2025, 1, 20), date(2025, 3, 1)]  # a Monday, a Monday, a Saturday
    assert list(gaps(days, "day")) == [Gap("2024-12-31", "2025-01-19", 20), Gap("2025-01-21", "2025-02-28", 39)]
    assert list(gaps(days, "week")) == [Gap("2025-01-06", "2025-01-19", 2), Gap("2025-01-27", "2025-02-23", 4)]
    assert list(gaps(days, "month")) == [Gap("2025-02-01", "2025-02-28", 1)]


@given(days=DAYS, period=st.sampled_from(["day", "week", "month"]))
def test_no_document_lies_in_a_gap_and_one_lies_beside_it(days: list[date], period: Period) -> None:
    found = list(gaps(days, period))
    longest = {"day": 1, "week": 7, "month": 31}[period]
    for gap in found:
        first, last = date.fromisoformat(gap.first), date.fromisoformat(gap.last)
        assert not [day for day in days if first <= day <= last]
        assert [day for day in days if first - timedelta(days=longest) <= day < first]
        assert [day for day in days if last < day and (day - last).days <= longest]
    assert found == sorted(found, key=lambda gap: gap.first)


@given(days=DAYS)
def test_days_in_gaps_and_days_with_documents_are_all_there_are(days: list[date]) -> None:
    missing = sum(gap.periods for gap in gaps(days, "day"))
    assert missing + len(days) == ((days[-1] - days[0]).days + 1 if days else 0)


def test_the_card_of_a_daily_archive_names_the_days_it_lacks(tmp_path: Path) -> None:
    days = step(*[1] * 10, 5, *[1] * 10)
    known = card_of(tmp_path, *(Document(f"News of day {n}.", key=str(n), published=d) for n, d in enumerate(days)))
    assert (known.gaps_in, known.gaps) == ("day", (Gap("2025-03-14", "2025-03-17", 4),))
    assert "gaps         4 days without a document: 2025-03-14 to 2025-03-17\n" in card_text(known)


# What is shown


def test_long_lists_are_cut_and_say_how_much_more_there_is() -> None:
    many = {f"l{n:02}": 50 - n for n in range(MOST_LISTED + 5)}
    listed = tuple(UnreadableFile("default", f"/news/{n:02}", "is empty") for n in range(MOST_LISTED + 1))
    text = card_text(card(languages=many, unreadable=Unreadable(2_000_000, listed)))
    assert "l09: 41, and 5 more\n" in text
    assert "l10" not in text
    assert "unreadable   2,000,000 files\n" in text
    assert f"/news/09: is empty\n{'':<12} and 1,999,990 more\n" in text
    assert "/news/10" not in text


def test_of_many_gaps_the_longest_are_shown_in_their_order() -> None:
    short = [Gap(f"2025-01-{n:02}", f"2025-01-{n:02}", 1) for n in range(1, 2 * MOST_LISTED, 2)]
    text = card_text(card(gaps=(*short, Gap("2025-02-01", "2025-02-09", 9))))
    assert f"{MOST_LISTED + 9} days without a document: 2025-01-01, " in text
    assert "2025-02-01 to 2025-02-09, and 1 more\n" in text


def test_many_months_are_shown_as_years_newest_first() -> None:
    months = {f"{2023 + n // 12}-{n % 12 + 1:02}": 2 for n in range(14)}
    assert "years        2024: 4, 2023: 24\n" in card_text(card(months=months))
    twelve = dict(list(months.items())[:12])
    assert "2023-12: 2\n" in card_text(card(months=twelve))


def test_months_without_a_document_are_named_as_months() -> None:
    missing = (Gap("2025-02-01", "2025-02-28", 1), Gap("2025-04-01", "2025-06-30", 3))
    text = card_text(card(gaps_in="month", gaps=missing))
    assert "gaps         4 months without a document: 2025-02, 2025-04 to 2025-06\n" in text


def test_what_was_never_compared_is_not_called_free_of_copies() -> None:
    assert "copies       not looked for yet" in card_text(card(copies=None))
    assert "copies       none\n" in card_text(card())


def test_a_title_cannot_drive_the_terminal() -> None:
    hostile = UnreadableFile("default", "/news/\x1b[31ma\n.txt", "is \u202eempty")
    counted = CopyCount(2, 1, 2, "id", "Red \x1b[31m alert")
    text = card_text(card(unreadable=Unreadable(1, (hostile,)), copies=counted))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_command_prints_the_card_without_loading_an_encoder(index: Index) -> None:
    # The index was made with the hashing embedder: a command that opened it with the default one would refuse it.
    index.close()
    arguments = ["index", "info", "--index", str(index.path)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "outlets      Tidewater Post: 2, -: 1, Island Wire: 1\n" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert told["documents"] == 4
    assert told["months"] == {"2025-03": 3}
    assert told["copies"]["documents"] == 0
    assert told["unreadable"] == {"files": 0, "listed": []}
    assert "questions" not in told
