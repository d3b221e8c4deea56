"""What a question gets back: sentences, each with the exact characters it rests on, or a plain "not found"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index.documents import Filters, Hit
from rag.citations import Source as Source
from rag.citations import describe, marked


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence, the numbers of the sources it rests on, and how well they support it, in [0, 1]."""

    text: str
    citations: tuple[int, ...]
    support: float


@dataclass(frozen=True)
class Answer:
    """An answer, or the refusal to give one (`answered` false: no sentences, only the nearest passages).

    `confidence` is in [0, 1]: how likely the corpus answers this question. `timings_ms` are wall-clock milliseconds.
    """

    question: str
    standalone_question: str
    answered: bool
    confidence: float
    short_answer: str | None = None
    sentences: tuple[AnswerSentence, ...] = ()
    sources: tuple[Source, ...] = ()
    passages: tuple[Hit, ...] = ()
    filters: Filters = field(default_factory=Filters)
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentences in order, each followed by its citation marks: `… [1] … [2]`."""
        return " ".join(marked(sentence.text, sentence.citations) for sentence in self.sentences)

    def __add__(self, later: Answer) -> Answer:
        """LangChain joins the pieces of a stream with `+`; a later piece holds everything the earlier one does."""
        return later

    def to_json(self) -> dict[str, Any]:
        """The one JSON object that command line, HTTP and page speak; plain lists, strings and numbers."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "short_answer": self.short_answer,
            "answer": self.text,
            "sentences": [
                {"text": s.text, "citations": list(s.citations), "support": round(s.support, 4)} for s in self.sentences
            ],
            "sources": [source.to_json() for source in self.sources],
            "passages": [passage_json(hit) for hit in self.passages],
            "filters": filters_json(self.filters),
            "timings_ms": {stage: round(ms, 1) for stage, ms in self.timings_ms.items()},
        }


def passage_json(hit: Hit) -> dict[str, Any]:
    """A retrieved passage with its score and its rank in every stage."""
    return {**describe(hit.document), "start": hit.passage.start, "end": hit.passage.end, "text": hit.text,
            "score": round(hit.score, 6), "ranks": dict(hit.ranks)}  # fmt: skip


def filters_json(filters: Filters) -> dict[str, Any]:
    """Only the filters that are set."""
    fields = {
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
        "outlets": list(filters.outlets),
        "kinds": list(filters.kinds),
        "collections": list(filters.collections),
    }
    return {name: value for name, value in fields.items() if value}
