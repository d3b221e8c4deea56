"""Who says the same, and who says something else: outlets counted, copies of one text counted once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.documents import Hit
from index.duplicates.detection import text_groups
from rag.answer import Agreement
from rag.english.words import answer_key, content_words
from rag.question.answer_type import AnswerType, mismatches
from rag.readers.base import Evidence, Reading, ShortAnswer

_COMPARABLE: frozenset[AnswerType] = frozenset({"number", "date", "person", "place"})
_LEAST_SHARE = 0.2
"""A rival answer has at least this share of the first one's probability …"""
_LEAST_RELEVANCE = 0.4
"""… and of its sentence's relevance: else it answers another question."""
_DIGITS = re.compile(r"\d[\d,.]*")


def agreement(answer: ShortAnswer) -> Agreement:
    """The outlets that give an answer, in a copy too, and how many independent texts they printed."""
    places = _by_document(answer.evidence, answer.evidence[0].relevance * _LEAST_RELEVANCE)
    outlets = dict.fromkeys(outlet for item in places for outlet in _printed_by(item.hit) if outlet)
    return Agreement(tuple(outlets), len(set(text_groups(item.hit.text for item in places))))


def _printed_by(hit: Hit) -> list[str]:
    return [hit.document.outlet, *(copy.outlet for copy in hit.copies if copy.prints)]


def conflicting(reading: Reading, wanted: AnswerType, first: ShortAnswer) -> list[ShortAnswer]:
    """Other answers to the same question that cannot be true together with the first, likeliest first.

    Only what has one value is compared: numbers, dates, people and places, from documents that do not say both.
    """
    if wanted not in _COMPARABLE:
        return []
    said = {item.hit.document.id for item in first.evidence}
    rivals: list[ShortAnswer] = []
    for other in reading.answers:
        best = other.evidence[0]
        if (
            other is not first
            and other.probability >= _LEAST_SHARE * first.probability
            and best.relevance >= _LEAST_RELEVANCE * first.evidence[0].relevance
            and best.hit.document.id not in said
            and not mismatches(wanted, other.text)
            and _same_thing(best, first.evidence[0])
            and all(_apart(other.text, known.text) for known in (first, *rivals))
        ):
            rivals.append(other)
    return rivals


def _by_document(evidence: Sequence[Evidence], least: float) -> list[Evidence]:
    """The best piece of evidence of each document."""
    best: dict[str, Evidence] = {}
    for item in evidence:
        if item.relevance >= least:
            best.setdefault(item.hit.document.id, item)
    return list(best.values())


def _same_thing(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences speak of the same thing: they share content words besides their answers."""
    words = [_besides(item) for item in (one, other)]
    return len(words[0] & words[1]) >= 2


def _besides(item: Evidence) -> set[str]:
    answer = item.answer.of(item.hit.document.text) if item.answer else ""
    return {word.casefold() for word in content_words(item.text)} - set(answer_key(answer).split())


def _apart(one: str, other: str) -> bool:
    """Whether neither answer is a shorter form of the other: "eleven" and "eleven people", "3,400" and "about 3400"."""
    keys = [answer_key(text) for text in (one, other)]
    if any(f" {keys[a]} " in f" {keys[1 - a]} " for a in (0, 1)):
        return False
    numbers = [[match.replace(",", "").rstrip(".") for match in _DIGITS.findall(text)] for text in (one, other)]
    return not numbers[0] or numbers[0] != numbers[1]
