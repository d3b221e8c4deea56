"""Connections to a catalog, for writers and for readers, and what SQLite's errors mean for an archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.atomic_files import Stamp, room, stamp_of, unwritable
from index.catalog.access import is_writable
from index.errors import IndexCorrupt, IndexLocked, IndexStateError, IndexUnwritable

# Primary result codes, https://www.sqlite.org/rescode.html.
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def naming_file(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file; `needed` bytes are what a change may take.

    Raises IndexUnwritable, IndexLocked or IndexCorrupt.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a closed catalog, not a damaged one
    except sqlite3.Error as error:
        raise as_index_error(path, error, needed) from error
    except UnicodeDecodeError as error:  # of SQLite's own words, where they quote what is damaged
        raise corrupt(path, str(error)) from error


@contextmanager
def checking_rows(path: Path) -> Iterator[None]:
    """Raises IndexCorrupt for values that no row of ours holds."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise corrupt(path, f"it holds a row that cannot be read: {error}") from error


def as_index_error(path: Path, error: sqlite3.Error, needed: int = 0) -> IndexStateError:
    """The error of ours that says what one of SQLite's does."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return unwritable(path, "no space left on the disk", needed, full=True)
    if code in _DISK:
        return unwritable(path, str(error), needed)
    if code in _TAKEN:
        return IndexLocked(f"another process writes to {path}: {error}; try again when it has finished")
    return corrupt(path, str(error))


def corrupt(path: Path, what: str) -> IndexCorrupt:
    """The error for a catalog that is not what was stored."""
    return IndexCorrupt(
        f"{path} is not a readable catalog: {what}; `dateline index check` names all that is wrong: restore a backup, "
        "or index the files again into a new folder with `dateline index sync`"
    )


def open_database(path: Path) -> tuple[sqlite3.Connection, bool, Stamp | None]:
    """A connection, whether it may write, and the stamp of a file that must stay as it is.

    Raises IndexStateError where the file, or a log that belongs to it, cannot be opened.
    """
    if is_writable(path):
        return _opened(path, str(path)), True, None
    log, shared = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    address = path.absolute().as_uri()
    if log.exists() and shared.exists():
        return _opened(path, f"{address}?mode=ro"), False, None
    if log.exists() and log.stat().st_size:
        raise IndexStateError(
            f"{log} holds changes that may not be read by this user: open the index once as a user who may write to "
            f"{path.parent}"
        )
    stamp = stamp_of(path)
    return _opened(path, f"{address}?mode=ro&immutable=1"), False, stamp


def require_unchanged(path: Path, stamp: Stamp | None) -> None:
    """Raises IndexStateError where the file no longer has the stamp that it must keep."""
    if stamp and stamp_of(path) != stamp:
        raise IndexStateError(
            f"the index at {path.parent} was changed while this user, who may not write to it, had it open: open it "
            "again"
        )


def _opened(path: Path, name: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            name, isolation_level=None, check_same_thread=False, timeout=30.0, uri=name.startswith("file:")
        )
    except sqlite3.Error as error:
        what = f"{path} cannot be opened: {error} ({room(path)})"
        raise IndexUnwritable(what, "check the folder and its disk") from error
