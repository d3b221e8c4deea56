"""How commands speak: data on standard output, words on standard error, and what they exit with."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from index.errors import DatelineError

FAILED_INPUTS = 1
ERROR = 2
NOTHING_FOUND = 3
GATE_MISSED = 4
INTERRUPTED = 130


class DatelineGroup(TyperGroup):
    """The one place where the project's errors become a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a DatelineError is printed without a traceback."""
        # Names and quotes come in any script; a terminal that cannot show a letter must not stop the answer.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        logger, notes = logging.getLogger("index"), _NotePrinter(logging.WARNING)
        logger.addHandler(notes)
        try:
            return super().invoke(ctx)
        except DatelineError as error:
            print_error(f"error: {error}")
            raise typer.Exit(ERROR) from error
        except KeyboardInterrupt:
            print_error("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        finally:
            logger.removeHandler(notes)


class _NotePrinter(logging.Handler):
    """Prints on standard error what the library logs, such as whom it waits for."""

    def emit(self, record: logging.LogRecord) -> None:
        print_error(f"note: {record.getMessage()}")


def print_error(message: str) -> None:
    """Print on standard error, which is for people; standard output is for data."""
    typer.echo(message, err=True)


def print_json(value: Any, *, one_line: bool = False) -> None:
    """A value as JSON on standard output: indented for people, on one line where many follow each other."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2))


def print_result(value: Any, text: str, *, as_json: bool) -> None:
    """What a command found on standard output: the value as JSON where that is asked for, else the text."""
    if as_json:
        print_json(value)
    else:
        typer.echo(text)


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar with rate and time left on standard error, to be called with done and total; None where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(unit), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(unit, total=None, rate="")

        def show(done: int, total: int) -> None:
            speed = bar.tasks[task].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:.0f}/s" if speed else "")

        yield show
