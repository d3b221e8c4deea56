"""What a run keeps of each question, and its JSON.

Numbers are rounded to six digits when they are taken in, so that a row read back equals the row written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from index.documents import Document, Hit
from index.tokens import count_tokens
from rag.answer import Answer

PASSAGES_KEPT = 50
"""Passages of a ranking that a row keeps; documents are kept to the full depth of the search."""
EXCERPTS_KEPT = 10
"""Of how many of them a row keeps the text, for a report to show."""


def rounded(number: float) -> float:
    """To six digits: beyond that, machines differ."""
    return round(float(number), 6)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document of a ranking by its key, and the score of its best passage."""

    document: str
    score: float


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text of a passage and where it is from; `published` is an ISO date or ""."""

    text: str
    title: str = ""
    outlet: str = ""
    published: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage of a ranking: characters `[start, end)` of a document, `tokens` long by `index.tokens`.

    `ranks` are its ranks in the stages of the search, from 1. `excerpt` is None below the first passages.
    """

    document: str
    start: int
    end: int
    score: float
    tokens: int
    ranks: Mapping[str, int] = field(default_factory=dict)
    excerpt: Excerpt | None = None


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
            confidence=rounded(answer.confidence),
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
            "confidence": self.confidence,
            "short_answer": self.short_answer,
            "sentences": [{"text": text, "citations": list(citations)} for text, citations in self.sentences],
            "sources": [asdict(source) for source in self.cited],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Prediction:
        """What `to_json` wrote. Raises KeyError or TypeError for anything else."""
        return cls(
            answered=value["answered"],
            confidence=value["confidence"],
            short_answer=value["short_answer"],
            sentences=tuple((s["text"], tuple(s["citations"])) for s in value["sentences"]),
            cited=tuple(Cited(**source) for source in value["sources"]),
        )


@dataclass(frozen=True)
class Row:
    """What came back for one question. `asked` is the text that was searched.

    `prediction` is None where nothing was asked to answer, and where answering failed, in which case `error` says why.
    `timings_ms` are wall-clock milliseconds: "search", "answer", and the steps of answering as "answer: read".
    """

    query: str
    asked: str
    ranking: tuple[Ranked, ...]
    passages: tuple[Retrieved, ...] = ()
    prediction: Prediction | None = None
    error: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def attempted(self) -> bool:
        """Whether an answer was asked for."""
        return self.prediction is not None or bool(self.error)

    def to_json(self) -> dict[str, Any]:
        """Everything but the timings, which differ between runs."""
        return {
            "query": self.query,
            "asked": self.asked,
            "ranking": [[ranked.document, ranked.score] for ranked in self.ranking],
            "passages": [
                {name: value for name, value in asdict(passage).items() if name != "excerpt" or value}
                for passage in self.passages
            ],
            "answer": self.prediction.to_json() if self.prediction else None,
            "error": self.error,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], timings_ms: Mapping[str, float]) -> Row:
        """What `to_json` wrote, and the timings. Raises KeyError or TypeError for anything else."""
        return cls(
            query=value["query"],
            asked=value["asked"],
            ranking=tuple(Ranked(document, score) for document, score in value["ranking"]),
            passages=tuple(
                Retrieved(**{**passage, "excerpt": Excerpt(**passage["excerpt"]) if passage.get("excerpt") else None})
                for passage in value["passages"]
            ),
            prediction=Prediction.from_json(value["answer"]) if value["answer"] else None,
            error=value["error"],
            timings_ms=timings_ms,
        )


def rank(hits: Sequence[Hit]) -> tuple[Ranked, ...]:
    """Documents in the order of their best passages, each once, and each followed by its copies with its own score.

    Whoever is shown a document is shown where its copies are, and a benchmark may judge any of them. The order is that
    of the hits, so that what is scored is what a user sees, between equal scores too.
    """
    best: dict[str, float] = {}
    for hit in hits:
        for document in (hit.document.key, *(copy.key for copy in hit.copies)):
            best.setdefault(document, rounded(hit.score))
    return tuple(Ranked(document, score) for document, score in best.items())


def retrieved(hits: Sequence[Hit]) -> tuple[Retrieved, ...]:
    """The first passages of a ranking, each once."""
    once = list({hit.passage.id: hit for hit in reversed(hits)}.values())[::-1]
    return tuple(_retrieved(hit, place < EXCERPTS_KEPT) for place, hit in enumerate(once[:PASSAGES_KEPT]))


def excerpt_of(document: Document, text: str) -> Excerpt:
    """Words of a document with where they are from."""
    published = document.published.isoformat() if document.published else ""
    return Excerpt(text, document.title, document.outlet, published)


def _retrieved(hit: Hit, shown: bool) -> Retrieved:
    document, passage = hit.document, hit.passage
    ranks = {str(stage): rank for stage, rank in hit.ranks.items()}
    return Retrieved(
        document.key, passage.start, passage.end, rounded(hit.score), count_tokens(hit.text), ranks,
        excerpt_of(document, hit.text) if shown else None,
    )  # fmt: skip
