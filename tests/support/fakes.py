"""Stand-ins at public seams: a chain that answers from a script, over documents made here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Unpack

from index.documents import Document, Filters, Hit, Passage, Span, Stage
from index.reports import IndexInfo
from rag.answer import Answer, AnswerSentence
from rag.citations import Numbering
from rag.question.question import Asking, Question, Turn

PIER = Document(
    "The harbour council closed the north pier on Monday. Engineers had found cracks in four pillars. "
    "Repairs will cost 3.2 million crowns and take until June. The council will pay half of it.",
    title="North pier closed after cracks found", outlet="Tidewater Post", published=date(2025, 3, 4),
    url="https://tidewater.example/pier",
)  # fmt: skip
ICE = Document(
    "Fishing crews welcomed the new ice plant. It makes forty tonnes of ice a day.",
    title="Ice plant opens", outlet="Island Wire", published=date(2025, 3, 10),
)  # fmt: skip
VOTE = Document("Council to vote on pier repairs", title="Council to vote on pier repairs", kind="headline")


def info(documents: int = 3) -> IndexInfo:
    """What an archive of that many documents would say."""
    return IndexInfo(
        path="data/index", generation=1 if documents else 0, documents=documents, passages=documents,
        kinds={"article": documents - 1, "headline": 1} if documents else {},
        outlets={"Tidewater Post": 1, "Island Wire": 1, "": 1} if documents else {}, collections={"default": documents},
        first_date="2025-03-04" if documents else None, last_date="2025-03-10" if documents else None,
        embedder="hashing-384", dimension=384, size_bytes=1,
    )  # fmt: skip


def hit(document: Document, start: int = 0, end: int | None = None, *, score: float = 0.5, rank: int = 1) -> Hit:
    """A passage of a document, found at that rank in every stage."""
    stop = len(document.text) if end is None else end
    ranks: dict[Stage, int] = {"dense": rank, "lexical": rank, "fused": rank}
    return Hit(document, Passage(document.id, start, stop, (Span(start, stop),)), score, ranks)


def answer_quoting(question: str, *quotes: tuple[Document, str], short_answer: str | None = None) -> Answer:
    """An answer whose sentences are those quotes, each cited where it first stands in its document."""
    numbering = Numbering()
    sentences = []
    for document, quote in quotes:
        start = document.text.index(quote)
        number = numbering.cite(document, Span(start, start + len(quote)))
        sentences.append(AnswerSentence(quote, (number,), 1.0))
    documents = list(dict.fromkeys(document for document, _ in quotes))
    return Answer(
        question=question, standalone_question=question, answered=True, confidence=0.9, short_answer=short_answer,
        sentences=tuple(sentences), sources=numbering.sources,
        passages=tuple(hit(d, rank=n, score=1 / n) for n, d in enumerate(documents, start=1)),
        timings_ms={"search": 4.0, "total": 9.0},
    )  # fmt: skip


def refusal(question: str, *nearest: Document) -> Answer:
    """An answer that says the corpus does not hold one."""
    hits = tuple(hit(document, rank=n) for n, document in enumerate(nearest, start=1))
    return Answer(question, question, answered=False, confidence=0.1, passages=hits, timings_ms={"total": 3.0})


@dataclass
class FakeCorpus:
    """An archive of which only the description exists."""

    documents: int = 3

    def info(self) -> IndexInfo:
        return info(self.documents)


@dataclass
class FakeChain:
    """Answers each question with what `respond` gives, a sentence at a time, `pause` seconds apart."""

    respond: Callable[[str], Answer]
    index: FakeCorpus = field(default_factory=FakeCorpus)
    pause: float = 0.0
    asked: list[tuple[str, tuple[Turn, ...], Filters | None]] = field(default_factory=list)

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **when: Unpack[Asking]
    ) -> Answer:
        *_, last = self.stream(question, history, filters, **when)
        return last

    def stream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **when: Unpack[Asking]
    ) -> Iterator[Answer]:
        asked = Question.of(question, history, filters, **when)
        self.asked.append((asked.text, asked.history, filters))
        complete = self.respond(asked.text)
        for count in range(1, len(complete.sentences)):
            cited = {n for sentence in complete.sentences[:count] for n in sentence.citations}
            sources = tuple(source for source in complete.sources if source.n in cited)
            yield replace(complete, sentences=complete.sentences[:count], sources=sources)
            time.sleep(self.pause)
        yield complete


def respond(question: str) -> Answer:
    """The pier, the ice plant, or nothing."""
    if "pier" in question.casefold():
        return answer_quoting(
            question,
            (PIER, "The harbour council closed the north pier on Monday."),
            (PIER, "Repairs will cost 3.2 million crowns and take until June."),
            (VOTE, "Council to vote on pier repairs"),
        )
    if "ice" in question.casefold():
        return answer_quoting(question, (ICE, "It makes forty tonnes of ice a day."), short_answer="forty tonnes")
    return refusal(question, ICE, PIER)
