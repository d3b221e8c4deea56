"""What a run keeps of each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.documents import Hit
from rag.answer import Answer


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document of a ranking by its key, and the score of its best passage."""

    document: str
    score: float


@dataclass(frozen=True, slots=True)
class Cited:
    """Source number `n` of an answer: characters `[start, end)` of the document with this key, and the quote."""

    n: int
    document: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Prediction:
    """What a system answered. `sentences` are plain texts with the numbers of their sources; empty in a refusal."""

    answered: bool
    confidence: float
    short_answer: str | None = None
    sentences: tuple[tuple[str, tuple[int, ...]], ...] = ()
    cited: tuple[Cited, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> Prediction:
        """The part of an answer that is scored."""
        return cls(
            answered=answer.answered,
            confidence=answer.confidence,
            short_answer=answer.short_answer,
            sentences=tuple((sentence.text, sentence.citations) for sentence in answer.sentences),
            cited=tuple(Cited(s.n, s.document.key, s.start, s.end, s.quote) for s in answer.sources),
        )

    @property
    def text(self) -> str:
        """The sentences without their citation marks; "" for a refusal."""
        return " ".join(text for text, _ in self.sentences) if self.answered else ""

    @property
    def short(self) -> str:
        """The short answer, the whole text where there is none; "" for a refusal."""
        return (self.short_answer or self.text) if self.answered else ""

    def to_json(self) -> dict[str, Any]:
        """Plain lists, strings and numbers."""
        return {
            "answered": self.answered,
            "confidence": round(self.confidence, 6),
            "short_answer": self.short_answer,
            "sentences": [{"text": text, "citations": list(citations)} for text, citations in self.sentences],
            "sources": [
                {"n": c.n, "document": c.document, "start": c.start, "end": c.end, "quote": c.quote} for c in self.cited
            ],
        }


@dataclass(frozen=True)
class Row:
    """One question of a run. `asked` is the text that was searched; times are wall-clock milliseconds.

    `prediction` is None where nothing answered, `answer_ms` where nothing was asked to.
    """

    query: str
    asked: str
    ranking: tuple[Ranked, ...]
    search_ms: float
    prediction: Prediction | None = None
    answer_ms: float | None = None


def rank(hits: Sequence[Hit]) -> tuple[Ranked, ...]:
    """Documents in the order of their best passages, each once.

    The order is that of the hits, so that what is scored is what a user sees, between equal scores too.
    """
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.document.key, hit.score)
    return tuple(Ranked(document, score) for document, score in best.items())
