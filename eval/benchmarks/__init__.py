"""Formats of benchmarks. A new one is one file with its `Format`, and one line here."""

from __future__ import annotations

from pathlib import Path

from eval.benchmarks.base import Benchmark, Format
from index.errors import BenchmarkError
from index.plugins import resolve

BENCHMARKS = {
    "trec": "eval.benchmarks.trec:TREC",
    "multihop-rag": "eval.benchmarks.multihop_rag:MULTIHOP_RAG",
    "realtimeqa": "eval.benchmarks.realtimeqa:REALTIMEQA",
    "squad": "eval.benchmarks.squad:SQUAD",
    "squad-given": "eval.benchmarks.squad:SQUAD_GIVEN",
    "ragas": "eval.benchmarks.ragas:RAGAS",
    "folder": "eval.benchmarks.folder:FOLDER",
    "folder-dev": "eval.benchmarks.folder:FOLDER_DEV",
    "folder-train": "eval.benchmarks.folder:FOLDER_TRAIN",
}
"""In the order in which they are tried: a folder of TREC may hold a corpus.jsonl too."""


def open_benchmark(path: Path, form: str | None = None) -> Benchmark:
    """The benchmark at a path, read and checked whole, in the format named or else in the one that fits.

    Raises BenchmarkError, or UnknownName for the format.
    """
    return _format(form or detect(path)).read(path)


def detect(path: Path) -> str:
    """The name of the first format that fits what lies at a path, judged by names and first characters.

    Raises BenchmarkError where nothing is there or none fits.
    """
    if not path.exists():
        raise BenchmarkError(f"{path} is not there: give the file or folder of a benchmark")
    if name := next((name for name in BENCHMARKS if _format(name).fits(path)), None):
        return name
    raise BenchmarkError(f"{path} looks like no benchmark: name its format, one of {', '.join(BENCHMARKS)}")


def given_form(path: Path, form: str | None = None) -> str:
    """The format in which each question comes with the one document to read, of the format named or that fits.

    Raises BenchmarkError where there is none.
    """
    name = form or detect(path)
    if name.endswith("-given"):
        return name
    if f"{name}-given" not in BENCHMARKS:
        able = ", ".join(other.removesuffix("-given") for other in BENCHMARKS if other.endswith("-given"))
        raise BenchmarkError(f"the format {name!r} gives no question a document of its own; these do: {able}")
    return f"{name}-given"


def _format(name: str) -> Format:
    found: Format = resolve(BENCHMARKS, name, what="benchmark format")
    return found
