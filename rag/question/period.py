"""What the dates of a question do to the search: passages of that time come first, and none is shut out.

A report appears after what it tells of, and an announcement before it, so the days asked for are widened; and since an
archive often says the right thing at another time, a date prefers and does not exclude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from index.documents import Filters, Hit
from rag.dates import TimeExpression

_ANNOUNCED, _REPORTED = timedelta(days=7), timedelta(days=14)
"""How long before and after its day an event is written about."""
PREFERENCE = 0.15
"""Added to the search score, in [0, 1], of a passage of the right time; chosen on development halves."""


@dataclass(frozen=True)
class WantedPeriod:
    """The days on which a passage should have been published, and whether the newest is wanted."""

    since: date | None = None
    until: date | None = None
    newest: bool = False

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.newest)

    def holds(self, day: date | None) -> bool:
        """Whether a day lies inside; an unknown one lies nowhere."""
        if day is None or not (self.since or self.until):
            return False
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def within(self, filters: Filters) -> Filters | None:
        """Filters for a search inside the period; None where the asker has set dates or there is none."""
        if filters.since or filters.until or not (self.since or self.until):
            return None
        return replace(filters, since=self.since, until=self.until)


def wanted_period(times: Sequence[TimeExpression]) -> WantedPeriod:
    """What the expressions of a question ask for together; contradictory ones ask for nothing."""
    since = max((time.since - _ANNOUNCED for time in times if time.since), default=None)
    until = min((time.until + _REPORTED for time in times if time.until), default=None)
    newest = any(time.order == "latest" for time in times)
    if since and until and since > until:
        since = until = None
    return WantedPeriod(since, until, newest)


def prefer_period(hits: Sequence[Hit], wanted: WantedPeriod, most: int) -> tuple[Hit, ...]:
    """At most `most` hits, each once, those of the right time raised; the order is that of the new scores."""
    once = {hit.passage.id: hit for hit in reversed(hits)}
    newest = max((hit.document.published for hit in once.values() if hit.document.published), default=None)
    raised = [
        replace(hit, score=hit.score + PREFERENCE * _fits(hit.document.published, wanted, newest))
        for hit in reversed(once.values())
    ]
    return tuple(sorted(raised, key=lambda hit: -hit.score)[:most])


def _fits(day: date | None, wanted: WantedPeriod, newest: date | None) -> float:
    """How well a passage's day fits, in [0, 1]; where the newest is wanted, a month halves it."""
    if wanted.holds(day):
        return 1.0
    if wanted.newest and day and newest:
        return float(0.5 ** ((newest - day).days / 30))
    return 0.0
