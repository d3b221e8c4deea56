"""Stretches of days, and words that name one, such as "24 October" or "last week"; and what only looks like them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from index.lexicon import MONTH_NUMBERS, MONTHS, MONTHS_SHORT, NUMBERS, WEEKDAYS
from rag.english.grammar import Tense, looks_past
from rag.english.lexicon import ARTICLES, DEMONSTRATIVES, FUNCTION, POSSESSIVES

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


WEEKDAY = f"(?:{'|'.join(WEEKDAYS)})"
_SHORT = (*(month for month in MONTHS_SHORT if month not in MONTHS), "sept")
MONTH = rf"(?:(?:{'|'.join(MONTHS)})\b|(?:{'|'.join(_SHORT)})\b\.?)"
_AND_YEARS = re.compile(rf"\s*(?:-|–|—|to|and|or|through)\s*{MONTH}", re.IGNORECASE)
_MONTH_AND = re.compile(rf"{MONTH}\s*(?:-|–|—|\b(?:to|and|or|through|until)\b)\s*$", re.IGNORECASE)

_NAMES = re.compile(
    rf"""\b(?:
    (?:black|good|bloody|super|cyber|ash|palm|easter|giving|blue|shrove|spy|holy|maundy|red|whit|ruby|casual|freaky
      |manic|throwback|sheffield|pancake|pentecost|mothering|stir-up)\s+{WEEKDAY}
    |mail\s+on\s+sunday | friday\s+the\s+13th
    |{WEEKDAY}\s+(?:times|telegraph|mirror|express|mail|post|herald|tribune|star|sun|school|prayers?|sermons?|mass|roast
      |league|addams|weld|papers?|night\s+(?:live|football|lights|fever|smackdown)|morning\s+(?:herald|quarterback))
    |(?:usa|psychology|physics|russia|india|archaeology|science)\s+today | today\s+(?:show|programme|program|fm)
    |(?:oct(?:ober|\.)?\s+7(?:th)?|7(?:th)?\s+october|jan(?:uary|\.)?\s+6(?:th)?|6(?:th)?\s+january
      |sept(?:ember|\.)?\s+11(?:th)?|11(?:th)?\s+september|july\s+7(?:th)?|7(?:th)?\s+july)
      \s+(?:attacks?|attackers?|massacres?|hostages?|riot(?:er)?s?|insurrection(?:ists?)?|committee|commission
      |defendants?|pardons?|bomb(?:er|ing)s?|hijackers?|assault|prosecutions?)
    |orwell['’]s\s+1984 | may\s+day | july\s+fourth | fourth\s+of\s+july | april\s+fools?(?:['’]s?)?
    | march\s+madness | black\s+september | red\s+october
    |october\s+(?:revolution|surprise|war|sky) | (?:women|pride|climate|freedom|peace)(?:['’]?s)?\s+march
    |(?:this|last)\s+week\s+tonight | apocalypse\s+now | democracy\s+now | now\s+(?:tv|that) | current\s+war
    |(?:world|edge|school)s?\s+of\s+tomorrow | tomorrow\s+(?:never|land|people)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PERIODS_OF_YEAR = frozenset(
    """election elections report vote votes figures data meeting summit statement inflation jobs unemployment budget
    referendum deadline attack attacks recess heat heatwave riots floods strike strikes coup olympics paralympics war
    crisis season campaign championship championships conference census protests world games edition budgets polls poll
    sanctions deal invasion earthquake hurricane pandemic primaries awards ceremony law ruling results primary midterms
    massacre revolution agreement accord accords""".split()
)
_NAMED_BY_YEAR = frozenset(
    """election elections olympics paralympics cup bowl budget eurovision euro euros season census championship
    championships games tour awards oscars""".split()
)
_BEHIND_A_YEAR = FUNCTION | frozenset("compared alone onwards onward versus".split())
_PERSONS = frozenset({"april", "may", "june", "august"})
_UNSURE = _PERSONS | {"march"}
_STRICT = frozenset("in since during early mid late until till".split())
_SOFT = frozenset("by before after from to through between and of".split())
_STRICT_YEAR = frozenset("in since until till before after during between through".split())
_SOFT_YEAR = frozenset("of for about around from by to over and".split())
_COUNTED = frozenset(
    "crowd total toll group force fleet average record army audience population team tens each".split()
)
_DETERMINERS = ARTICLES | POSSESSIVES | DEMONSTRATIVES
OWNERS = POSSESSIVES | {"whose"}
_LAST_WORD = re.compile(r"(?:([\w’']+)(?:\s+|-))?([\w’']+)(?:\s+|-)$")
_NEXT_WORD = re.compile(r"(['’]s)?\s*(-?[^\W\d_][\w’'-]*|\S|)")
_OPENING = re.compile(r"\b(?:beginning|start|middle|end|half|month|weeks?|days)\s+(?:of|in)\s+$", re.IGNORECASE)
_FRAGMENT = re.compile(r"\s*(?:(?:and|or|but)\s+)?(?:(?:what|how)\s+about\s+)?(?:in\s+)?", re.IGNORECASE)
_TOGETHER = re.compile(rf"\b(?:between|from|{MONTH})", re.IGNORECASE)


def names_in(text: str) -> list[tuple[int, int]]:
    """Where a name stands that holds the word of a date: Black Friday, USA Today, the October 7 attacks."""
    return [m.span() for m in _NAMES.finditer(text)]


def words_before(text: str, start: int) -> tuple[str, str]:
    """The last two words before a place, as written; "" where there is none."""
    m = _LAST_WORD.search(text[max(0, start - 40) : start])
    return (m[1] or "", m[2]) if m else ("", "")


def word_after(text: str, end: int) -> str:
    """The word or mark that follows, as written; "" at the end."""
    m = _NEXT_WORD.match(text[end : end + 40])
    return m[2] if m else ""


def is_month(text: str, start: int, end: int) -> bool:
    """Whether a month's name that stands without day and year is a month here.

    April, May, June and August are people too and to march is a verb: those need a sign, and so does a short form.
    """
    written = text[start:end]
    name = written.lower().rstrip(".")
    before, after = words_before(text, start)[1], word_after(text, end)
    if len(name) <= 4 and name not in {"may", "june", "july"}:
        sign = before.lower() in _STRICT | _SOFT or _AND_YEARS.match(text, end) is not None
        return sign and written[0].isupper() and not after[:1].isupper() and not after.startswith("-")
    if name not in _UNSURE:
        return True
    if before.lower() in {"last", "this", "next"}:
        return written[0].isupper() and not (name in _PERSONS and after[:1].isupper())
    person = name in _PERSONS and after[:1].isupper()
    owner = text[end : end + 2] in {"'s", "’s"} and after not in _PERIODS_OF_YEAR
    if person or owner:
        return False
    if before.lower() in _STRICT or _OPENING.search(text[max(0, start - 20) : start]):
        return True
    if not written[0].isupper():
        return False
    if _AND_YEARS.match(text, end) or _MONTH_AND.search(text[max(0, start - 20) : start]):
        return True
    if before.lower() in _SOFT:
        return _is_softly_led(text, start, before.lower(), after)
    return after in _PERIODS_OF_YEAR and start > 0


def _is_softly_led(text: str, start: int, before: str, after: str) -> bool:
    """Whether "by May" and the like is a month: not in "backed by May", "after May resigned"."""
    if before in {"to", "and", "of"}:
        return before != "of" and _TOGETHER.search(text[max(0, start - 40) : start]) is not None
    if before == "by" and looks_past(words_before(text, start)[0].lower()):
        return False
    return not looks_past(after.lower()) and after.lower() not in {"was", "is", "had", "has", "were"}


def is_year(text: str, start: int, end: int) -> bool:
    """Whether four digits count years: "in 2024", "the 2024 election"; not "2025 ships", "room 2010"."""
    if _FRAGMENT.fullmatch(text[:start]) and not text[end:].strip(" ?.!"):
        return True
    before, after = words_before(text, start)[1].lower(), word_after(text, end)
    content = after[:1].isalpha() and after.islower() and after not in _BEHIND_A_YEAR
    plural = content and ((after.endswith("s") and not after.endswith("ss")) or after in {"people", "men", "women"})
    owned = before in _DETERMINERS or before.endswith(("'s", "’s", "s'", "s’"))
    if after in _PERIODS_OF_YEAR:
        return before in _STRICT_YEAR | _SOFT_YEAR or owned or start == 0
    if before in _STRICT_YEAR:
        return not plural
    if before in {"of", "for"}:
        return not plural and words_before(text, start)[0].lower() not in _COUNTED
    if before in _SOFT_YEAR:
        return not content and (before != "and" or "between" in text[max(0, start - 20) : start].lower())
    if owned:
        return after[:1].isalpha() and after not in _BEHIND_A_YEAR and not plural
    return before in _NAMED_BY_YEAR or before in {"early", "mid", "late"}


def is_weekday(text: str, start: int, end: int) -> bool:
    """Whether a weekday's name is one day: not a habit, as in "every Friday", nor part of a title."""
    before, after = words_before(text, start)[1].lower(), word_after(text, end)
    if before in {"every", "each", "a", "any", "some", "one", "most", "many"} or text[end : end + 1] == "-":
        return False
    led = before in {"on", "since", "until", "till", "by", "last", "next", "this", "from", "to", "before", "after"}
    month = re.match(MONTH, after, re.IGNORECASE)
    return led or not (text[start].isupper() and after[:1].isupper()) or month is not None


def is_mere_word(text: str, start: int) -> bool:
    """Whether "today", "yesterday" or "tomorrow" begins small, or begins the question: else it is a title."""
    return text[start].islower() or not re.search(r"\w", text[:start]) or text[:start].rstrip()[-1:] in {".", "?", "!"}


COUNTS = {word: value for word, value in NUMBERS.items() if value} | {
    "a": 1, "an": 1, "a couple of": 2, "couple of": 2, "a dozen": 12,
}  # fmt: skip
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
    number = MONTH_NUMBERS[name.lower()]
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
    number = MONTH_NUMBERS[name.lower()]
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


_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)(?![\w%°-]|[.,/]\d)"
_DIGITS = r"(?<![\w$€£#.,/:'’-])"
_ANY_WEEKDAY = rf"(?:{WEEKDAY}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?)"
_WORD = r"(?<![\w'’])"
_END = r"(?![\w%°]|[.,/:]\d|-\w)"
_DASH = r"\s*(?:-|–|—)\s*"
_RANGE = rf"(?:{_DASH}|\s+(?(between)and|(?:to|through|until|till))\s+)"
_N = "|".join((r"\d{1,4}", *(w.replace(" ", r"\s+") for w in sorted((*COUNTS, *VAGUELY), key=len, reverse=True))))
_UNIT = r"(?P<unit>hour|day|week|month|quarter|year|decade)"
_WHICH_WORD = r"(?P<which>last|previous|past|this|next|coming)"
_OF_NOTHING = r"(?!['’]?\s+of\b|-)"
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)"
_ORDINAL = r"(?P<ordinal>first|second|third|fourth|1st|2nd|3rd|4th)"
_PART_OF_DAY = r"(?:\s+(?:morning|afternoon|evening|night))?"


