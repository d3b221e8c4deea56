"""Which passages are read for a question: of several documents and texts, of both sides, of the right time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from index.documents import Filters, Hit
from index.duplicates.copies import text_groups
from index.search import Index
from rag.question.understanding import UnderstoodQuestion, WantedPeriod

_LOOKED_THROUGH = 4
"""How many times `k` passages are looked through for ones of further documents."""
_DEEPER = 4
_DEEPEST = 1_000
"""Where one text fills them, so many times more are, up to so many."""
_OF_EACH_SIDE = 2
"""Passages found for one side of a comparison alone that are read in any case."""
PREFERENCE = 0.15
"""Added to the search score, in [0, 1], of a passage of the right time; chosen on development halves."""


class Retriever(Protocol):
    """Finds the passages that are read for a question."""

    def retrieve(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        """Passages that pass the filters, best first."""


def passages_for(question: UnderstoodQuestion, retriever: Retriever) -> tuple[Hit, ...]:
    """The passages for a question: of both sides that it compares, and those of the time that it names first."""
    filters = question.question.filters
    hits = retriever.retrieve(question.standalone, filters)
    if compared := question.compared:
        sides = (f"{side} {compared.matter}" for side in (compared.one, compared.other))
        hits = with_both_sides(hits, [retriever.retrieve(side, filters) for side in sides])
    if question.period:
        inside = question.period.within(filters)
        of_that_time = retriever.retrieve(question.standalone, inside) if inside else ()
        hits = prefer_period([*hits, *of_that_time], question.period, len(hits))
    return mark_copies(hits)


def mark_copies(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits again, each that repeats an earlier one's text with its `copy_of`; later steps compare no texts."""
    groups = text_groups([hit.text for hit in hits])
    return tuple(
        hit if first == place else replace(hit, copy_of=hits[first].passage.id)
        for place, (hit, first) in enumerate(zip(hits, groups, strict=True))
    )


@dataclass(frozen=True)
class IndexRetriever:
    """The `k` best passages of an index; at most `per_document` of one document or text, unless others are too few."""

    index: Index
    k: int = 10
    per_document: int = 3

    def retrieve(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        """See `Retriever`."""
        depth = _LOOKED_THROUGH * self.k
        found = self.index.search(question, depth, filters)
        while depth < _DEEPEST and len(found) == depth and _crowded(found, self.k, self.per_document):
            depth = min(_DEEPER * depth, _DEEPEST)
            found = self.index.search(question, depth, filters)
        return tuple(spread_over_texts(found, self.k, self.per_document))


def _crowded(hits: Sequence[Hit], wanted: int, most: int) -> bool:
    """Whether fewer than `wanted` hits are left where at most so many of one text count."""
    seen: Counter[int] = Counter()
    counted = 0
    for text in text_groups([hit.text for hit in hits]):
        seen[text] += 1
        counted += seen[text] <= most
        if counted == wanted:
            return False
    return True


def spread_over_texts(hits: Sequence[Hit], wanted: int, most: int) -> list[Hit]:
    """The first `wanted` hits in their order; while there are others, at most `most` of one document or of one text.

    Neither a long report nor a text that many documents copy should crowd out what everybody else has written.
    """
    documents: Counter[str] = Counter()
    texts: Counter[int] = Counter()
    near: list[int] = []
    further: list[int] = []
    for place, (hit, text) in enumerate(zip(hits, text_groups([hit.text for hit in hits]), strict=True)):
        documents[hit.document.id] += 1
        texts[text] += 1
        (further if documents[hit.document.id] > most or texts[text] > most else near).append(place)
        if len(near) == wanted:
            break
    return [hits[place] for place in sorted([*near, *further][:wanted])]


def with_both_sides(hits: Sequence[Hit], of_sides: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """As many hits as were found for the whole question, the last of them replaced by the best of each side."""
    known = {hit.passage.id for hit in hits}
    firsts = (hit for found in of_sides for hit in found[:_OF_EACH_SIDE])
    new = list({hit.passage.id: hit for hit in firsts if hit.passage.id not in known}.values())
    return (*hits[: len(hits) - len(new)], *new) if len(new) < len(hits) else tuple(hits)


def prefer_period(hits: Sequence[Hit], wanted: WantedPeriod, most: int) -> tuple[Hit, ...]:
    """At most `most` hits, each once, those of the right time raised; the order is that of the new scores."""
    once = {hit.passage.id: hit for hit in reversed(hits)}
    newest = max((hit.document.published for hit in once.values() if hit.document.published), default=None)
    raised = [
        replace(hit, score=hit.score + PREFERENCE * _fits(hit.document.published, wanted, newest))
        for hit in reversed(once.values())
    ]
    return tuple(sorted(raised, key=lambda hit: -hit.score)[:most])


def _fits(day: date | None, wanted: WantedPeriod, newest: date | None) -> float:
    """How well a passage's day fits, in [0, 1]; where the newest is wanted, a month halves it."""
    if wanted.holds(day):
        return 1.0
    if wanted.newest and day and newest:
        return float(0.5 ** ((newest - day).days / 30))
    return 0.0
