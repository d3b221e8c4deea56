"""Options that say in which format a benchmark is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark

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
