"""The single periods that a question names: "24 October", "last week", "the third quarter of 2024"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import rag.dates.readings as readings
from rag.dates.names import MONTH, WEEKDAY, names_in
from rag.dates.periods import Period, Reading, Recurring
from rag.dates.readings import COUNTS, VAGUELY

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
_WHICH = r"(?P<which>last|previous|past|this|next|coming)"
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
    """A pattern, the words without one of which it cannot match ("#" is a digit), and what a match means."""

    triggers: frozenset[str]
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], date], Reading | None]


def _rule(triggers: str, pattern: str, read: Callable[[re.Match[str], date], Reading | None]) -> Rule:
    return Rule(frozenset(triggers.split()), re.compile(pattern, re.IGNORECASE), read)


_MONTH_WORDS = """january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec"""
_WEEKDAY_WORDS = "monday tuesday wednesday thursday friday saturday sunday"
_UNIT_WORDS = (
    "hour hours day days week weeks weekend weekends month months quarter quarters year years decade decades century"
)

RULES = (
    _rule(
        "#",
        rf"{_DIGITS}(?P<year>(?:1[5-9]|20)\d\d)(?P<mark>[-/])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){_END}(?!/)",
        readings.iso,
    ),
    _rule(
        "#",
        rf"{_DIGITS}(?P<a>\d\d?)(?P<mark>[./])(?P<b>\d\d?)(?:(?P=mark)(?P<year>(?:1[5-9]|20)\d\d))?{_END}(?!/)",
        readings.numeric,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_DIGITS}(?P<between>between\s+)?(?:{_ANY_WEEKDAY},?\s+)?(?:the\s+)?(?:(?P<first>{_DAY}){_RANGE}(?:the\s+)?)?"
        rf"(?P<last>{_DAY})[\s-]+(?:of\s+)?(?P<month>{MONTH})(?:,?[\s-]+(?:in\s+)?{_YEAR})?{_END}",
        readings.day_month,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_WORD}(?P<between>between\s+)?(?:{_ANY_WEEKDAY},?\s+)?(?P<month>{MONTH})\s+(?:the\s+)?(?P<first>{_DAY})"
        rf"(?:{_RANGE}(?P<last>{_DAY})(?!\s+{MONTH}))?(?:,?\s+(?:in\s+)?{_YEAR})?{_END}",
        readings.day_month,
    ),
    _rule(
        _MONTH_WORDS,
        rf"{_WORD}(?:{_WHICH}\s+)?(?P<month>{MONTH})(?:,?\s+(?:(?:of|in)\s+)?{_YEAR})?(?![\w]|-(?!{MONTH}|\d)\w)",
        readings.month,
    ),
    _rule(
        "#",
        rf"{_WORD}the\s+(?P<day>(?:3[01]|[12]\d|[1-9])(?:st|nd|rd|th))\b(?:\s+of\s+(?P<which>last|this|next)\s+month)?"
        r"(?!\s+of\b|[-/])",
        readings.of_month,
    ),
    _rule(
        _WEEKDAY_WORDS,
        rf"{_WORD}(?:{_WHICH}\s+)?(?P<day>{WEEKDAY})\b{_PART_OF_DAY}\b"
        r"(?:\s+(?:of\s+)?(?P<week>last|this|next)\s+week\b)?",
        readings.weekday,
    ),
    _rule(
        "mon tue tues wed thu thur thurs fri sat sun",
        r"(?:(?<=on )|(?<=since )|(?<=until )|(?<=by )|(?<=before )|(?<=after )|(?<=last )|(?<=next ))"
        r"(?-i:(?P<day>(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri)\b\.?|Sat\.|Sun\.(?=\s*\S)))(?P<which>)(?P<week>)(?![\w-])",
        readings.weekday,
    ),
    _rule(
        _UNIT_WORDS,
        rf"{_WORD}(?P<the>the\s+)?{_WHICH}\s+(?P<unit>day|week|weekend|month|quarter|year|decade|century)\b{_OF_NOTHING}",
        readings.calendar,
    ),
    _rule(
        _UNIT_WORDS,
        rf"{_WORD}(?:the\s+)?(?P<which>last|past|previous|next|coming)\s+(?P<n>{_N})\s+{_UNIT}s?\b{_OF_NOTHING}",
        readings.rolling_units,
    ),
    _rule(
        "ago now time",
        rf"{_WORD}(?P<n>{_N})\s+{_UNIT}s?['’]?\s+(?P<ago>ago|from\s+now|(?<=['’]\s)time)\b(?P<today>\s+today\b)?",
        readings.ago,
    ),
    _rule(
        "today tonight yesterday tomorrow night morning afternoon evening",
        rf"{_WORD}(?:earlier\s+|later\s+)?(?P<named>the\s+day\s+(?:before\s+yesterday|after\s+tomorrow)|last\s+night"
        rf"|this\s+(?:morning|afternoon|evening)|today|tonight|yesterday|tomorrow)\b{_PART_OF_DAY}\b",
        readings.near_today,
    ),
    _rule(
        "earlier later",
        rf"{_WORD}(?P<how>earlier|later)\s+(?:this|in\s+the)\s+(?P<unit>week|month|quarter|year|decade)\b",
        readings.this_far,
    ),
    _rule(
        "recent coming recently lately",
        rf"{_WORD}(?:(?P<adverb>recently|lately)|(?:the\s+)?(?P<how>recent|coming)\s+{_UNIT}s)\b",
        readings.vague,
    ),
    _rule(
        "#",
        rf"{_DIGITS}(?P<year>(?:1[5-9]|20)\d\d)(?:(?:-|–|/)(?P<last>(?:(?:1[5-9]|20)\d\d|\d\d)))?(?!['’]\w*\d){_END}"
        r"(?![-–—/]\d)",
        readings.year,
    ),
    _rule(
        "#",
        rf"{_WORD}(?:the\s+)?(?:(?P<century>1[1-9]|2[01])(?:th|st)\s+(?-i:century)|(?P<decade>(?:1[5-9]|20)\d0)['’]?s"
        r"|['’](?P<short>[2-9]0)s)\b",
        readings.many_years,
    ),
    _rule(
        "quarter q",
        rf"{_WORD}(?:(?P<q>q[1-4])|(?:the\s+)?{_ORDINAL}[\s-]quarter)(?!\s+of\s+(?!last\b|this\b|next\b|\d))"
        rf"(?:,?\s+(?:of\s+)?(?:{_YEAR}|(?P<whose>last|this|next)\s+year\b))?(?!-\w)\b",
        readings.quarter,
    ),
    _rule(
        "spring summer autumn fall winter",
        rf"{_WORD}(?:{_WHICH}\s+|(?P<led>(?:(?<=in )|(?<=over )|(?<=during )|(?<=since )|(?<=until )|(?<=by ))"
        r"(?:the\s+)?)|the\s+)?"
        rf"{_SEASON}(?:\s+(?:of\s+)?{_YEAR})?\b(?!\s+of\b|-|\s+(?-i:[A-Z]))",
        readings.season_of_year,
    ),
    _rule(
        "end start beginning middle",
        r"(?:(?<=end of )|(?<=start of )|(?<=middle of )|(?<=beginning of ))the\s+"
        r"(?P<unit>week|weekend|month|quarter|year|decade|century)\b(?!\s+of\b|-)",
        readings.unit_end,
    ),
    _rule(
        "weekend",
        r"(?:(?<=over )|(?<=at )|(?<=on )|(?<=during )|(?<=since )|(?<=until )|(?<=by )|(?<=before )|(?<=after ))the\s+"
        r"weekend\b(?!\s+of\b|-)",
        readings.weekend,
    ),
)


def atoms_in(text: str, words: frozenset[str], today: date) -> list[Atom]:
    """Every period the text names, in its order and without names; of two that overlap the earlier, then the longer."""
    found: list[Atom] = []
    for rule in RULES:
        if rule.triggers.isdisjoint(words):
            continue
        for match in rule.pattern.finditer(text):
            try:
                reading = rule.read(match, today)
            except (ValueError, OverflowError):
                reading = Recurring(_never)  # 30 February 2025 is not February 2025 either
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


def _never(k: int) -> Period | None:
    return None


def _atom(match: re.Match[str], reading: Reading) -> Atom:
    text, end = match.string, match.end()
    if re.match(r"['’]s\b", text[end : end + 3]):
        return Atom(match.start(), end + 2, reading, attributive=True)
    if text[end : end + 1] in {"'", "’"} and text[end - 1] == "s":
        return Atom(match.start(), end + 1, reading, attributive=True)
    return Atom(match.start(), end, reading)
