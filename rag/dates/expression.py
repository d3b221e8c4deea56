"""A time expression of a question and how it is shown to the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Order = Literal["latest", "earliest"]
Relation = Literal["before", "after", "during"]

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """Words of a question that say when, and what they mean on the day of asking.

    `since` and `until` are inclusive; None is open. `event` names what only the archive can date, and `relation` says
    on which side of it the question looks; an event whose date stands beside it ("Monday's vote") has bounds as well.
    """

    text: str
    start: int
    end: int
    since: date | None
    until: date | None
    order: Order | None = None
    event: str = ""
    relation: Relation | None = None

    def describe(self) -> str:
        """The words with the days they were taken for.

        >>> TimeExpression("in October", 0, 10, date(2025, 10, 1), date(2025, 10, 31)).describe()
        'in October [1–31 Oct 2025]'
        """
        days = _days(self.since, self.until) or (self.order if self.order != self.text.casefold() else "")
        return f"{self.text} [{days}]" if days else self.text


def _days(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        if since is not None:
            return f"from {_day(since)}"
        return f"until {_day(until)}" if until is not None else ""
    if since == until:
        return _day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}–{_day(until)}"
    if since.year == until.year:
        return f"{since.day} {_MONTHS[since.month - 1]} – {_day(until)}"
    return f"{_day(since)} – {_day(until)}"


def _day(day: date) -> str:
    # strftime would write the months of the machine's locale.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
