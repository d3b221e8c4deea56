"""Whether two answers name the same quantity or day, however they write it: "$8.5bn" and "8.5 billion dollars"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from index.lexicon import MAGNITUDES, NUMBERS
from rag.dates import find_times

_SCALES = {word: len(str(value)) - 1 for word, value in MAGNITUDES.items()} | {
    "k": 3, "m": 6, "mn": 6, "bn": 9, "tn": 12, "mln": 6, "bln": 9, "trn": 12,
}  # fmt: skip
_UNITS = {
    "$": "dollar", "us$": "dollar", "usd": "dollar", "dollars": "dollar", "dollar": "dollar",
    "€": "euro", "eur": "euro", "euros": "euro", "euro": "euro",
    "£": "pound", "gbp": "pound", "pounds": "pound", "pound": "pound",
    "¥": "yen", "jpy": "yen", "yen": "yen",
    "%": "percent", "percent": "percent", "per cent": "percent",
}  # fmt: skip

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORD = "|".join(NUMBERS)
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_BEFORE = r"us\$|[$€£¥]|usd|eur|gbp|jpy"
_AFTER = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True) if unit[0].isalpha() or unit == "%")
_LINK = r"(?:(?:(?<=hundred)|(?<=thousand)|(?<=million)|(?<=billion)) and |[ -])"
"""Between number words; "two and three" are two numbers."""
_QUANTITY = re.compile(
    rf"(?P<before>{_BEFORE})?\s?"
    rf"(?:(?P<digits>(?<![\d.,]){_NUMBER})(?P<scales>(?:[ -]?(?:{_SCALE})\b)*)"
    rf"|\b(?P<words>(?:(?:{_WORD})|(?:half )?an? (?:{_SCALE}))\b(?:{_LINK}(?:{_WORD}|{_SCALE})\b)*))(?![a-z\d])"
    rf"(?:[ -]?(?P<after>{_AFTER})(?![a-z]))?"
)

Quantity = tuple[Decimal, str]
"""A value and its unit, "" where none is named."""


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text in their order, each with the currency or per cent beside it.

    >>> [(str(value), unit) for value, unit in quantities("Nearly $8.5bn, or forty-two per cent, of 1,150 jobs")]
    [('8500000000', 'dollar'), ('42', 'percent'), ('1150', '')]
    """
    found = []
    for match in _QUANTITY.finditer(text.casefold()):
        if match["digits"]:
            value = Decimal(match["digits"].replace(",", ""))
            for scale in re.findall(_SCALE, match["scales"]):
                value = value.scaleb(_SCALES[scale])
        else:
            value = _spelled(re.split(r"[ -]", match["words"]))
        unit = _UNITS.get((match["before"] or match["after"] or "").strip(), "")
        found.append((Decimal(f"{value.normalize():f}"), unit))
    return found


def equivalent(predicted: str, acceptable: str, today: date | None = None) -> bool:
    """Whether both name the same days, or where one of them names none, the same quantities.

    `today` is the day that "on Friday" leans on. A unit that only one of the two names is no difference. Two texts
    without days and quantities are never equivalent: that is for `exact_match_score` to say.

    >>> equivalent("30 June 2025", "on June 30, 2025"), equivalent("340 jobs", "three hundred and forty")
    (True, True)
    >>> equivalent("8.5 million dollars", "$8.5bn"), equivalent("5 euros", "5 dollars")
    (False, False)
    """
    times = (find_times(text, today=today or date(2000, 1, 1)) for text in (predicted, acceptable))
    ours, theirs = (sorted(((t.since, t.until) for t in found if t.since or t.until), key=str) for found in times)
    if ours and theirs:
        return ours == theirs
    found, wanted = quantities(predicted), quantities(acceptable)
    if not wanted or Counter(value for value, _ in found) != Counter(value for value, _ in wanted):
        return False
    units = ({unit for _, unit in side if unit} for side in (found, wanted))
    return len(set().union(*units)) <= 1 or Counter(found) == Counter(wanted)


def _spelled(words: Sequence[str]) -> Decimal:
    """The value of number words in the order in which English says them.

    >>> str(_spelled("two million three hundred and five thousand and forty".split()))
    '2305040'
    >>> str(_spelled("half a million".split()))
    '500000'
    """
    total, group = Decimal(0), Decimal(0)
    for word in words:
        if word in NUMBERS:
            group += NUMBERS[word]
        elif word in ("a", "an"):
            group = group or Decimal(1)
        elif word == "half":
            group = Decimal("0.5")
        elif word == "hundred":
            group *= 100
        elif word in _SCALES:
            total += group.scaleb(_SCALES[word])
            group = Decimal(0)
    return total + group
