"""Formats of benchmarks. A new one is one file, with a reader and a `fits`, and one line here."""

from __future__ import annotations

from pathlib import Path

from eval.benchmarks.base import Benchmark
from index.errors import BenchmarkError
from index.plugins import resolve

BENCHMARKS = {
    "trec": "eval.benchmarks.trec:read_trec",
    "multihop-rag": "eval.benchmarks.multihop_rag:read_multihop_rag",
    "realtimeqa": "eval.benchmarks.realtimeqa:read_realtimeqa",
    "squad": "eval.benchmarks.squad:read_squad",
    "squad-given": "eval.benchmarks.squad:read_squad_given",
    "ragas": "eval.benchmarks.ragas:read_ragas",
    "folder": "eval.benchmarks.folder:read_folder",
    "folder-dev": "eval.benchmarks.folder:read_dev",
    "folder-train": "eval.benchmarks.folder:read_train",
}
"""Name -> reader, in the order in which they are tried: a folder of TREC may hold a corpus.jsonl too."""

_WHAT = "benchmark format"


def open_benchmark(path: Path, form: str | None = None) -> Benchmark:
    """The benchmark at a path, read and checked whole, in the format named or else in the one that fits.

    Raises BenchmarkError, or UnknownName for the format.
    """
    benchmark: Benchmark = resolve(BENCHMARKS, form or detect(path), what=_WHAT)(path)
    return benchmark


def detect(path: Path) -> str:
    """The name of the first format that fits what lies at a path, judged by names and first characters.

    Raises BenchmarkError where nothing is there or none fits.
    """
    if not path.exists():
        raise BenchmarkError(f"{path} is not there: give the file or folder of a benchmark")
    for name, reader in BENCHMARKS.items():
        module, _, _ = reader.partition(":")
        if resolve({name: f"{module}:fits"}, name, what=_WHAT)(path):
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
