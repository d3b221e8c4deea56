"""`dateline eval score`: answers of any system, scored as our own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.evaluation.options import (
    FolderArgument,
    FormatOption,
    HalfOption,
    LimitOption,
    SplitOption,
    benchmark_at,
)


def score(
    answers: Annotated[Path, typer.Argument(help="Answers as JSON lines, plain or gzipped.")],
    folder: FolderArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="New folder for the run, to compare and to report.")
    ] = None,
    limit: LimitOption = None,
    half: HalfOption = None,
    split: SplitOption = None,
    form: FormatOption = None,
) -> None:
    """Score the answers of any system on a benchmark, and print every metric with its 95 % interval."""
    from eval.answers_file import read_answers, with_missing_rows
    from eval.fingerprint import fingerprint
    from eval.report import Report
    from eval.runner import case_of, choose
    from eval.runs import RunFolder

    benchmark = benchmark_at(folder, form)
    found, sha256 = read_answers(answers, benchmark)
    rows = with_missing_rows(found, benchmark)
    choices: dict[str, Any] = {"limit": limit, "half": half and half.value, "split": split}
    queries = choose(benchmark, **choices)
    cases = tuple(case_of(benchmark, query, rows[query.id]) for query in queries)
    system = {"answers": answers.name, "sha256": sha256}
    report = Report(benchmark.name, benchmark.sha256, len(benchmark.documents), {**choices, **system}, cases)
    if output:
        with RunFolder(output, fingerprint(benchmark, system, choices)) as run:
            if not run.complete:
                run.finish(report)
    typer.echo(report.table())
    if missing := sum(query.id not in found for query in queries):
        typer.echo(f"{missing:,} of {len(queries):,} questions have no answer in the file and count as nothing found")