class Atom(NamedTuple):
    """Where a period stands and what it can mean; `attributive` where it owns the noun that follows."""

    start: int
    end: int
    reading: Reading
    attributive: bool = False


class Rule(NamedTuple):
    """A pattern, the words without one of which it cannot match ("#" is a digit), and what a match means.

    It is compiled when a text first has such a word: most questions have none, and all of them take their time.
    """

    triggers: frozenset[str]
    pattern: str
    read: Callable[[re.Match[str], date], Reading | None]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _rule(triggers: str, pattern: str, read: Callable[[re.Match[str], date], Reading | None]) -> Rule:
    return Rule(frozenset(triggers.split()), pattern, read)


_MONTH_WORDS = " ".join((*MONTHS, *_SHORT))
_WEEKDAY_WORDS = " ".join(WEEKDAYS)
_UNIT_WORDS = (
    "hour hours day days week weeks weekend weekends month months quarter quarters year years decade decades century"
)

RULES = (
    _rule(
        "#",
        rf"{_DIGITS}(?P<year>(?:1[5-9]|20)\d\d)(?P<mark>[-/])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){_END}(?!/)",
        iso,
    ),
    _rule(
        "#",
        rf"{_DIGITS}(?P<a>\d\d?)(?P<mark>[./])(?P<b>\d\d?)(?:(?P=mark)(?P<year>(?:1[5-9]|20)\d\d))?{_END}(?!/)",
        numeric,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_DIGITS}(?P<between>between\s+)?(?:{_ANY_WEEKDAY},?\s+)?(?:the\s+)?(?:(?P<first>{_DAY}){_RANGE}(?:the\s+)?)?"
        rf"(?P<last>{_DAY})[\s-]+(?:of\s+)?(?P<month>{MONTH})(?:,?[\s-]+(?:in\s+)?{_YEAR})?{_END}",
        day_month,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_WORD}(?P<between>between\s+)?(?:{_ANY_WEEKDAY},?\s+)?(?P<month>{MONTH})\s+(?:the\s+)?(?P<first>{_DAY})"
        rf"(?:{_RANGE}(?P<last>{_DAY})(?!\s+{MONTH}))?(?:,?\s+(?:in\s+)?{_YEAR})?{_END}",
        day_month,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_WORD}(?:{_WHICH_WORD}\s+)?(?P<month>{MONTH})(?:,?\s+(?:(?:of|in)\s+)?{_YEAR})?(?![\w]|-(?!{MONTH}|\d)\w)",
        month,
    ),
    _rule(
        "#",
        rf"{_WORD}the\s+(?P<day>(?:3[01]|[12]\d|[1-9])(?:st|nd|rd|th))\b(?:\s+of\s+(?P<which>last|this|next)\s+month)?"
        r"(?!\s+of\b|[-/])",
        of_month,
    ),
    _rule(
        _WEEKDAY_WORDS,
        rf"{_WORD}(?:{_WHICH_WORD}\s+)?(?P<day>{WEEKDAY})\b{_PART_OF_DAY}\b"
        r"(?:\s+(?:of\s+)?(?P<week>last|this|next)\s+week\b)?",
        weekday,
    ),
    _rule(
        "mon tue tues wed thu thur thurs fri sat sun",
        r"(?:(?<=on )|(?<=since )|(?<=until )|(?<=by )|(?<=before )|(?<=after )|(?<=last )|(?<=next ))"
        r"(?-i:(?P<day>(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri)\b\.?|Sat\.|Sun\.(?=\s*\S)))(?P<which>)(?P<week>)(?![\w-])",
        weekday,
    ),
    _rule(
        _UNIT_WORDS,
        rf"{_WORD}(?P<the>the\s+)?{_WHICH_WORD}\s+(?P<unit>day|week|weekend|month|quarter|year|decade|century)\b{_OF_NOTHING}",
        calendar,
    ),
    _rule(
        _UNIT_WORDS,
        rf"{_WORD}(?:the\s+)?(?P<which>last|past|previous|next|coming)\s+(?P<n>{_N})\s+{_UNIT}s?\b{_OF_NOTHING}",
        rolling_units,
    ),
    _rule(
        "ago now time",
        rf"{_WORD}(?P<n>{_N})\s+{_UNIT}s?['’]?\s+(?P<ago>ago|from\s+now|(?<=['’]\s)time)\b(?P<today>\s+today\b)?",
        ago,
    ),
    _rule(
        "today tonight yesterday tomorrow night morning afternoon evening",
        rf"{_WORD}(?:earlier\s+|later\s+)?(?P<named>the\s+day\s+(?:before\s+yesterday|after\s+tomorrow)|last\s+night"
        rf"|this\s+(?:morning|afternoon|evening)|today|tonight|yesterday|tomorrow)\b{_PART_OF_DAY}\b",
        near_today,
    ),
    _rule(
        "earlier later",
        rf"{_WORD}(?P<how>earlier|later)\s+(?:this|in\s+the)\s+(?P<unit>week|month|quarter|year|decade)\b",
        this_far,
    ),
    _rule(
        "recent coming recently lately",
        rf"{_WORD}(?:(?P<adverb>recently|lately)|(?:the\s+)?(?P<how>recent|coming)\s+{_UNIT}s)\b",
        vague,
    ),
    _rule(
        "#",
        rf"{_DIGITS}(?P<year>(?:1[5-9]|20)\d\d)(?:(?:-|–|/)(?P<last>(?:(?:1[5-9]|20)\d\d|\d\d)))?(?!['’]\w*\d){_END}"
        r"(?![-–—/]\d)",
        year,
    ),
    _rule(
        "#",
        rf"{_WORD}(?:the\s+)?(?:(?P<century>1[1-9]|2[01])(?:th|st)\s+(?-i:century)|(?P<decade>(?:1[5-9]|20)\d0)['’]?s"
        r"|['’](?P<short>[2-9]0)s)\b",
        many_years,
    ),
    _rule(
        "quarter q",
        rf"{_WORD}(?:(?P<q>q[1-4])|(?:the\s+)?{_ORDINAL}[\s-]quarter)(?!\s+of\s+(?!last\b|this\b|next\b|\d))"
        rf"(?:,?\s+(?:of\s+)?(?:{_YEAR}|(?P<whose>last|this|next)\s+year\b))?(?!-\w)\b",
        quarter,
    ),
    _rule(
        "spring summer autumn fall winter",
        rf"{_WORD}(?:{_WHICH_WORD}\s+|(?P<led>(?:(?<=in )|(?<=over )|(?<=during )|(?<=since )|(?<=until )|(?<=by ))"
        r"(?:the\s+)?)|the\s+)?"
        rf"{_SEASON}(?:\s+(?:of\s+)?{_YEAR})?\b(?!\s+of\b|-|\s+(?-i:[A-Z]))",
        season_of_year,
    ),
    _rule(
        "end start beginning middle",
        r"(?:(?<=end of )|(?<=start of )|(?<=middle of )|(?<=beginning of ))the\s+"
        r"(?P<unit>week|weekend|month|quarter|year|decade|century)\b(?!\s+of\b|-)",
        unit_end,
    ),
    _rule(
        "weekend",
        r"(?:(?<=over )|(?<=at )|(?<=on )|(?<=during )|(?<=since )|(?<=until )|(?<=by )|(?<=before )|(?<=after ))the\s+"
        r"weekend\b(?!\s+of\b|-)",
        weekend,
    ),
)


