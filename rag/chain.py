"""The way of a question, top to bottom: understand, retrieve, read, compose."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Unpack

from index.cancellation import cancellation
from index.documents import Filters, Hit
from index.search import Index
from rag.answer import Answer
from rag.answerers.base import Answerer
from rag.question.question import Asking, Question, Turn
from rag.question.understanding import UnderstoodQuestion, understand
from rag.readers.base import Reader
from rag.refusal import why_not
from rag.retrieval import Retriever, passages_for

_EXPLAINED = 3
"""Passages of a refusal of which it is said why they do not answer."""


class AnswerChain:
    """Answers questions over an index."""

    def __init__(
        self, retriever: Retriever, index: Index, reader: Reader, answerer: Answerer, *, threshold: float
    ) -> None:
        """Put the parts together; below `threshold` of the reader's confidence the answer is "not in the corpus".

        The retriever's hits must be passages of `index`.
        """
        self.index = index
        self._retriever = retriever
        self._reader = reader
        self._answerer = answerer
        self._threshold = threshold

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """The answer to a question in its conversation; `asked` as `Question` has it.

        Raises QuestionError for one that cannot be asked, and Cancelled, see `index.cancellation`.
        """
        *_, answer = self.stream(question, history, filters, **asked)
        return answer

    def stream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Iterator[Answer]:
        """The answer as it grows, a sentence at a time; the last one is complete. As `answer` otherwise."""
        watch = _Stopwatch()
        understood = self.understand(Question.of(question, history, filters, **asked))
        watch.lap("understand")
        found = self.retrieve(understood)
        watch.lap("search")
        hits = found[: understood.question.most_read]
        reading = self._reader.read(understood, hits)
        watch.lap("read")
        answer = Answer(
            question=understood.question.text,
            standalone_question=understood.standalone,
            answered=reading.confidence >= self._threshold,
            confidence=reading.confidence,
            passages=reading.hits or hits,
            filters=understood.question.filters,
            times=understood.times,
            unread=len(found) - len(hits),
        )
        composed = False
        for draft in self._answerer.compose(understood, reading) if answer.answered else ():
            composed = True
            yield replace(
                answer, short_answer=draft.short_answer, agreement=draft.agreement, alternatives=draft.alternatives,
                sentences=draft.sentences, sources=draft.sources, timings_ms=watch.at("compose"),
            )  # fmt: skip
        if not composed:
            reasons = tuple(why_not(understood, hit, self.index.terms) for hit in answer.passages[:_EXPLAINED])
            yield replace(answer, answered=False, reasons=reasons, timings_ms=watch.at("compose"))

    def understand(self, question: Question) -> UnderstoodQuestion:
        """What a question says, its dates from the day of asking or else from the corpus's last day."""
        today = question.asked_on or self.index.last_date() if question.dates else None
        return understand(question, today)

    def retrieve(self, question: UnderstoodQuestion) -> tuple[Hit, ...]:
        """The passages that are read for a question, in the search's order."""
        return passages_for(question, self._retriever)


class _Stopwatch:
    """Wall-clock milliseconds of stages that follow one another."""

    def __init__(self) -> None:
        self._milliseconds: dict[str, float] = {}
        self._started = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage. Raises Cancelled where nobody waits for the answer any more."""
        self._milliseconds = self.at(stage)
        self._milliseconds.pop("total")
        self._started = time.perf_counter()

    def at(self, stage: str) -> dict[str, float]:
        """The stages so far, the present one as if it ended now, and their total. Raises Cancelled, as `lap`."""
        cancellation().check()
        stages = {**self._milliseconds, stage: (time.perf_counter() - self._started) * 1000}
        return {**stages, "total": sum(stages.values())}
