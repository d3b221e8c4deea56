"""Connections to a catalog: for those who may write it, and for those who may only read it.

SQLite's write-ahead log needs two files beside the database, even for reading. Where they are there, because another
user has the catalog open, a reader without rights joins in. Where they are not, nobody has it open; then the file is
read as one that never changes, and its stamp says whether that still holds.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from index.access import is_writable
from index.durable import room
from index.errors import IndexStateError, IndexUnwritable


class Stamp(NamedTuple):
    """What changes with a file: its inode, its size in bytes and its time of change in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int


def connect(path: Path) -> tuple[sqlite3.Connection, bool, Stamp | None]:
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


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _opened(path: Path, name: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            name, isolation_level=None, check_same_thread=False, timeout=30.0, uri=name.startswith("file:")
        )
    except sqlite3.Error as error:
        what = f"{path} cannot be opened: {error} ({room(path)})"
        raise IndexUnwritable(what, "check the folder and its disk") from error
