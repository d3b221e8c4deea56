"""What a model makes of a question and one passage, and what follows from several of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
