"""Stretches of days: calendar units, parts of them, and which of many Octobers is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from rag.english.grammar import Tense

Which = Literal["", "last", "this", "next"]

_ONE_DAY = timedelta(days=1)
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
VAGUE = {"hour": 24, "day": 7, "week": 4, "month": 6, "year": 5, "decade": 3}
"""What "a few" and "recent" are taken for."""
_REACH = range(-8, 9)
"""Occurrences looked at on either side of today: 29 February can be eight years away."""


class Period(NamedTuple):
    """Days from `since` to `until`, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Recurring:
    """A period that comes back: `nth(0)` is near today, `nth(-1)` the one before; errors and None are skipped."""

    nth: Callable[[int], Period | None]
    which: Which = ""

    def all(self) -> list[Period]:
        """The occurrences near today, in their order."""
        return [period for k in _REACH if (period := self._at(k)) is not None]

    def choose(self, today: date, tense: Tense) -> Period | None:
        """The one that is meant: by "last", "this" or "next", else by the tense; None where the calendar ends."""
        periods = self.all()
        forward = self.which == "next" or (self.which != "last" and tense == "future")
        if self.which == "this":
            if tense == "neutral":
                return next((p for p in periods if p.since <= today <= p.until), self._at(0))
            fitting = [p for p in periods if (p.until >= today if forward else p.since <= today)]
        elif self.which == "" and tense == "neutral":
            return min(periods, key=lambda p: max((p.since - today).days, (today - p.until).days, 0), default=None)
        elif self.which == "":
            fitting = [p for p in periods if (p.until > today if forward else p.since <= today)]
        else:
            fitting = [p for p in periods if (p.since > today if forward else p.until < today)]
        if not fitting:
            return None
        return fitting[0 if forward else -1]

    def _at(self, k: int) -> Period | None:
        try:
            return self.nth(k)
        except (ValueError, OverflowError):
            return None


Reading = Period | Recurring


def months(year: int, month: int, count: int = 1) -> Period:
    """Whole months; `month` may lie outside 1–12. Raises ValueError or OverflowError outside the years 1–9998."""
    first, after = (date(*_month(year, month + shift), 1) for shift in (0, count))
    return Period(first, after - _ONE_DAY)


def season(year: int, name: str) -> Period:
    """Three whole months of the northern year: spring is March to May; winter begins in December of that year."""
    return months(year, _SEASONS[name], 3)


def unit(name: str, today: date, k: int) -> Period:
    """The k-th calendar unit from today's. Raises ValueError or OverflowError where the calendar ends."""
    if name in {"hour", "day"}:
        day = today + k * _ONE_DAY
        return Period(day, day)
    if name in {"week", "weekend"}:
        monday = today + timedelta(days=7 * k - today.weekday())
        return Period(monday + timedelta(days=5 * (name == "weekend")), monday + timedelta(days=6))
    size = _MONTHS_IN[name]
    whole = (today.year * 12 + today.month - 1) // size + k
    return months(0, whole * size + 1, size)


def rolling(name: str, count: int, today: date) -> Period:
    """The last `count` units up to and with today; a negative count looks forward from today."""
    if name in {"hour", "day", "week"}:
        days = {"hour": abs(count) // 24, "day": abs(count) - 1, "week": 7 * abs(count) - 1}[name]
        far = today - timedelta(days=days) if count > 0 else today + timedelta(days=days)
    else:
        far = _shifted(today, -count * _MONTHS_IN[name]) + (_ONE_DAY if count > 0 else -_ONE_DAY)
    return Period(min(far, today), max(far, today))


def part(period: Period, which: str) -> Period:
    """A third or a half: of whole months where the period is longer than one, else of days, the rest going last.

    `which` is "early", "mid", "late", "first half", "second half", or "first" and "last" with a number of days.
    """
    length = (period.until - period.since).days + 1
    whole = (period.until.year - period.since.year) * 12 + period.until.month - period.since.month + 1
    if which.startswith(("first ", "last ")) and which.split()[1].isdigit():
        days = timedelta(days=min(int(which.split()[1]), length) - 1)
        if which.startswith("first"):
            return Period(period.since, period.since + days)
        return Period(period.until - days, period.until)
    at, of = {"early": (0, 3), "mid": (1, 3), "late": (2, 3), "first half": (0, 2), "second half": (1, 2)}[which]
    by_month = length > 31
    size = (whole if by_month else length) // of
    since = _shifted(period.since, at * size) if by_month else period.since + timedelta(days=at * size)
    if at == of - 1:
        return Period(since, period.until)
    after = _shifted(since, size) if by_month else since + timedelta(days=size)
    return Period(since, after - _ONE_DAY)


def joined(first: Reading, last: Reading, today: date, tense: Tense) -> Period | None:
    """From the one to the other: the end whose year is sure, else the first by its tense, draws the other near."""
    if isinstance(first, Recurring) and isinstance(last, Recurring):
        if last.which and not first.which:
            last = last.choose(today, tense) or last
        else:
            first = first.choose(today, tense) or first
    if isinstance(first, Recurring) and isinstance(last, Period):
        before = [p for p in first.all() if p.since <= last.since]
        first = before[-1] if before else first
    elif isinstance(first, Period) and isinstance(last, Recurring):
        last = next((p for p in last.all() if p.until >= first.since), last)
    if isinstance(first, Recurring) or isinstance(last, Recurring) or first.since > last.until:
        return None
    return Period(first.since, last.until)


def _month(year: int, month: int) -> tuple[int, int]:
    year, month = divmod(year * 12 + month - 1, 12)
    return year, month + 1


def _shifted(day: date, by: int) -> date:
    year, month = _month(day.year, day.month + by)
    last = months(year, month).until
    return min(date(year, month, 1) + timedelta(days=day.day - 1), last)
