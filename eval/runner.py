"""Asks every question of a benchmark and keeps what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from time import perf_counter
from typing import Literal, Protocol, Unpack

from eval.benchmarks.base import Benchmark, Query
from eval.metrics.base import Case
from eval.report import Report
from eval.rows import Prediction, Row, rank
from index.documents import Filters, Hit
from index.errors import BenchmarkError, QuestionError
from rag.answer import Answer
from rag.question import Asking, Turn

Half = Literal["dev", "test"]

PASSAGES = 200
"""How many passages are searched by default: enough that R@100 sees a hundred documents where each has two."""


class Searcher(Protocol):
    """What ranks passages; `index.search.Index` is one."""

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> Sequence[Hit]:
        """At most k hits, best first."""


class Answering(Protocol):
    """What answers questions; `rag.chain.AnswerChain` is one."""

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """An answer or a refusal. Raises QuestionError for what cannot be asked."""


def run(
    benchmark: Benchmark,
    searcher: Searcher,
    answering: Answering | None = None,
    *,
    limit: int | None = None,
    half: Half | None = None,
    split: str | None = None,
    depth: int = PASSAGES,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask the chosen queries one after the other; `progress` is called with queries done and queries to do.

    `depth` passages are searched for each. Without `answering` only the ranking is measured. See `choose` for `limit`,
    `half` and `split`. Raises BenchmarkError where they leave nothing.
    """
    queries = choose(benchmark, limit=limit, half=half, split=split)
    cases = []
    for done, query in enumerate(queries, start=1):
        row = _ask(query, searcher, answering, depth)
        cases.append(Case(query, benchmark.qrels.get(query.id, {}), row))
        if progress:
            progress(done, len(queries))
    chosen = {"limit": limit, "half": half, "split": split, "depth": depth, "answers": answering is not None}
    return Report(benchmark.name, benchmark.sha256, len(benchmark.documents), chosen, tuple(cases))


def choose(
    benchmark: Benchmark, *, limit: int | None = None, half: Half | None = None, split: str | None = None
) -> list[Query]:
    """Queries in their order: those of one half, whose metadata names that split, and of those the first `limit`.

    Raises BenchmarkError where none is left.
    """
    queries = [
        query
        for query in benchmark.queries
        if half in (None, half_of(query.id)) and split in (None, query.metadata.get("split"))
    ][:limit]
    if not queries:
        raise BenchmarkError(
            f"no query of {benchmark.name} is left with limit {limit}, half {half} and split {split}: choose less"
        )
    return queries


def half_of(query: str) -> Half:
    """`dev` or `test` by the lowest bit of the SHA-256 of a query's id.

    A threshold chosen on one half is reported on the other. A query stays in its half whatever else the benchmark
    holds, so the halves are only about equal.
    """
    return "test" if hashlib.sha256(query.encode()).digest()[-1] & 1 else "dev"


def _ask(query: Query, searcher: Searcher, answering: Answering | None, depth: int) -> Row:
    """Answer first, as a follow-up is searched by the standalone question that the chain makes of it.

    The ranking is that of the answer's passages, as its reader left them, and below them the search's.
    """
    prediction, asked, answer_ms = None, query.text, None
    filters = Filters(collections=(query.given,)) if query.given else None
    read: Sequence[Hit] = ()
    if answering:
        history = _conversation(query, answering)
        started = perf_counter()
        try:
            answer = answering.answer(query.text, history, filters, asked=day_of(query))
        except QuestionError:
            answer = None
        answer_ms = _milliseconds_since(started)
        if answer:
            prediction, read = Prediction.of(answer), answer.passages
            asked = answer.standalone_question if query.history else query.text
    started = perf_counter()
    hits = searcher.search(asked, depth, filters)
    return Row(query.id, asked, rank([*read, *hits]), _milliseconds_since(started), prediction, answer_ms)


def _conversation(query: Query, answering: Answering) -> list[Turn]:
    """The earlier questions of a follow-up, asked as a reader would have asked them."""
    turns: list[Turn] = []
    for question in query.history:
        try:
            turns.append(answering.answer(question, turns, asked=day_of(query)).turn)
        except QuestionError:
            turns.append(Turn(question))
    return turns


def day_of(query: Query) -> date | None:
    """The day on which a question was asked, where the benchmark says so."""
    try:
        return date.fromisoformat(str(query.metadata.get("date", "")))
    except ValueError:
        return None


def _milliseconds_since(started: float) -> float:
    return (perf_counter() - started) * 1000