def atoms_in(text: str, words: frozenset[str], today: date) -> list[Atom]:
    """Every period the text names, in its order and without names; of two that overlap the earlier, then the longer."""
    found: list[Atom] = []
    for rule in RULES:
        if rule.triggers.isdisjoint(words):
            continue
        for match in _compiled(rule.pattern).finditer(text):
            try:
                reading = rule.read(match, today)
            except (ValueError, OverflowError):
                reading = Recurring(lambda k: None)  # 30 February 2025 is not February 2025 either
            if reading is not None:
                found.append(_atom(match, reading))
    if not found:
        return []
    masks = names_in(text)
    kept: list[Atom] = []
    for atom in sorted(found, key=lambda a: (a.start, -a.end)):
        masked = any(start < atom.end and atom.start < end for start, end in masks)
        if not masked and (not kept or atom.start >= kept[-1].end):
            kept.append(atom)
    return kept


def _atom(match: re.Match[str], reading: Reading) -> Atom:
    text, end = match.string, match.end()
    if re.match(r"['’]s\b", text[end : end + 3]):
        return Atom(match.start(), end + 2, reading, attributive=True)
    if text[end : end + 1] in {"'", "’"} and text[end - 1] == "s":
        return Atom(match.start(), end + 1, reading, attributive=True)
    return Atom(match.start(), end, reading)
