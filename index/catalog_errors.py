"""What SQLite's errors mean for an archive: a full or failing disk, another writer, or a damaged file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.durable import refused
from index.errors import IndexCorrupt, IndexLocked, IndexStateError

# Primary result codes, https://www.sqlite.org/rescode.html.
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def named(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file; `needed` bytes are what a change may take.

    Raises IndexUnwritable, IndexLocked or IndexCorrupt.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a closed catalog, not a damaged one
    except sqlite3.Error as error:
        raise told(path, error, needed) from error


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Raises IndexCorrupt for values that no row of ours holds."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise corrupt(path, f"it holds a row that cannot be read: {error}") from error


def told(path: Path, error: sqlite3.Error, needed: int = 0) -> IndexStateError:
    """The error of ours that says what one of SQLite's does."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return refused(path, "no space left on the disk", needed, full=True)
    if code in _DISK:
        return refused(path, str(error), needed)
    if code in _TAKEN:
        return IndexLocked(f"another process writes to {path}: {error}; try again when it has finished")
    return corrupt(path, str(error))


def corrupt(path: Path, what: str) -> IndexCorrupt:
    """The error for a catalog that is not what was stored."""
    return IndexCorrupt(
        f"{path} is not a readable catalog: {what}; `dateline index check` names all that is wrong: restore a backup, "
        "or index the files again into a new folder with `dateline index sync`"
    )
