"""Asks every question of a benchmark and keeps what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Literal, Protocol, Unpack

from eval.benchmarks.base import Benchmark, Query, asked_on
from eval.indexing import collection_of
from eval.metrics.base import Case
from eval.report import Report, peak_memory
from eval.rows import Prediction, Row, rank, retrieved
from index.documents import Filters, Hit
from index.errors import BenchmarkError, QuestionError
from rag.answer import Answer
from rag.question.question import Asking, Turn

Half = Literal["dev", "test"]

PASSAGES = 200
"""How many passages are searched by default: enough that R@100 sees a hundred documents where each has two."""


class Searcher(Protocol):
    """What ranks passages; `index.search.Index` is one."""

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> Sequence[Hit]:
        """At most k hits, best first."""


class AnsweringSystem(Protocol):
    """What answers questions; `rag.chain.AnswerChain` is one."""

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """An answer or a refusal. Raises QuestionError for what cannot be asked."""


def run_benchmark(
    benchmark: Benchmark,
    searcher: Searcher,
    answering: AnsweringSystem | None = None,
    *,
    limit: int | None = None,
    half: Half | None = None,
    split: str | None = None,
    depth: int = PASSAGES,
    jobs: int = 1,
    done: Mapping[str, Row] | None = None,
    keep: Callable[[Row], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask the chosen queries; `progress` is called with queries done and queries to do.

    `depth` passages are searched for each. Without `answering` only the ranking is measured. See `choose` for `limit`,
    `half` and `split`. `jobs` queries are asked at once, which changes no row but its timings. Rows in `done`, by query
    id, are taken as they are; every other is handed to `keep`, in the order of the queries. Raises BenchmarkError where
    the choice leaves nothing.
    """
    queries = choose(benchmark, limit=limit, half=half, split=split)
    finished = dict(done or {})
    todo = [query for query in queries if query.id not in finished]
    with ThreadPoolExecutor(jobs) as pool:
        # The first failure stops the run: what has not begun is not asked any more.
        futures = [pool.submit(_ask, query, searcher, answering, depth) for query in todo]
        try:
            for query, future in zip(todo, futures, strict=True):
                finished[query.id] = row = future.result()
                if keep:
                    keep(row)
                if progress:
                    progress(len(finished), len(queries))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    chosen = {"limit": limit, "half": half, "split": split, "depth": depth, "answers": answering is not None}
    cases = (case_of(benchmark, query, finished[query.id]) for query in queries)
    return Report(
        benchmark.name, benchmark.sha256, len(benchmark.documents), chosen, tuple(cases), peak_mib=peak_memory()
    )


def case_of(benchmark: Benchmark, query: Query, row: Row) -> Case:
    """A question with everything that its row is scored against."""
    quotes = tuple(benchmark.text_of(span) for span in query.evidence)
    return Case(query, benchmark.qrels.get(query.id, {}), row, quotes)


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


def _ask(query: Query, searcher: Searcher, answering: AnsweringSystem | None, depth: int) -> Row:
    """Answer first, as a follow-up is searched by the standalone question that the chain makes of it.

    The ranking is that of the answer's passages, as its reader left them, and below them the search's.
    """
    filters = Filters(collections=(collection_of(query.given),)) if query.given else None
    prediction, asked, error = None, query.text, ""
    timings: dict[str, float] = {}
    read: Sequence[Hit] = ()
    if answering:
        history = _conversation(query, answering)
        started = perf_counter()
        try:
            answer = answering.answer(query.text, history, filters, asked_on=asked_on(query))
        except QuestionError as refused:
            error = str(refused)
        else:
            prediction, read = Prediction.of(answer), answer.passages
            asked = answer.standalone_question if query.history else query.text
            timings = {f"answer: {stage}": ms for stage, ms in answer.timings_ms.items() if stage != "total"}
        timings = {"answer": _milliseconds_since(started), **timings}
    started = perf_counter()
    hits = [*read, *searcher.search(asked, depth, filters)]
    timings = {"search": _milliseconds_since(started), **timings}
    return Row(query.id, asked, rank(hits), retrieved(hits), prediction, error, timings)


def _conversation(query: Query, answering: AnsweringSystem) -> list[Turn]:
    """The earlier questions of a follow-up, asked as a reader would have asked them."""
    turns: list[Turn] = []
    for question in query.history:
        try:
            turns.append(answering.answer(question, turns, asked_on=asked_on(query)).turn)
        except QuestionError:
            turns.append(Turn(question))
    return turns


def _milliseconds_since(started: float) -> float:
    return (perf_counter() - started) * 1000
