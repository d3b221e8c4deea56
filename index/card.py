"""The corpus card: what a newcomer wants to know of an archive. It needs neither the encoder nor a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from index.atomic_files import folder_bytes
from index.catalog.access import CATALOG, require_index
from index.catalog.catalog import Catalog
from index.catalog.tally import Tally
from index.catalog.unreadable import Unreadable
from index.duplicates.clusters import CopyCount
from index.engines.base import DocumentStore
from index.reports import IndexInfo

Period = Literal["day", "week", "month"]

_WITHIN: tuple[tuple[Period, int], ...] = (("day", 1), ("week", 7))
"""The days from one date to the next that each period allows."""
_OF_TEN = 9
"""Of ten steps from one date to the next a period must allow so many: a hole then makes a gap, a weekend none."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive whole periods without a document: their first and last day, and how many they are."""

    first: str
    last: str
    periods: int


@dataclass(frozen=True)
class CorpusCard:
    """What an index holds and what it lacks.

    `languages`, `months` ("2025-10") and `undated` count documents, the last by kind. `gaps` are in periods of
    `gaps_in`. `copies` is None where no change has yet been clustered.
    """

    info: IndexInfo
    languages: dict[str, int]
    months: dict[str, int]
    undated: dict[str, int]
    gaps_in: Period
    gaps: tuple[Gap, ...]
    copies: CopyCount | None
    unreadable: Unreadable

    def to_json(self) -> dict[str, Any]:
        """The card as plain JSON, the facts of `info` beside the others."""
        facts = asdict(self)
        return {**facts.pop("info"), **facts}


def read_card(folder: Path) -> CorpusCard:
    """The card of the index in a folder, all of one generation. Raises IndexNotFound, IndexCorrupt, IndexMismatch."""
    require_index(folder)
    with closing(Catalog(folder / CATALOG)) as catalog, closing(catalog.pinned()) as now:
        counted = now.tally()
        days = [date.fromisoformat(day) for day in counted.days]
        period = period_of(days)
        months = Counter[str]()
        for day, count in counted.days.items():
            months[day[:7]] += count
        return CorpusCard(
            info=info_of(now, folder, counted), languages=counted.languages, months=dict(months),
            undated=counted.undated, gaps_in=period, gaps=tuple(gaps(days, period)), copies=now.copy_count(),
            unreadable=now.unreadable(),
        )  # fmt: skip


def info_of(catalog: DocumentStore, folder: Path, counted: Tally) -> IndexInfo:
    """Counts, dates and identity of the index in a folder."""
    facts, days = catalog.meta(), list(counted.days)
    return IndexInfo(
        path=str(folder), generation=int(facts["generation"]), documents=sum(counted.kinds.values()),
        passages=counted.passages, kinds=counted.kinds, outlets=counted.outlets, collections=counted.collections,
        first_date=days[0] if days else None, last_date=days[-1] if days else None,
        embedder=facts["embedder"], dimension=int(facts["dimension"]),
        size_bytes=folder_bytes(folder),
    )  # fmt: skip


def period_of(days: Sequence[date]) -> Period:
    """The period in which gaps are told, from the days that have a document, rising.

    Days where nine in ten of the steps from one such day to the next are of one day, else weeks where nine in ten are
    of at most seven, else months.

    >>> period_of([date(2025, 3, day) for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)])  # weekdays only
    'week'
    >>> period_of([date(2025, 3, 3), date(2025, 5, 9)])
    'month'
    """
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    for period, longest in _WITHIN:
        if 10 * sum(step <= longest for step in steps) >= _OF_TEN * len(steps):
            return period
    return "month"


def gaps(days: Sequence[date], period: Period) -> Iterator[Gap]:
    """The whole periods between the first and the last of the days in which none of them lies; the days rise.

    >>> list(gaps([date(2025, 1, 31), date(2025, 4, 1)], "month"))
    [Gap(first='2025-02-01', last='2025-03-31', periods=2)]
    """
    for earlier, later in pairwise(_place(day, period) for day in days):
        if later - earlier > 1:
            last = _first_day(later, period) - timedelta(days=1)
            yield Gap(_first_day(earlier + 1, period).isoformat(), last.isoformat(), later - earlier - 1)


def _place(day: date, period: Period) -> int:
    """The number of the period in which a day lies; weeks begin on Monday, as the first day of year 1 was one."""
    if period == "month":
        return day.year * 12 + day.month - 1
    return day.toordinal() if period == "day" else (day.toordinal() - 1) // 7


def _first_day(place: int, period: Period) -> date:
    if period == "month":
        return date(place // 12, place % 12 + 1, 1)
    return date.fromordinal(place if period == "day" else place * 7 + 1)
