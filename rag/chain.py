"""The retrieval chain, top to bottom: understand, retrieve, read, answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from index.cancellation import cancellation
from index.documents import Filters, Hit
from index.search import Index
from rag.answer import Answer
from rag.answerers.base import Answerer, Draft
from rag.dates import TimeExpression, find_times
from rag.followups import standalone
from rag.question.answer_type import asked_for, overview_of
from rag.question.comparison import both_sides, sides_of
from rag.question.period import period, preferring
from rag.question.question import Asking, Question, Turn
from rag.readers.base import Reader, Reading
from rag.refusal import why_not
from rag.retriever import to_hits

_EXPLAINED = 3
"""Passages of a refusal of which it is said why they do not answer."""


@dataclass(frozen=True)
class _State:
    """What is known of a question so far; each step adds to it."""

    question: Question
    standalone: str
    times: tuple[TimeExpression, ...] = ()
    hits: tuple[Hit, ...] = ()
    unread: int = 0
    reading: Reading = field(default_factory=lambda: Reading((), 0.0))
    timings_ms: dict[str, float] = field(default_factory=dict)

    def then(self, stage: str, started: float, **changes: Any) -> _State:
        """The next state, with the stage's time. Raises Cancelled where nobody waits for the answer any more."""
        cancellation().check()
        spent = (time.perf_counter() - started) * 1000
        return replace(self, timings_ms={**self.timings_ms, stage: spent}, **changes)


class AnswerChain:
    """Answers questions over an index. `runnable` is the same chain for LangChain users."""

    def __init__(
        self, retriever: BaseRetriever, index: Index, reader: Reader, answerer: Answerer, *, threshold: float
    ) -> None:
        """Put the parts together; below `threshold` of the reader's confidence the answer is "not in the corpus".

        `retriever` may be any LangChain retriever whose documents are passages of `index`.
        """
        self.index = index
        self._retriever = retriever
        self._reader = reader
        self._answerer = answerer
        self._threshold = threshold
        self.runnable: Runnable[Question | dict[str, Any] | str, Answer] = (
            RunnableLambda(self._understand)
            | RunnableLambda(self._retrieve)
            | RunnableLambda(self._read)
            | RunnableGenerator(self._answers)
        )

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """The answer to a question in its conversation; `asked` and `dates` as `Question` has them.

        Raises QuestionError for one that cannot be asked, and Cancelled, see `index.cancellation`.
        """
        return self.runnable.invoke(Question.of(question, history, filters, **asked))

    def stream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Iterator[Answer]:
        """The answer as it grows, a sentence at a time; the last one is complete. As `answer` otherwise."""
        yield from self.runnable.stream(Question.of(question, history, filters, **asked))

    def retrieve(self, question: Question) -> tuple[str, tuple[Hit, ...]]:
        """The question as it stands alone, and the passages that would be read for it, in the search's order."""
        state = self._retrieve(self._understand(question))
        return state.standalone, state.hits

    # The steps

    def _understand(self, asked: Question | dict[str, Any] | str) -> _State:
        started = time.perf_counter()
        question = _question(asked)
        alone = standalone(question.text, question.history)
        today = question.asked or self.index.last_date() if question.dates else None
        times = find_times(alone, today=today) if today else ()
        return _State(question, alone, times).then("understand", started)

    def _retrieve(self, state: _State) -> _State:
        started = time.perf_counter()
        filters = state.question.filters
        hits = self._search(state.standalone, filters)
        if sides := sides_of(state.standalone) if asked_for(state.standalone) == "comparison" else None:
            of_sides = [self._search(f"{side} {sides.matter}", filters) for side in (sides.one, sides.other)]
            hits = both_sides(hits, of_sides)
        if wanted := period(state.times):
            inside = wanted.within(filters)
            of_that_time = self._search(state.standalone, inside) if inside else ()
            hits = preferring([*hits, *of_that_time], wanted, len(hits))
        return state.then("search", started, hits=hits)

    def _search(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        return to_hits(self._retriever.invoke(question, filters=filters), self.index)

    def _read(self, state: _State) -> _State:
        started = time.perf_counter()
        hits = state.hits[: state.question.most_read]
        reading = self._reader.read(state.standalone, hits)
        return state.then("read", started, hits=hits, unread=len(state.hits) - len(hits), reading=reading)

    def _answers(self, states: Iterator[_State]) -> Iterator[Answer]:
        for state in states:
            started = time.perf_counter()
            answered = state.reading.confidence >= self._threshold
            drafts = self._drafts(state) if answered else iter(())
            count = 0
            for draft in drafts:
                count += 1
                done = state.then("compose", started)
                yield replace(
                    _nothing_found(done), answered=True, short_answer=draft.short_answer, agreement=draft.agreement,
                    alternatives=draft.alternatives, sentences=draft.sentences, sources=draft.sources,
                )  # fmt: skip
            if not count:
                reasons = self._reasons(state)
                yield replace(_nothing_found(state.then("compose", started)), reasons=reasons)

    def _reasons(self, state: _State) -> tuple[str, ...]:
        nearest = (state.reading.hits or state.hits)[:_EXPLAINED]
        wanted = overview_of(state.standalone) or state.standalone
        return tuple(why_not(wanted, hit, self.index.terms) for hit in nearest)

    def _drafts(self, state: _State) -> Iterator[Draft]:
        return self._answerer.compose(state.standalone, state.reading, newest=period(state.times).newest)


def _question(asked: Question | dict[str, Any] | str) -> Question:
    """What LangChain users may pass: a question, its text, or a mapping with the names of `Question.of`."""
    if isinstance(asked, Question):
        return asked
    if isinstance(asked, str):
        return Question.of(asked)
    known = {name: asked[name] for name in ("history", "filters", "asked", "dates", "most_read") if name in asked}
    return Question.of(asked["question"], **known)


def _nothing_found(state: _State) -> Answer:
    total = sum(state.timings_ms.values())
    return Answer(
        question=state.question.text,
        standalone_question=state.standalone,
        answered=False,
        confidence=state.reading.confidence,
        passages=state.reading.hits or state.hits,
        filters=state.question.filters,
        times=state.times,
        unread=state.unread,
        timings_ms={**state.timings_ms, "total": total},
    )
