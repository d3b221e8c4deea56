"""What a match of a date's pattern means: a period or one that comes back; None where it is no date.

Raises ValueError or OverflowError where the calendar has no such day.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import count

from rag.dates.names import (
    MONTHS,
    OWNERS,
    WEEKDAYS,
    is_mere_word,
    is_month,
    is_weekday,
    is_year,
    word_after,
    words_before,
)
from rag.dates.periods import VAGUE, Period, Reading, Recurring, Which, months, rolling, season, unit

COUNTS = dict(
    zip(
        """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty""".split(),
        count(1),
        strict=False,
    )
) | {"a": 1, "an": 1, "a couple of": 2, "couple of": 2, "a dozen": 12, "thirty": 30, "forty": 40, "fifty": 50}
VAGUELY = ("a few", "few", "several")

_WHICH: dict[str, Which] = {
    "last": "last", "past": "last", "previous": "last", "this": "this", "next": "next", "coming": "next",
}  # fmt: skip
_SHIFT = {"last": -1, "this": 0, "next": 1}
_DAYS = {
    "today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1, "last night": -1, "this morning": 0, "this afternoon": 0,
    "this evening": 0, "the day before yesterday": -2, "the day after tomorrow": 2,
}  # fmt: skip
_ORDINALS = {"fi": 0, "se": 1, "th": 2, "fo": 3, "1s": 0, "2n": 1, "3r": 2, "4t": 3, "q1": 0, "q2": 1, "q3": 2, "q4": 3}
_AFTER_A_DAY = frozenset(
    "in at with by and or to did does do was were will is who what when where why how until".split()
)
_BEFORE_A_DAY = frozenset("on since until till by before after from to between and".split())
_ROLLING = frozenset("in over during within for throughout".split())


def iso(match: re.Match[str], today: date) -> Reading:
    """2025-10-24."""
    return _day(date(*(int(match[name]) for name in ("year", "month", "day"))))


def numeric(match: re.Match[str], today: date) -> Reading | None:
    """24.10.2025, 24/10: with a stroke only where one number cannot be the month, without year only after "on"."""
    day, month = int(match["a"]), int(match["b"])
    if match["mark"] == "/":
        if (day > 12) == (month > 12):
            return None
        day, month = max(day, month), min(day, month)
    if match["year"]:
        return _day(date(int(match["year"]), month, day))
    led = words_before(match.string, match.start())[1].lower() in _BEFORE_A_DAY - {"to", "and"}
    return _yearly(today, month, day, day) if led and match["mark"] == "/" else None


def day_month(match: re.Match[str], today: date) -> Reading | None:
    """24 October, October 24-27, between 3 and 7 March 2025."""
    name, text, start = match["month"], match.string, match.start()
    days = [int(re.sub(r"\D", "", written)) for written in (match["first"], match["last"]) if written]
    number = MONTHS.index(name[:3].lower()) + 1
    if match["year"]:
        return Period(date(int(match["year"]), number, days[0]), date(int(match["year"]), number, days[-1]))
    before, after = words_before(text, start)[1].lower(), word_after(text, match.end())
    counted = start == match.start("month") and after[:1].isalpha() and after.islower()
    if name.lower() in {"may", "march", "mar", "jan", "dec"} and not name[0].isupper() and before not in _BEFORE_A_DAY:
        return None  # "to march 24 miles"
    if counted and (before == "in" or (start == 0 and name == "May")):
        return None  # "in October 24 people died", "May 24 workers strike?"
    return _yearly(today, number, days[0], days[-1])


def month(match: re.Match[str], today: date) -> Reading | None:
    """October, last March, May 2025; alone only where `is_month` sees a month."""
    name = match["month"]
    number = MONTHS.index(name[:3].lower()) + 1
    if match["year"]:
        led = words_before(match.string, match.start("month"))[1].lower() in _BEFORE_A_DAY | {"in", "of"}
        modal = name in {"may", "march"} or (name == "May" and match.start() == 0)
        return months(int(match["year"]), number) if led or not modal else None
    if not is_month(match.string, *match.span("month")):
        return None
    return Recurring(lambda k: months(today.year + k, number), _which(match))


def of_month(match: re.Match[str], today: date) -> Reading | None:
    """On the 24th, the 24th of last month."""
    day = int(match["day"][:-2])

    def nth(k: int) -> Period:
        return _day(unit("month", today, k).since.replace(day=day))

    if match["which"]:
        return nth(_SHIFT[match["which"].lower()])
    after = word_after(match.string, match.end())
    if words_before(match.string, match.start())[1].lower() not in _BEFORE_A_DAY:
        return None
    if after == "and" and not re.match(r"\s+and\s+the\s+\d", match.string[match.end() :][:12]):
        return None  # "between the 13th and 17th centuries"
    return Recurring(nth) if not after[:1].isalpha() or after in _AFTER_A_DAY else None  # not "on the 24th floor"


def weekday(match: re.Match[str], today: date) -> Reading | None:
    """Monday, last Friday night, Tuesday of next week."""
    at = next(i for i, name in enumerate(WEEKDAYS) if name.startswith(match["day"][:3].lower()))
    if match["week"]:
        return unit("day", unit("week", today, _SHIFT[match["week"].lower()]).since, at)
    if not match["which"] and not is_weekday(match.string, *match.span()):
        return None
    return Recurring(lambda k: unit("day", unit("week", today, k).since, at), _which(match))


def calendar(match: re.Match[str], today: date) -> Reading | None:
    """Last week, this year; "the last week" after a preposition and "the past week" are the seven days up to today."""
    which, name = match["which"].lower(), match["unit"].lower()
    before = words_before(match.string, match.start())[1].lower()
    if match["unit"] != name or before in OWNERS or before.endswith(("'s", "’s")):
        return None  # Last Week Tonight, her last year in office
    if which in {"past", "coming"} or (match["the"] and which in {"last", "next"}):
        if name not in VAGUE or (which in {"last", "next"} and before not in _ROLLING):
            return None
        name, much = ("hour", 24) if name == "day" else (name, 1)
        return rolling(name, much if which in {"past", "last"} else -much, today)
    if name == "day":
        return None  # "the last day", "this day"
    if name == "weekend" and which == "this":
        return Recurring(lambda k: unit(name, today, k), "this")
    return unit(name, today, {"previous": -1, **_SHIFT}[which])


def rolling_units(match: re.Match[str], today: date) -> Reading | None:
    """The past two weeks, the next few days."""
    name = match["unit"].lower()
    much = _count(match["n"], name)
    back = match["which"].lower() in {"last", "past", "previous"}
    return rolling(name, much if back else -much, today) if much else None


def ago(match: re.Match[str], today: date) -> Reading:
    """The day, ISO week, month or year that lies so far back or ahead; with "a few" the whole stretch since."""
    name, much = match["unit"].lower(), _count(match["n"], match["unit"].lower())
    back = match["ago"].lower() == "ago"
    if match["n"].lower() in VAGUELY:
        return rolling(name, much if back else -much, today)
    if name == "hour":
        name, much = "day", much // 24
    if match["today"] and name == "week":
        name, much = "day", much * 7
    return unit(name, today, -much if back else much)


def near_today(match: re.Match[str], today: date) -> Reading | None:
    """Yesterday, tonight, the day after tomorrow."""
    named = " ".join(match["named"].lower().split())
    return unit("day", today, _DAYS[named]) if is_mere_word(match.string, match.start("named")) else None


def this_far(match: re.Match[str], today: date) -> Reading:
    """Earlier this year: up to today; later this year: from today."""
    whole = unit(match["unit"].lower(), today, 0)
    return Period(whole.since, today) if match["how"].lower() == "earlier" else Period(today, whole.until)


def vague(match: re.Match[str], today: date) -> Reading | None:
    """Recently: thirty days; in recent weeks: as many as "a few"."""
    if match["adverb"]:
        most = words_before(match.string, match.start())[1].lower() in {"most", "until"}
        return rolling("day", 30, today) if not most else None
    name = match["unit"].lower()
    return rolling(name, VAGUE[name] * (1 if match["how"].lower() == "recent" else -1), today)


def year(match: re.Match[str], today: date) -> Reading | None:
    """2024, 2020–2022, 2024-25; alone only where `is_year` sees a year."""
    first, last = int(match["year"]), match["last"]
    if last is None:
        return months(first, 1, 12) if is_year(match.string, *match.span()) else None
    final = int(last) if len(last) == 4 else first // 100 * 100 + int(last)
    return Period(date(first, 1, 1), date(final, 12, 31)) if first < final else None


def many_years(match: re.Match[str], today: date) -> Reading:
    """The 1990s, the 19th century; '90s are those of the last century."""
    if match["century"]:
        return months(int(match["century"]) * 100 - 100, 1, 1200)
    return months(int(match["decade"] or 1900 + int(match["short"])), 1, 120)


