"""How commands speak: data on standard output, words on standard error, and what they exit with."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
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
        """Run the command; a DatelineError is told without a traceback."""
        # Names and quotes come in any script; a terminal that cannot show a letter must not stop the answer.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        try:
            with _telling():
                return super().invoke(ctx)
        except DatelineError as error:
            complain(f"error: {error}")
            raise typer.Exit(ERROR) from error
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(INTERRUPTED) from None


class _Teller(logging.Handler):
    """Says on standard error what the library logs, such as whom it waits for."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(f"note: {record.getMessage()}")


@contextmanager
def _telling() -> Iterator[None]:
    logger, teller = logging.getLogger("index"), _Teller(logging.WARNING)
    logger.addHandler(teller)
    try:
        yield
    finally:
        logger.removeHandler(teller)


def complain(message: str) -> None:
    """Say something on standard error."""
    typer.echo(message, err=True)


def print_json(value: Any, *, one_line: bool = False) -> None:
    """A value as JSON on standard output: indented for people, on one line where many follow each other."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2))
