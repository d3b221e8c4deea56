"""Write the help of every command to docs/cli.md: `python scripts/cli_reference.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from typer.main import get_command
from typer.testing import CliRunner

from ui.cli import app

TARGET = Path(__file__).parent.parent / "docs" / "cli.md"


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, as the words that call it."""
    yield words
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, name))


def reference() -> str:
    """The whole page."""
    os.environ.update(TERM="dumb", COLUMNS="100", NO_COLOR="1")
    parts = ["# Commands", "", "Written by `python scripts/cli_reference.py`; a test keeps it true.", ""]
    for words in commands(get_command(app)):
        shown = CliRunner().invoke(app, [*words, "--help"], prog_name="dateline", terminal_width=100)
        parts += [f"## `{' '.join(('dateline', *words))}`", "", "```text", shown.stdout.strip(), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8")
