"""Adds a text and asks about it with the commands that users run, and stays a while: what libraries send may come late.

A program for `observe`: it takes a folder of its own and the seconds to stay.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ui.cli import app

TEXT = "The ferry to Brightwater sails again. The harbour master reopened the pier on Monday after a week of repairs.\n"
QUESTION = "Who reopened the pier?"


def rehearse() -> None:
    """Raises SystemExit with the exit code of a command that fails."""
    own, seconds = Path(sys.argv[1]), float(sys.argv[2])
    text, index = own / "text.txt", str(own / "index")
    text.write_text(TEXT, "utf-8")
    for command in (["index", "add", str(text)], ["ask", QUESTION]):
        if code := app([*command, "--index", index], standalone_mode=False):
            sys.exit(code)
    time.sleep(seconds)


if __name__ == "__main__":
    rehearse()