def quarter(match: re.Match[str], today: date) -> Reading:
    """Q3, the third quarter of 2024."""
    first = 3 * _ORDINALS[(match["q"] or match["ordinal"])[:2].lower()] + 1
    if match["year"]:
        return months(int(match["year"]), first, 3)
    if match["whose"]:
        return months(today.year + _SHIFT[match["whose"].lower()], first, 3)
    return Recurring(lambda k: months(today.year + k, first, 3))


def season_of_year(match: re.Match[str], today: date) -> Reading | None:
    """In the winter, this summer, spring 2024; not the Arab Spring, nor the verb to fall."""
    name = match["season"].lower()
    if match["year"]:
        return season(int(match["year"]), name)
    if not match["which"] and (match["led"] is None or match["season"] != name):
        return None
    return Recurring(lambda k: season(today.year + k, name), _which(match))


def unit_end(match: re.Match[str], today: date) -> Reading:
    """The week, month or year that "the end of the week" speaks of: today's."""
    return unit(match["unit"].lower(), today, 0)


def weekend(match: re.Match[str], today: date) -> Reading:
    """The weekend: Saturday and Sunday."""
    return Recurring(lambda k: unit("weekend", today, k))


def _day(day: date) -> Period:
    return Period(day, day)


def _yearly(today: date, number: int, first: int, last: int) -> Recurring | None:
    if last < first:
        return None
    return Recurring(lambda k: Period(date(today.year + k, number, first), date(today.year + k, number, last)))


def _which(match: re.Match[str]) -> Which:
    return _WHICH.get((match["which"] or "").lower(), "")


def _count(written: str, name: str) -> int:
    low = " ".join(written.lower().split())
    return VAGUE[name] if low in VAGUELY else COUNTS[low] if low in COUNTS else int(low)
