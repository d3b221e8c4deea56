"""Written dates → dates, where they can mean one day only."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from index.lexicon import MONTH, WEEKDAY, month_number

_MONTH = rf"(?P<month>{MONTH})\.?"
_WEEKDAY = rf"(?:{WEEKDAY}\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_TIME = (
    r"(?:(?:\s*,?\s*(?:at\s+)?|t)\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?"
    r"(?:\s*(?:z|[a-z]{2,5}|[+-]\d{2}:?\d{2}|\([a-z ]+\)))*)?"
)
_WRITTEN = tuple(
    re.compile(rf"{pattern}{_TIME}", re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"{_WEEKDAY}{_DAY}[\s-]+(?:of\s+)?{_MONTH}[\s,-]+{_YEAR}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_YEAR}",
    )
)
_EPOCH = re.compile(r"(?P<seconds>\d{9,10})(?:\.\d+)?|(?P<milliseconds>\d{12,13})", re.ASCII)
_YEARS = range(1600, 2101)
"""Outside of these a year is a placeholder or a slip."""


def parse_date(written: str) -> date | None:
    """The day that a string names, as written: a time zone does not shift it.

    Takes ISO 8601 with or without time, "23 October 2025", "Oct. 23, 2025", RFC 822 and seconds or milliseconds since
    1970 (in UTC). None for all else, and for what can be read in two ways.

    >>> parse_date("Thu, 23 Oct 2025 22:10:00 -0400")
    datetime.date(2025, 10, 23)
    >>> parse_date("03/04/2025") is None
    True
    """
    words = written.strip()
    if len(words) > 80:
        return None
    if epoch := _EPOCH.fullmatch(words):
        seconds = int(epoch["seconds"] or int(epoch["milliseconds"]) // 1000)
        return datetime.fromtimestamp(seconds, UTC).date()
    match = next((match for pattern in _WRITTEN if (match := pattern.fullmatch(words))), None)
    return _day(match) if match else None


def _day(match: re.Match[str]) -> date | None:
    if int(match["year"]) not in _YEARS:
        return None
    try:
        return date(int(match["year"]), month_number(match["month"]), int(match["day"]))
    except ValueError:
        return None
