"""`dateline eval from-feedback`: a benchmark of what readers said."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import ConfigOption, IndexOption, KOption, settings_from
from ui.cli.shell import NOTHING_FOUND, complain

if TYPE_CHECKING:
    from eval.generation.from_feedback import Conversion
    from rag.config import Settings
    from rag.feedback import Kept


def from_feedback(
    output: Annotated[Path, typer.Option("-o", "--output", help="New folder for the benchmark.")],
    feedback: Annotated[
        Path | None,
        typer.Argument(help="File of feedback. [default: the one that belongs to the index]", show_default=False),
    ] = None,
    add_to: Annotated[
        Path | None, typer.Option(help="Take over the cases of this benchmark, made earlier; it is not changed.")
    ] = None,
    index: IndexOption = None,
    k: KOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a benchmark of readers' feedback and print what became of each record; exit 3 where no case came of it."""
    from eval.benchmarks import open_benchmark
    from eval.benchmarks.writing import write_folder
    from eval.generation.from_feedback import extend
    from rag.feedback import FeedbackFile
    from ui.cli.terminal import printable

    settings = settings_from(config, index=index, k=k)
    old = open_benchmark(add_to) if add_to else None
    kept = FeedbackFile(feedback or settings.feedback_file).read()
    converted = _converted(kept, settings, output.name)
    for problem in (*kept.damaged, *converted.conflicts):
        complain(f"note: {printable(problem)}")
    _tell(converted, kept)
    made = converted.benchmark
    if not made.queries:
        complain("no case came of it, so nothing was written")
        raise typer.Exit(NOTHING_FOUND)
    write_folder(extend(old, made) if old else made, output)
    written = open_benchmark(output)
    typer.echo(f"{output}: {len(written.queries)} questions over {len(written.documents)} documents")


def _converted(kept: Kept, settings: Settings, name: str) -> Conversion:
    from eval.generation.from_feedback import convert
    from rag.assemble import open_index

    with open_index(settings) as opened:
        return convert(kept, opened.documents(), partial(opened.search, k=settings.k), name)


def _tell(converted: Conversion, kept: Kept) -> None:
    for fate, count in sorted(converted.counts.items(), key=lambda counted: (-counted[1], counted[0])):
        typer.echo(f"{count:>6}  {fate}")
    typer.echo(f"{len(kept.records):>6}  records, and {len(kept.damaged)} lines that are none")
