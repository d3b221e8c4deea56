"""`dateline index undo`, `check`, `repair`, `backup`, `export` and `compact`: none of them loads the encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import ConfigOption, IndexOption, JsonOption, settings_from
from ui.cli.shell import FAILED_INPUTS, print_json

DestinationArgument = Annotated[Path, typer.Argument(help="A new folder.", show_default=False)]


def add_keeping(group: typer.Typer) -> None:
    """Register the commands with a group."""
    for command in (undo, check, repair, backup, export, compact):
        group.command()(command)


def undo(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Take back the last change; a second undo takes the first one back."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.opened(settings.index, settings.engine) as engine, engine.writing():
        generation = backup.undo(engine)
    if as_json:
        print_json({"generation": generation})
    else:
        typer.echo(f"undone; this is generation {generation}")


def check(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Read and hash everything; name what is wrong and what mends it, and exit 1 then."""
    from index.maintenance import integrity
    from ui.cli.terminal import printable

    problems = integrity.check(settings_from(config, index=index).index)
    if as_json:
        print_json([asdict(problem) for problem in problems])
    else:
        lines = [f"{problem.where}: {printable(problem.what)}; mend it: {problem.cure}" for problem in problems]
        typer.echo("\n".join(lines) or "all is well")
    if problems:
        raise typer.Exit(FAILED_INPUTS)


def repair(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Make what is derived anew from the catalog, and drop what belongs to nothing; no document is lost."""
    from index.maintenance import integrity

    done = integrity.repair(settings_from(config, index=index).index)
    if as_json:
        print_json(done)
    else:
        typer.echo("\n".join(done) or "there was nothing to repair")


def backup(
    destination: DestinationArgument,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the index as it is at one moment, even while others write; the copy is an index."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.opened(settings.index, settings.engine) as engine:
        backup.back_up(engine, destination)
    if as_json:
        print_json({"backup": str(destination)})
    else:
        typer.echo(f"backed up; restore with --index {destination}")


def export(
    destination: DestinationArgument,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Write all documents to corpus.jsonl in a new folder, as BEIR has it."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.opened(settings.index, settings.engine) as engine:
        documents = backup.export(engine, destination)
    if as_json:
        print_json({"documents": documents})
    else:
        typer.echo(f"wrote {documents} documents to {destination / backup.CORPUS}")


def compact(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Give back the space of what neither the index nor an undo needs."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.opened(settings.index, settings.engine) as engine:
        done = backup.compact(engine, settings.index)
    if as_json:
        print_json(asdict(done))
    else:
        typer.echo(f"{done.before_bytes:,} -> {done.after_bytes:,} bytes; {done.vectors} embeddings dropped")
