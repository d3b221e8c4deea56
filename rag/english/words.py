"""Which words of a question say what it is about."""

from __future__ import annotations

import re

from index.lexicon import MONTHS, MONTHS_SHORT, NUMBERS, WEEKDAYS
from index.lexicon import NUMBER_WORDS as NUMBER_WORDS
from rag.english.lexicon import ARTICLES, FUNCTION

_WORD = re.compile(r"\w+(?:['’]\w+)?")

_EMPTY = FUNCTION | frozenset(
    """come doing done former happen happened happening latter made make mean name need other said same says take use
    used want""".split()
)


def content_words(text: str) -> list[str]:
    """The words in their order, without pronouns, question words, the rest of the grammar and verbs that say little.

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
