"""The files that the last look at their folder could not read, in tables of the catalog.

A look is an `add` or a `sync`. It replaces whatever an earlier look noted at or below the paths that it was given, so a
file that is read later, or is gone when its folder is looked at again, is forgotten. The catalog lists a thousand
files; beyond that it keeps how many more there are, by the folder that was looked at.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from index.loaders import Skipped
from index.loaders.files import MISSING, NO_FILES, READ_ALREADY, shown

LISTED = 1_000
_REASON_CHARACTERS = 400
_NOT_UNREAD = (MISSING, NO_FILES, READ_ALREADY)
"""What is skipped for these reasons is no file that could not be read."""


@dataclass(frozen=True)
class Look:
    """What was skipped below each of the paths that were looked at; real paths, fit to be stored."""

    collection: str
    skipped: Mapping[str, Sequence[Skipped]]


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that could not be read, and why."""

    collection: str
    path: str
    reason: str


@dataclass(frozen=True)
class Unreadable:
    """How many files could not be read, and the first thousand of them by path."""

    files: int = 0
    listed: tuple[UnreadableFile, ...] = ()


def below(root: Path, skipped: Sequence[Skipped]) -> list[Skipped]:
    """Those of the skipped inputs that could not be read, with real paths; `root` is the path they were found under."""
    real, start = PurePath(real_path(root)), shown(root)
    return [
        Skipped(str(real / PurePath(one.path).relative_to(start)), one.reason)
        for one in skipped
        if one.reason not in _NOT_UNREAD
    ]


def real_path(path: Path) -> str:
    """The absolute path without links, fit to be stored; with them where they lead nowhere."""
    try:
        return shown(path.resolve())
    except (OSError, ValueError, RuntimeError):
        return shown(path.absolute())


def note(connection: sqlite3.Connection, look: Look) -> None:
    """Write what a look found over what was noted before; call inside a transaction."""
    for root in look.skipped:
        forget_below(connection, look.collection, root)
    room = LISTED - connection.execute("SELECT count(*) FROM unreadable").fetchone()[0]
    more: Counter[str] = Counter()
    for root, skipped in look.skipped.items():
        rows = [(look.collection, one.path, one.reason[:_REASON_CHARACTERS]) for one in skipped[:room]]
        connection.executemany("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?)", rows)
        room -= len(rows)
        if len(skipped) > len(rows):
            # A file that was named itself counts with its neighbours, so that the counts are as few as the folders.
            folder = os.path.dirname(root) if [one.path for one in skipped] == [root] else root  # noqa: PTH120
            more[folder] += len(skipped) - len(rows)
    connection.executemany(
        "INSERT OR REPLACE INTO unreadable_more VALUES (?, ?, ?)",
        ((look.collection, folder, files) for folder, files in more.items()),
    )


def forget_below(connection: sqlite3.Connection, collection: str, path: str) -> int:
    """Drop what is noted of a path and of all below it; gives how many of the listed files that were."""
    inside = path.rstrip("/") + "/"
    # "0" follows "/": the range holds exactly the paths that begin with the folder's.
    values = (collection, path, inside, inside[:-1] + "0")
    dropped = connection.execute(
        "DELETE FROM unreadable WHERE collection = ? AND (path = ? OR (path >= ? AND path < ?))", values
    ).rowcount
    connection.execute(
        "DELETE FROM unreadable_more WHERE collection = ? AND (folder = ? OR (folder >= ? AND folder < ?))", values
    )
    return dropped


def forget_everywhere(connection: sqlite3.Connection, paths: Sequence[str]) -> int:
    """Drop what is noted of paths, and of all below them, in whichever collection; gives how many files that were."""
    rows = connection.execute("SELECT collection FROM unreadable UNION SELECT collection FROM unreadable_more")
    return sum(forget_below(connection, collection, path) for (collection,) in rows.fetchall() for path in paths)


def noted(connection: sqlite3.Connection) -> Unreadable:
    """All that is noted."""
    (more,) = connection.execute("SELECT coalesce(sum(files), 0) FROM unreadable_more").fetchone()
    rows = connection.execute("SELECT collection, path, reason FROM unreadable ORDER BY path, collection")
    listed = tuple(UnreadableFile(*row) for row in rows)
    return Unreadable(len(listed) + more, listed)
