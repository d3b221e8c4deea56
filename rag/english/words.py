"""Which words of a question say what it is about."""

from __future__ import annotations

import re

from index.lexicon import MONTHS, MONTHS_SHORT, NUMBERS, WEEKDAYS
from index.lexicon import NUMBER_WORDS as NUMBER_WORDS
from rag.english.lexicon import ARTICLES

_WORD = re.compile(r"\w+(?:['’]\w+)?")

_EMPTY = frozenset(
    """a about after again all also am an and any anything are as at be because been before being between both but by
    can come could did do does doing done during each either else ever for former from get give go had has have having
    he her hers him his how i if in into is it its just know latter let like made make many may me mean might more most
    much must my name need no not of on one ones or other our out over please said same say says she should so some such
    take tell than that the their theirs them then there these they this those to too under until up us use used very
    want was we were what what's whats when where which while who who's whom whose why will with would you your happen
    happened happening describe explain list""".split()
)
"""Not the lexicon's function words: "only", "against" and "first" say something of what a question is about."""


def content_words(text: str) -> list[str]:
    """The words in their order, without pronouns, question words and the rest of the grammar.

    >>> content_words("Which two officials will he meet?")
    ['two', 'officials', 'meet']
    """
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY]


_LARGEST_SMALL = 12


def small_number(text: str) -> int | None:
    """The first number from two to twelve in a text, as a word or in digits; None where there is none.

    >>> small_number("What are the five demands?"), small_number("Which 3 ports closed?"), small_number("Who?")
    (5, 3, None)
    """
    for word in _WORD.findall(text.casefold()):
        number = NUMBERS.get(word, int(word) if word.isdecimal() and len(word) <= 2 else 0)
        if 2 <= number <= _LARGEST_SMALL:
            return number
    return None


DATE_WORDS = frozenset({*WEEKDAYS, *MONTHS, *MONTHS_SHORT, "sept"}).union(
    """yesterday today tomorrow tonight week month year weekend spring summer autumn fall winter century decade early
    late night morning noon midnight afternoon evening daily weekly""".split()
)


def answer_key(text: str) -> str:
    """What two spellings of the same short answer share: the words in small letters, without articles.

    >>> answer_key("The Dock & Deck Union") == answer_key("Dock & Deck union")
    True
    """
    return " ".join(word for word in _WORD.findall(text.casefold()) if word not in ARTICLES)
