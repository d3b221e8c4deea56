"""Which sentences make an answer: what the question asks for decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.asking import FACTS, Asked
from rag.citations import is_credit
from rag.readers.base import Evidence, Reading, ShortAnswer
from rag.words import NUMBER_WORDS, answer_key, content_words

_WORD = re.compile(r"\w+")
_SIDES = re.compile(
    r"\b(?:between|compare|contrast) (?P<one>.+?) (?:and|with|to) (?P<two>.+)"
    r"|(?P<three>[^,]+?),? (?:versus|vs\.?|or|and|from|than) (?P<four>.+)",
    re.IGNORECASE,
)
_ITEMS = 6
_ITEM_SHARE = 0.1
_NEWEST_SHARE = 0.3
"""A later report replaces the likeliest answer if it has this share of its probability."""


@dataclass(frozen=True)
class Limits:
    """How long an answer may be. The words do not shorten the first sentence.

    `least_share`: relevance that a further sentence needs, as a share of the first one's. `repeats_at`: share of its
    words that a sentence may have in common with an earlier one. `covered`: probability of the short answers shown at
    which a fact is answered.
    """

    sentences: int = 3
    words: int = 60
    least_share: float = 0.5
    repeats_at: float = 0.7
    covered: float = 0.9


@dataclass(frozen=True)
class Selection:
    """The sentences of an answer in the order in which they are printed, and its short answer where it has one."""

    sentences: tuple[Evidence, ...]
    short: ShortAnswer | None = None


def select(question: str, asked: Asked, reading: Reading, limits: Limits, *, newest: bool = False) -> Selection:
    """The fewest sentences that answer the question; none where there is no evidence."""
    told = tuple(item for item in reading.evidence if not is_credit(item.hit.document, item.span))
    reading = replace(reading, evidence=told)
    if asked in FACTS and reading.answers:
        return _fact(reading, limits, newest=newest)
    if asked == "list" and reading.answers:
        return _list(reading, limits)
    if asked == "comparison":
        return Selection(_sides(question, reading, limits))
    if asked == "timeline":
        return Selection(_timeline(reading, limits))
    return Selection(_in_document_order(_different(reading.evidence, limits)))


def _fact(reading: Reading, limits: Limits, *, newest: bool) -> Selection:
    """The sentence with the likeliest short answer, and others until those shown are as good as certain."""
    short = _latest(reading.answers) if newest else reading.answers[0]
    first = max(short.evidence, key=lambda item: item.relevance)
    probability = {answer_key(answer.text): answer.probability for answer in reading.answers}

    def enough(chosen: Sequence[Evidence]) -> bool:
        shown = [f" {answer_key(item.text)} " for item in chosen]
        return sum(p for key, p in probability.items() if any(f" {key} " in s for s in shown)) >= limits.covered

    return Selection(_different([first, *reading.evidence], limits, enough=enough), short)


def _list(reading: Reading, limits: Limits) -> Selection:
    """A sentence for each item that is likely, items that stand in a chosen sentence already aside."""
    first = reading.answers[0]
    wanted = [a for a in reading.answers[:_ITEMS] if a.probability >= _ITEM_SHARE * first.probability]
    longer = Limits(max(limits.sentences, 4), limits.words * 3 // 2, limits.least_share / 2, limits.repeats_at)
    places = [max(answer.evidence, key=lambda item: item.relevance) for answer in wanted]
    return Selection(_different([*places, *reading.evidence], longer), first)


def _sides(question: str, reading: Reading, limits: Limits) -> tuple[Evidence, ...]:
    """The best sentence on either side of a comparison, then what else is relevant."""
    match = _SIDES.search(question)
    sides = [side for side in match.groups() if side] if match else []
    firsts = []
    for side in sides:
        words = {word.casefold() for word in content_words(side)}
        scored = [(item.relevance * _share(words, item), item) for item in reading.evidence]
        best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if best[1] is not None and best[0] > 0:
            firsts.append(best[1])
    return _different([*firsts, *reading.evidence], limits, required=len(firsts))


def _timeline(reading: Reading, limits: Limits) -> tuple[Evidence, ...]:
    """The most relevant sentences of different documents, the latest first."""
    longer = Limits(max(limits.sentences, 4), limits.words * 3 // 2, limits.least_share / 2, limits.repeats_at)
    one_each = list({item.hit.document.id: item for item in reversed(reading.evidence)}.values())
    one_each.sort(key=lambda item: -item.relevance)
    chosen = _different(one_each, longer)
    return tuple(sorted(chosen, key=lambda item: item.hit.document.published or date.min, reverse=True))


def _different(
    evidence: Iterable[Evidence],
    limits: Limits,
    *,
    required: int = 1,
    enough: Callable[[Sequence[Evidence]], bool] = lambda _: False,
) -> tuple[Evidence, ...]:
    """The first sentences that say different things, within the limits; the first `required` need no relevance."""
    chosen: list[Evidence] = []
    words = 0
    for item in evidence:
        if len(chosen) == limits.sentences or (chosen and len(chosen) >= required and enough(chosen)):
            break
        length = len(item.text.split())
        weak = len(chosen) >= required and item.relevance < limits.least_share * chosen[0].relevance
        if weak or (chosen and words + length > limits.words) or _repeats(item, chosen, limits.repeats_at):
            continue
        chosen.append(item)
        words += length
    return tuple(chosen)


def _repeats(item: Evidence, chosen: Sequence[Evidence], share: float) -> bool:
    """Whether a sentence says nothing new; one with another number does, however alike the rest is."""
    new = _words(item)
    return any(
        len(new & old) >= share * min(len(new), len(old)) and _figures(new) <= _figures(old)
        for old in map(_words, chosen)
    )


def _figures(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit() or word in NUMBER_WORDS)


def _in_document_order(chosen: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Sentences of one document as they follow one another there; documents by their most relevant sentence."""
    documents = list(dict.fromkeys(item.hit.document.id for item in chosen))
    return tuple(sorted(chosen, key=lambda item: (documents.index(item.hit.document.id), item.span.start)))


def _latest(answers: Sequence[ShortAnswer]) -> ShortAnswer:
    """The most recently reported of the likely answers."""
    likely = [answer for answer in answers if answer.probability >= _NEWEST_SHARE * answers[0].probability]
    return max(likely, key=lambda answer: max(item.hit.document.published or date.min for item in answer.evidence[:3]))


def _share(words: set[str], item: Evidence) -> float:
    return len(words & _words(item)) / len(words) if words else 0.0


def _words(item: Evidence) -> frozenset[str]:
    return frozenset(_WORD.findall(item.text.casefold()))
