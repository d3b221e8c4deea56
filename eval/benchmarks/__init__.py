"""Formats of benchmarks. A new one is one file and one line here."""

from __future__ import annotations

from pathlib import Path

from eval.benchmarks.base import Benchmark
from index.plugins import resolve

BENCHMARKS = {
    "folder": "eval.benchmarks.folder:read_folder",
}


def open_benchmark(path: Path, form: str = "folder") -> Benchmark:
    """The benchmark at a path, read and checked whole. Raises BenchmarkError, or UnknownName for the format."""
    benchmark: Benchmark = resolve(BENCHMARKS, form, what="benchmark format")(path)
    return benchmark
