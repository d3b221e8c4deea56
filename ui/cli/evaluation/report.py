"""`dateline eval report`: runs as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import MetricOption


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; the first is what the others are held against.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    metrics: MetricOption = None,
) -> None:
    """Write runs of one benchmark as one HTML file: scores, curves, and every question with its passages."""
    from dataclasses import replace

    from eval.html.page import render
    from eval.runs import read_config, read_run
    from index.atomic_files import write_atomically

    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.absolute().parent}", param_hint="--output")
    reports = [replace(read_run(path), also=tuple(metrics or ())) for path in runs]
    page = render(reports, titles_of(runs), [read_config(path) for path in runs])
    data = page.encode("utf-8")
    write_atomically(output, data)
    typer.echo(f"{output}: {len(reports[0].cases):,} questions, {len(data) / 2**20:,.1f} MiB")


def titles_of(paths: Sequence[Path]) -> list[str]:
    """The folders' names; with the folders above them where two have the same name.

    >>> titles_of([Path("a/run"), Path("b/run")])
    ['a/run', 'b/run']
    """
    names = [path.resolve().name for path in paths]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in paths]
