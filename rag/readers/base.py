"""What a reader is: it looks at the passages that were found and says which sentences answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from index.documents import Hit, Span


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, and how likely it answers the question, in [0, 1].

    `answer` is the exact span of a short answer inside the sentence, where the reader finds spans.
    """

    hit: Hit
    span: Span
    relevance: float
    answer: Span | None = None

    @property
    def text(self) -> str:
        """The sentence as it stands in the document."""
        return self.span.of(self.hit.document.text)


@dataclass(frozen=True)
class ShortAnswer:
    """A short answer and where it stands: each piece of evidence has it as its `answer`, the likeliest first.

    `probability` in [0, 1] is its share among all short answers that were read, copies of a text counted once.
    """

    text: str
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Reading:
    """What was read: evidence, most relevant first, and how likely the passages hold an answer at all, in [0, 1].

    `hits` are the passages in the order in which the reader trusts them, `answers` the short answers, likeliest first;
    a reader that finds no spans has none.
    """

    evidence: tuple[Evidence, ...]
    confidence: float
    hits: tuple[Hit, ...] = ()
    answers: tuple[ShortAnswer, ...] = ()


class Reader(Protocol):
    """Reads a question against passages. Relevance is comparable across the passages of one question."""

    @property
    def threshold(self) -> float:
        """The confidence, in [0, 1], from which on an answer is worth giving."""

    def read(self, question: str, hits: Sequence[Hit]) -> Reading:
        """Every sentence of the hits, weighed. No hits, no evidence and confidence 0."""


def reordered(hits: Sequence[Hit], scores: Sequence[float]) -> tuple[Hit, ...]:
    """The hits by falling score, each with its rank in the stage `read`; equals keep their order."""
    order = sorted(range(len(hits)), key=lambda number: -scores[number])
    return tuple(
        replace(hits[number], ranks={**hits[number].ranks, "read": rank}) for rank, number in enumerate(order, start=1)
    )
