"""Figures of a text, in digits and in words: what may change while the text around it stays."""

from __future__ import annotations

import re
from functools import lru_cache

from index.lexicon import MAGNITUDES, NUMBERS

NUMBER_WORDS = {*NUMBERS, *MAGNITUDES}.union(
    """no none half third quarter dozen dozens hundreds thousands millions billions first second once twice percent
    several both""".split()
)
_LARGEST_SPELT = 12

WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+")
"""A word, or a number with its point, its commas or the colon of a time."""

_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


@lru_cache(maxsize=100_000)
def figure(word: str) -> str:
    """The figure that a word is, the same however it is spelled; empty for a word that is none.

    >>> figure("3,400"), figure("three"), figure("4.7"), figure("A17"), figure("million"), figure("pier")
    ('3400', '3', '4.7', 'a17', 'million', '')
    """
    folded = word.casefold()
    if any(character.isdigit() for character in folded):
        return _THOUSANDS.sub("", folded)
    if folded not in NUMBER_WORDS:
        return ""
    number = NUMBERS.get(folded)
    return folded if number is None or number > _LARGEST_SPELT else str(number)


def figures(text: str) -> frozenset[str]:
    """All figures of a text.

    >>> sorted(figures("Eleven of 3,400 crowns, or 0.3 million"))
    ['0.3', '11', '3400', 'million']
    """
    return frozenset(filter(None, map(figure, WORD.findall(text))))
