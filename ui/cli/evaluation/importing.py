"""`dateline eval import`: any format of benchmark, written as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.evaluation.options import FormatOption, GivenOption, open_chosen


def import_benchmark(
    path: Annotated[Path, typer.Argument(help="File or folder of a benchmark.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")],
    form: FormatOption = None,
    given: GivenOption = False,
) -> None:
    """Check a benchmark and write it as a folder of corpus, questions and judgements."""
    from eval.benchmarks.writing import write_folder

    benchmark = open_chosen(path, form, given)
    write_folder(benchmark, out)
    judgements = sum(map(len, benchmark.qrels.values()))
    typer.echo(
        f"{out}: {len(benchmark.queries):,} questions over {len(benchmark.documents):,} documents, "
        f"{judgements:,} judgements"
    )
