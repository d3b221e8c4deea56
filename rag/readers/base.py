"""What a reader is, and the model inside one.

A reader looks at the passages that were found and says which sentences answer the question; a pair reader is a model
that sees the question and one passage at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.documents import Hit, Span
from rag.question.understanding import UnderstoodQuestion

MOST_TOKENS = 30
"""The longest span that counts as an answer, in the model's tokens."""


@dataclass(frozen=True)
class PairReading:
    """The logits of a question and a passage.

    `starts` and `ends` have shape (tokens,): how much an answer begins or ends at a token of the passage; `offsets`,
    shape (tokens, 2), are the tokens' characters in it. `null` is the logit of a passage without an answer, comparable
    to a start plus an end; `relevance` is that of a passage that answers.
    """

    relevance: float
    null: float
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def spans(self, *, most_tokens: int = MOST_TOKENS) -> NDArray[np.float32]:
        """Logit of every span, shape (tokens, tokens), row its first and column its last token; -inf for none."""
        table = self.starts[:, None] + self.ends[None, :]
        first, last = np.ogrid[: len(self.starts), : len(self.ends)]
        allowed = (last >= first) & (last < first + most_tokens)
        return np.where(allowed, table, np.float32(-np.inf)).astype(np.float32)


class PairReader(Protocol):
    """A model that reads a question against a passage, both at once."""

    @property
    def name(self) -> str:
        """Identity of the model and its weights."""

    def read_pairs(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PairReading]:
        """One reading for each passage, given as title and text; what lies beyond the model's window is not read."""


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
        return self.hit.document.text[self.span.start : self.span.end]


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

    def read(self, question: UnderstoodQuestion, hits: Sequence[Hit]) -> Reading:
        """Every sentence of the hits that states something, weighed. No hits, no evidence and confidence 0."""
