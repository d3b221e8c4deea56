"""What a reader is: it looks at the passages that were found and says which sentences answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
class Reading:
    """Evidence, most relevant first, and how likely the passages hold an answer at all, in [0, 1]."""

    evidence: tuple[Evidence, ...]
    confidence: float


class Reader(Protocol):
    """Reads a question against passages. Relevance is comparable across the passages of one question."""

    def read(self, question: str, hits: Sequence[Hit]) -> Reading:
        """Every sentence of the hits, weighed. No hits, no evidence and confidence 0."""
