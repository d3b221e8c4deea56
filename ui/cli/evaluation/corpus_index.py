"""The index of a benchmark's corpus, as several commands make or open it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.shell import progress_bar

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark
    from eval.indexing import Indexing
    from index.embedders.base import Embedder
    from index.search import Index
    from rag.config import Settings

KeepOption = Annotated[Path | None, typer.Option("--index", help="Keep the index in this folder and use it again.")]


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
