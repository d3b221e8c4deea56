"""Speed and size of both indexes by number of passages: made here, opened and searched in a process of their own.

What stands beside a latency is what decides on another machine: the ratio to exact search, timed in turns with it.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.studies.synthetic_corpus import SeedCorpus, Vectors, blown_up, rewritten
from index.atomic_files import seal_of, write_atomically
from index.documents import Document, Filters
from index.lexical import Lexical, LexicalEntry
from index.plugins import resolve
from index.search import CANDIDATES
from index.vectors import VECTOR_INDEXES
from index.vectors.base import Ids

K = 10
"""Neighbours that recall is counted over."""

ROUNDS = 3
"""How often every question is asked; of each, the median counts."""

ALLOWED = (0.5, 0.01, 0.0001)
"""Shares of the passages that a filter allows, measured too."""

_PORTION = 50_000
_DOCUMENT = Document(text="", outlet="The Gazette", published=date(2025, 3, 3))


@dataclass(frozen=True)
class SearchLatency:
    """Milliseconds of a search over the questions: median and 95th percentile."""

    p50: float
    p95: float


@dataclass(frozen=True)
class BuildCost:
    """What it took to make an index: seconds, and the bytes on the disk."""

    seconds: float
    bytes: int


@dataclass(frozen=True)
class FilteredFigures:
    """A search under a filter that allows a share of the passages."""

    share: float
    latency: SearchLatency
    recall: float


@dataclass(frozen=True)
class VectorFigures:
    """A vector index in a fresh process: seconds to check and open it, most MiB resident, and its searches."""

    checking: float
    opening: float
    resident: float
    latency: SearchLatency
    recall: float
    filtered: tuple[FilteredFigures, ...]


@dataclass(frozen=True)
class LexicalFigures:
    """The lexical index: made, checked, opened, searched."""

    made: BuildCost
    checking: float
    opening: float
    resident: float
    latency: SearchLatency


@dataclass(frozen=True)
class ScalePoint:
    """Everything measured at one size. `exact` is the exact search by one matrix product, in milliseconds."""

    passages: int
    questions: int
    made: BuildCost
    vectors: VectorFigures
    exact: float
    words: LexicalFigures | None

    @property
    def speedup(self) -> float:
        """How many times as long exact search takes at the median."""
        return self.exact / self.vectors.latency.p50

    def to_json(self) -> dict[str, Any]:
        """The parts and the speed-up."""
        return {**asdict(self), "speedup": self.speedup}


def measure_scale(
    corpus: SeedCorpus,
    sizes: Sequence[int],
    folder: Path,
    *,
    kind: str = "faiss",
    lexical: bool = True,
    done: Callable[[ScalePoint], None] | None = None,
) -> list[ScalePoint]:
    """Measure each size, smallest first, with files in `folder`; `done` is called with each as it is there.

    Raises UnknownName for the kind of vector index.
    """
    points = []
    for size in sorted(sizes):
        point = _point(corpus, size, folder, kind, lexical)
        points.append(point)
        if done:
            done(point)
    return points


def _point(corpus: SeedCorpus, size: int, folder: Path, kind: str, lexical: bool) -> ScalePoint:
    rows = blown_up(corpus.vectors, size)
    file = folder / f"vectors-{size}.{kind}"
    made = _make_vectors(rows, file, kind)
    # Ids of so many passages, drawn evenly.
    counts = (max(1, round(share * size)) for share in ALLOWED)
    filters = [np.sort(np.random.default_rng(1).choice(size, n, replace=False)).astype(np.int64) + 1 for n in counts]
    truths = [_nearest(rows, corpus.question_vectors, allowed) for allowed in (None, *filters)]
    exact = _exact_latency(rows, corpus.question_vectors)
    del rows
    opened = apart(_open_vectors, file, kind, corpus.question_vectors, filters, truths)
    file.unlink()
    words = _measure_words(corpus, size, folder / f"lexical-{size}") if lexical else None
    return ScalePoint(size, len(corpus.questions), made, opened, exact, words)


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """The result of work in a process of its own, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


# Vectors


def _make_vectors(rows: Vectors, file: Path, kind: str) -> BuildCost:
    started = perf_counter()
    index = resolve(VECTOR_INDEXES, kind, what="vector index")(rows.shape[1])
    for start in range(0, len(rows), _PORTION):
        portion = rows[start : start + _PORTION]
        index.add(np.arange(start + 1, start + 1 + len(portion), dtype=np.int64), portion)
    write_atomically(file, index.to_bytes())
    return BuildCost(perf_counter() - started, file.stat().st_size)


