"""What an answerer is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from rag.answer import Agreement, Alternative, AnswerSentence
from rag.citations import Source
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Reading


@dataclass(frozen=True)
class Draft:
    """An answer as it grows: the sentences so far, their sources, and the short answer where there is one.

    `agreement` is on the short answer; `alternatives` are what other documents say instead.
    """

    sentences: tuple[AnswerSentence, ...]
    sources: tuple[Source, ...]
    short_answer: str | None = None
    agreement: Agreement | None = None
    alternatives: tuple[Alternative, ...] = ()


class Answerer(Protocol):
    """Turns what was read into sentences, each with the sources it rests on."""

    def compose(self, question: UnderstoodQuestion, reading: Reading) -> Iterator[Draft]:
        """Drafts, each with one sentence more than the one before; none where nothing answers the question."""
