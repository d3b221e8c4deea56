"""The time expressions of a question: its periods with the words that lead into them, its events and its orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from rag.dates.atoms import Atom, atoms_in
from rag.dates.events import Event, events_in
from rag.dates.expression import TimeExpression
from rag.dates.orders import orders_in
from rag.dates.periods import Period, Reading, Recurring, joined, part, unit
from rag.dates.tense import tense_at

_WORD = re.compile(r"[^\W\d_]+|\d")
_JOIN = re.compile(r"\s*(?:-|–|—)\s*|\s+(?:to|through|until|till|and)\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_LEAD_IN = 32
"""Characters before a period in which the words that lead into it stand."""

_NUMBERS = {"": 1, "two": 2, "three": 3, "few": 3, "2": 2, "3": 3}
_PART = re.compile(
    r"(?<![\w'’-])(?:(?P<the>the\s+)?(?P<third>early|mid|late)(?:[\s-]+|\s+(?:in|on)\s+)"
    r"|(?:the\s+)?(?P<side>beginning|start|middle|end|first\s+half|second\s+half)\s+of\s+"
    r"|(?:the\s+)?(?P<edge>first|last)\s+(?P<n>two\s+|three\s+|few\s+|[23]\s+)?(?P<unit>week|day)s?\s+(?:of|in)\s+"
    r"|(?:the\s+)?(?P<week>week)\s+of\s+|the\s+month\s+of\s+)$",
    re.IGNORECASE,
)
_SIDES = {"beginning": "early", "start": "early", "middle": "mid", "end": "late"}
_LEAD = re.compile(
    r"(?<![\w'’-])(?:(?P<not_before>since|on\s+or\s+after|(?:starting|beginning)(?:\s+(?:on|in|from))?)"
    r"|(?P<not_after>on\s+or\s+before|(?:up\s+)?until|till|up\s+to|by|no\s+later\s+than|through|as\s+of)"
    r"|(?P<before>before|prior\s+to|ahead\s+of)|(?P<after>after)|(?P<from>from)"
    r"|(?:in|on|at|during|over|throughout|within|of|for|between))\s+$",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"today|tonight|yesterday|tomorrow", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+on(?:wards?)?\b(?!\s+\w)|\s+onwards?\b", re.IGNORECASE)
_LONG = timedelta(days=3000)
_ONE_DAY = timedelta(days=1)


class _Item(NamedTuple):
    """A period that has been worked out, before events have taken what belongs to them."""

    start: int
    end: int
    since: date | None
    until: date | None


def find_times(question: str, *, today: date) -> tuple[TimeExpression, ...]:
    """The time expressions of a question in their order, none overlapping another, as understood on the day `today`.

    Takes any text and raises nothing; what lies beyond the calendar is left out.

    >>> [time.describe() for time in find_times("Who resigned last week?", today=date(2025, 10, 24))]
    ['last week [13–19 Oct 2025]']
    >>> find_times("Will May resign over the 90-day pause?", today=date(2025, 10, 24))
    ()
    """
    text = _in_sentence_case(question)
    words = frozenset("#" if word.isdigit() else word.lower() for word in _WORD.findall(text))
    items = _items(text, words, today)
    events = events_in(text, words, [(item.start, item.end) for item in items])
    found = [_event(question, event, items) for event in events]
    taken = [(time.start, time.end) for time in found]
    found += [
        TimeExpression(question[item.start : item.end], *item)
        for item in items
        if not _overlaps(item[0], item[1], taken)
    ]
    taken = [(time.start, time.end) for time in found]
    for start, end, order in orders_in(text, words):
        if not _overlaps(start, end, taken):
            found.append(TimeExpression(question[start:end], start, end, None, None, order))
    return tuple(sorted(found, key=lambda time: time.start))


def _in_sentence_case(question: str) -> str:
    """The text as it is, or in small letters where capitals tell nothing."""
    small = question.lower()
    return small if question.isupper() and len(small) == len(question) else question


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < e and s < end for s, e in spans)


def _items(text: str, words: frozenset[str], today: date) -> list[_Item]:
    """Periods with their leading words; two that a range joins make one item."""
    atoms = [_with_part(text, atom, today) for atom in atoms_in(text, words, today)]
    items: list[_Item] = []
    at = 0
    while at < len(atoms):
        atom = atoms[at]
        floor = items[-1].end if items else 0
        period = None
        if at + 1 < len(atoms) and not atom.attributive and _makes_range(text, atom, atoms[at + 1]):
            last = atoms[at + 1]
            tense = tense_at(text, atom.start, last.end)
            if period := joined(atom.reading, last.reading, today, tense):
                atom = Atom(atom.start, last.end, period, last.attributive)
                at += 1
        if period is None:
            period = _chosen(text, atom, today)
        if period is not None and (item := _led(text, atom, period, floor)):
            items.append(item)
        at += 1
    return items


def _chosen(text: str, atom: Atom, today: date) -> Period | None:
    if isinstance(atom.reading, Period):
        return atom.reading
    return atom.reading.choose(today, tense_at(text, atom.start, atom.end))


def _makes_range(text: str, first: Atom, last: Atom) -> bool:
    if first.end >= last.start or not (link := _JOIN.fullmatch(text, first.end, last.start)):
        return False
    return (
        "and" not in link[0].lower() or _BETWEEN.search(text, max(0, first.start - _LEAD_IN), first.start) is not None
    )


def _with_part(text: str, atom: Atom, today: date) -> Atom:
    """The atom with "early", "the end of" or "the first week of" before it taken in."""
    match = _PART.search(text[max(0, atom.start - _LEAD_IN) : atom.start])
    if match is None:
        return atom
    start = max(0, atom.start - _LEAD_IN) + match.start()
    if match["the"] and not (isinstance(atom.reading, Period) and atom.reading.until - atom.reading.since > _LONG):
        start += len(match["the"])  # "before the early October vote" is not before early October

    def of(period: Period) -> Period:
        if match["week"]:
            return unit("week", period.since, 0)
        if match["edge"]:
            days = _NUMBERS[(match["n"] or "").strip().lower()] * (7 if match["unit"].lower() == "week" else 1)
            return part(period, f"{match['edge'].lower()} {days}")
        side = " ".join((match["third"] or match["side"] or "").lower().split())
        return part(period, _SIDES.get(side, side)) if side and period.since != period.until else period

    return atom._replace(start=start, reading=_mapped(of, atom.reading))


def _mapped(of: Callable[[Period], Period], reading: Reading) -> Reading:
    if isinstance(reading, Period):
        return of(reading)
    return Recurring(lambda k: of(p) if (p := reading.nth(k)) else None, reading.which)


def _led(text: str, atom: Atom, period: Period, floor: int) -> _Item | None:
    """The period as its leading word bounds it; None where that leads beyond the calendar."""
    plain = _Item(atom.start, atom.end, *period)
    match = _LEAD.search(text, max(floor, atom.start - _LEAD_IN), atom.start)
    if match is None or atom.attributive:
        return plain  # "after Monday's vote" is after the vote
    if match.lastgroup is None and _ADVERB.match(text, atom.start):
        return plain  # "when they signed in today"
    led = plain._replace(start=match.start())
    try:
        if match["before"]:
            return led._replace(since=None, until=period.since - _ONE_DAY)
        if match["after"]:
            return led._replace(since=period.until + _ONE_DAY, until=None)
    except OverflowError:
        return None
    if match["not_before"]:
        return led._replace(until=None)
    if match["not_after"]:
        return led._replace(since=None)
    if match["from"] and (onwards := _ONWARDS.match(text, atom.end)):
        return led._replace(until=None, end=onwards.end())
    return led


def _event(question: str, event: Event, items: Sequence[_Item]) -> TimeExpression:
    """An event with the bounds of the periods that its phrase holds."""
    inside = [item for item in items if event.start <= item.start < event.end]
    end = max([event.end, *(item.end for item in inside)])
    since = until = None
    if event.relation != "before":
        since = next((item.since for item in inside if item.since), None)
    if event.relation != "after":
        until = next((item.until for item in inside if item.until), None)
    name = question[event.name : end]
    return TimeExpression(question[event.start : end], event.start, end, since, until, None, name, event.relation)
