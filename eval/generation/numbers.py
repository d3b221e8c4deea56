"""Amounts, counts, shares, days and years in a sentence, with the words that ask for them; English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index.lexicon import MAGNITUDES, MONTHS, MONTHS_SHORT, NUMBERS, WEEKDAYS

QuantityKind = Literal["money", "percent", "count", "date", "month", "year", "weekday", "time"]

MONTH = f"(?:{'|'.join(map(str.capitalize, MONTHS))})"
_SHORT = rf"(?:{'|'.join(month.capitalize() for month in MONTHS_SHORT if month not in MONTHS)}|Sept)\."
WEEKDAY = f"(?:{'|'.join(map(str.capitalize, WEEKDAYS))})"
_SCALE = f"(?: (?:{'|'.join(MAGNITUDES)}))?"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ONES = "|".join(word for word, value in NUMBERS.items() if 0 < value < 10)
_WORDS = "|".join(
    rf"[{word[0].upper()}{word[0]}]{word[1:]}\b" + (f"(?:-(?:{_ONES}))?" if value >= 20 else "")
    for word, value in NUMBERS.items()
    if value > 1
)
_NUMBER = rf"(?:{_DIGITS}|{_WORDS}){_SCALE}"
_CURRENCY = "(?:dollars|euros|pounds|crowns|marks|yen|yuan|rupees|pesos|francs|rubles|roubles|kronor|kroner|won|riyals)"
HEDGES = (
    "(?:about|around|some|nearly|almost|over|roughly|approximately|only|just|more than|fewer than|less than|at least|"
    "at most|up to|as many as|as much as|an estimated|well over|close to)"
)
_HEDGE = re.compile(rf"(?:\b{HEDGES}\s+)+$", re.IGNORECASE)
_DATE = rf"(?:\d{{1,2}} {MONTH}(?:,? \d{{4}})?|(?:{MONTH}|{_SHORT}) \d{{1,2}}(?!\d)(?:, \d{{4}})?)"
_PRICE = rf"(?:(?:US|A|C)?[$£€]{_DIGITS}(?:{_SCALE}|m|bn|tn)|{_NUMBER} (?:US )?{_CURRENCY})"
_ZONE = r"(?: (?:local time|[ECMP][SD]?T|GMT|BST|CEST?|UTC)\b)?"
# The first pattern that matches at a place decides.
_PATTERNS: tuple[tuple[QuantityKind, re.Pattern[str]], ...] = (
    ("date", re.compile(rf"\b(?:{WEEKDAY},? )?{_DATE}\b")),
    ("money", re.compile(rf"(?<![\w.]){_PRICE}(?![\w-])")),
    ("percent", re.compile(rf"(?<![\w.$£€-]){_NUMBER}(?:%| per ?cent)(?![\w-])")),
    ("time", re.compile(rf"(?<![\w.])\d{{1,2}}(?:[.:]\d\d)? ?(?:[ap]\.m\.|[ap]m\b){_ZONE}")),
    ("month", re.compile(rf"\b{MONTH} \d{{4}}\b")),
    ("year", re.compile(r"(?<![\w.,$£€-])(?:1[5-9]|20)\d\d(?![\w%.,-]\w|[\w%-])")),
    ("weekday", re.compile(rf"\b{WEEKDAY}\b(?!['’s])")),
    ("count", re.compile(rf"(?<![\w.,$£€#/-]){_NUMBER}(?= [a-z])(?! (?:per|percent|a\.m|p\.m|am\b|pm\b))")),
)  # fmt: skip
_SMALL_WORDS = re.compile(r"(?: [a-z][a-z-]*[a-z]\b){1,3}")
_NO_NOUNS = frozenset(
    "of to in at on and or for more by from with who that which were are have had after before".split()
)
_HALVES = frozenset({"police", "sales", "sports", "arms"})
"""Plurals that like to stand before another."""
_PLURAL = re.compile(r"(?:[a-z-]{2,}(?:[^su\W]s|sses|uses|ies|xes)|people|men|women|children|police)$")
_NO_UNITS = frozenset(
    """years months weeks days hours minutes seconds others times percent points degrees ways things is was has does
    says this its us as his yards miles feet metres meters kilometres kilometers kilograms pounds tons tonnes acres
    inches knots thirds quarters halves hundreds thousands millions""".split()
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure at characters `[start, end)` of a sentence; with its hedge ("about") it begins at `hedged`.

    `unit` is what a count counts, "container ships"; it begins one space behind `end`.
    """

    kind: QuantityKind
    text: str
    start: int
    end: int
    hedged: int
    unit: str = ""


def quantities_in(text: str) -> list[Quantity]:
    """The figures of a sentence in their order, none overlapping another; a count only where its unit is known."""
    taken: list[tuple[int, int]] = []
    found = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            unit = unit_at(text, match.end()) if kind == "count" else ""
            if kind == "count" and not unit:
                continue
            hedge = _HEDGE.search(text, 0, match.start())
            hedged = hedge.start() if hedge else match.start()
            found.append(Quantity(kind, match.group(), match.start(), match.end(), hedged, unit))
    return sorted(found, key=lambda quantity: quantity.start)


def unit_at(text: str, at: int) -> str:
    """The plural noun with at most two words before it that follows a number; empty where there is none.

    >>> unit_at("seven large ports closed", 5), unit_at("seven years", 5)
    ('large ports', '')
    """
    match = _SMALL_WORDS.match(text, at)
    words: list[str] = []
    for word in match.group().split() if match else ():
        if word in _NO_UNITS | _NO_NOUNS or word.endswith("ing"):
            break
        words.append(word)
        if _PLURAL.search(word) and word not in _HALVES:
            return " ".join(words)
    return " ".join(words) if words and words[-1] == "police" else ""
