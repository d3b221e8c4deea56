"""Which passages are read for a question: the best ones, of several documents and of several texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.documents import Filters, Hit
from index.duplicates.detection import text_groups
from index.search import Index

_LOOKED_THROUGH = 4
"""How many times `k` passages are looked through for ones of further documents."""
_DEEPER = 4
_DEEPEST = 1_000
"""Where one text fills them, so many times more are, up to so many."""


class Retriever(Protocol):
    """Finds the passages that are read for a question."""

    def retrieve(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        """Passages that pass the filters, best first."""


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
    for text in text_groups(hit.text for hit in hits):
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
    for place, (hit, text) in enumerate(zip(hits, text_groups(hit.text for hit in hits), strict=True)):
        documents[hit.document.id] += 1
        texts[text] += 1
        (further if documents[hit.document.id] > most or texts[text] > most else near).append(place)
        if len(near) == wanted:
            break
    return [hits[place] for place in sorted([*near, *further][:wanted])]
