"""Indexing a benchmark's corpus and asking its questions, as several commands do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.progress import progress_bar

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark
    from eval.indexing import Indexing
    from eval.report import Report
    from eval.runs import RunFolder
    from index.embedders.base import Embedder
    from index.search import Index
    from rag.config import Settings


def measure(
    benchmark: Benchmark,
    settings: Settings,
    place: Path,
    choices: Mapping[str, Any],
    *,
    answers: bool,
    jobs: int = 1,
    output: Path | None = None,
) -> Report:
    """Index the corpus at `place`, or take the index that is there, and run the benchmark over it.

    With `output` the run is kept there, and what stands there already is not asked again. `choices` are those of
    `eval.runner.run`.
    """
    from eval.fingerprint import fingerprint
    from eval.runner import choose
    from eval.runs import RunFolder, read_run
    from rag.assemble import open_embedder

    choose(benchmark, limit=choices["limit"], half=choices["half"], split=choices["split"])
    embedder = open_embedder(settings)
    own = {"index", "embedder", "model"}
    system = {"embedder": embedder.name, **settings.model_dump(mode="json", exclude=own)}
    if output is None:
        return _asked(benchmark, settings, embedder, place, choices, system, answers=answers, jobs=jobs)
    model = Path(settings.reader_model)
    models = [model] if settings.reader_model and model.exists() else []
    folder = RunFolder(output, fingerprint(benchmark, system, {**choices, "answers": answers}, models))
    if folder.complete:
        return read_run(output)
    with folder:
        report = _asked(benchmark, settings, embedder, place, choices, system, folder, answers=answers, jobs=jobs)
        folder.finish(report)
    return report


def _asked(
    benchmark: Benchmark,
    settings: Settings,
    embedder: Embedder,
    place: Path,
    choices: Mapping[str, Any],
    system: Mapping[str, Any],
    folder: RunFolder | None = None,
    *,
    answers: bool,
    jobs: int,
) -> Report:
    from dataclasses import replace

    from eval.runner import run_benchmark
    from rag.assemble import build_chain

    kept: dict[str, Any] = {"done": folder.done, "keep": folder.keep} if folder else {}
    with indexed(benchmark, settings, embedder, place) as (index, indexing), progress_bar("questions") as progress:
        chain = build_chain(index, settings) if answers else None
        report = run_benchmark(benchmark, index, chain, jobs=jobs, progress=progress, **kept, **choices)
    return replace(report, config={**report.config, **system}, indexing=indexing)


@contextmanager
def indexed(
    benchmark: Benchmark, settings: Settings, embedder: Embedder, place: Path
) -> Iterator[tuple[Index, Indexing | None]]:
    """The open index of a benchmark's corpus, and what it cost to make it."""
    from eval.indexing import index_corpus

    with progress_bar("passages") as progress:
        index, indexing = index_corpus(
            benchmark, place, embedder, engine=settings.engine, fusion=settings.fusion, progress=progress
        )
    with index:
        yield index, indexing


@contextmanager
def index_folder(keep: Path | None) -> Iterator[Path]:
    """The folder to keep an index in, or one that goes away."""
    if keep:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="dateline-eval-") as folder:
        yield Path(folder) / "index"