def _nearest(rows: Vectors, questions: Vectors, allowed: Ids | None) -> list[set[int]]:
    """Ids of the K rows with the largest inner product, for each question."""
    ids = np.arange(1, len(rows) + 1) if allowed is None else allowed
    best = np.full((len(questions), K), -np.inf, dtype=np.float32)
    found = np.zeros((len(questions), K), dtype=np.int64)
    for start in range(0, len(ids), _PORTION):
        portion = ids[start : start + _PORTION]
        scores = np.hstack([best, questions @ rows[portion - 1].T])
        named = np.hstack([found, np.broadcast_to(portion, (len(questions), len(portion)))])
        top = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        best, found = np.take_along_axis(scores, top, 1), np.take_along_axis(named, top, 1)
    return [set(row.tolist()) - {0} for row in found]


def _exact_latency(rows: Vectors, questions: Vectors) -> float:
    def search(number: int) -> None:
        scores = rows @ questions[number]
        np.argpartition(-scores, min(CANDIDATES, len(scores)) - 1)

    return median(_seconds(search, number) for number in range(min(len(questions), 20))) * 1000


def _open_vectors(
    file: Path, kind: str, questions: Vectors, filters: Sequence[Ids], truths: Sequence[list[set[int]]]
) -> VectorFigures:
    started = perf_counter()
    seal_of(file)
    checked = perf_counter()
    index = resolve(VECTOR_INDEXES, kind, what="vector index").open(file)
    index.search(questions[0], CANDIDATES)
    opened = perf_counter()

    def read(allowed: Ids | None, truth: list[set[int]]) -> tuple[SearchLatency, float]:
        latency = _latency(lambda number: index.search(questions[number], CANDIDATES, allowed), len(questions))
        hits = [
            len(truth[n] & set(index.search(questions[n], CANDIDATES, allowed)[0][:K].tolist()))
            for n in range(len(truth))
        ]
        return latency, sum(hits) / sum(map(len, truth))

    latency, recall = read(None, truths[0])
    resident = most_resident()
    filtered = tuple(
        FilteredFigures(share, *read(allowed, truth))
        for share, allowed, truth in zip(ALLOWED, filters, truths[1:], strict=True)
    )
    return VectorFigures(checked - started, opened - checked, resident, latency, recall, filtered)


# Words


def _measure_words(corpus: SeedCorpus, size: int, folder: Path) -> LexicalFigures:
    started = perf_counter()
    index = Lexical(folder)
    texts = enumerate(rewritten(corpus.passages, size), start=1)
    while portion := list(islice(texts, _PORTION)):
        index.write([LexicalEntry(number, text, _DOCUMENT) for number, text in portion], [])
    made = BuildCost(perf_counter() - started, sum(file.stat().st_size for file in folder.iterdir()))
    return LexicalFigures(made, *apart(_open_words, folder, corpus.questions))


def _open_words(folder: Path, questions: Sequence[str]) -> tuple[float, float, float, SearchLatency]:
    started = perf_counter()
    seal_of(folder)
    checked = perf_counter()
    index = Lexical(folder)
    index.search(questions[0], CANDIDATES, Filters())
    opened = perf_counter()
    latency = _latency(lambda number: index.search(questions[number], CANDIDATES, Filters()), len(questions))
    return checked - started, opened - checked, most_resident(), latency


# Clocks


def _latency(search: Callable[[int], Any], count: int) -> SearchLatency:
    """Of each question the median of the rounds, so that a moment in which the machine was busy does not count."""
    rounds: NDArray[np.float64] = np.array(
        [[_seconds(search, number) for number in range(count)] for _ in range(ROUNDS)]
    )
    p50, p95 = np.percentile(np.median(rounds, axis=0) * 1000, [50, 95])
    return SearchLatency(float(p50), float(p95))


def _seconds(search: Callable[[int], Any], number: int) -> float:
    started = perf_counter()
    search(number)
    return perf_counter() - started


def most_resident() -> float:
    """The most memory this process had resident so far, MiB."""
    try:
        # What `getrusage` says of a child process begins with what its parent had.
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1024**2 if sys.platform == "darwin" else 1024)
