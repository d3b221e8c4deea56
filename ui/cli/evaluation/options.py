"""How commands are told of a benchmark: where it lies, in which format it is read, and which questions are taken."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark

SAMPLE = "sample"
"""Stands for the packaged benchmark."""

FolderArgument = Annotated[str, typer.Argument(help="Folder or file of a benchmark, or 'sample' for the packaged one.")]


class HalfChoice(StrEnum):
    """The halves of a benchmark."""

    dev = "dev"
    test = "test"


LimitOption = Annotated[int | None, typer.Option(min=1, help="Take the first N questions only.")]
HalfOption = Annotated[HalfChoice | None, typer.Option(help="Take the questions of one half only.")]
SplitOption = Annotated[str | None, typer.Option(help="Take the questions whose metadata names this split.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="Format of the benchmark. [default: what its files look like]"),
]
GivenOption = Annotated[
    bool,
    typer.Option("--given", help="Read only the document that each question was asked about, where the format has it."),
]


def open_chosen(path: Path, form: str | None, given: bool) -> Benchmark:
    """The benchmark at a path as the options say. Raises BenchmarkError, or UnknownName for the format."""
    from eval.benchmarks import given_form, open_benchmark

    return open_benchmark(path, given_form(path, form) if given else form)


def benchmark_at(folder: str, form: str | None = None, given: bool = False) -> Benchmark:
    """The benchmark that an argument names. Raises as `open_chosen` does."""
    from dataclasses import replace

    opened = open_chosen(benchmark_path(folder), form, given)
    return replace(opened, name=SAMPLE) if folder == SAMPLE else opened


def benchmark_path(folder: str) -> Path:
    """Where the benchmark lies that an argument names."""
    from eval.sample import BENCHMARK

    return BENCHMARK if folder == SAMPLE else Path(folder)
