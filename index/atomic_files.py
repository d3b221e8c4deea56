"""Writing files so that a crash leaves the old or the new one, and knowing later whether a byte changed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TextIO

from index.errors import IndexLocked, IndexUnwritable

log = logging.getLogger(__name__)

_MOST_DIGESTS = 1_000
_TEMPORARY = re.compile(r"\..+\.[0-9]+(?:-(?:wal|shm|journal))?")


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name, flush to the disk, rename, flush the folder.

    Raises IndexUnwritable where the disk refuses; the file is then the old one, or whole and the new one.
    """
    with put_in_place(path, len(data)) as temporary, temporary.open("wb") as file:
        file.write(data)


@contextmanager
def put_in_place(path: Path, needed: int) -> Iterator[Path]:
    """Gives a temporary name to write a file under; whole and flushed to the disk it gets its own name.

    Raises IndexUnwritable, with the bytes that are `needed`, where the disk refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise unwritable_by(path, error, needed) from error
    finally:
        # A disk that has just refused may refuse this too; the file is then named by `check`.
        with suppress(OSError):
            for left in path.parent.glob(f"{temporary.name}*"):
                left.unlink(missing_ok=True)


def unfinished(folder: Path) -> list[Path]:
    """Files that an interrupted write left under a temporary name."""
    return sorted(file for file in folder.glob(".*") if _TEMPORARY.fullmatch(file.name))


def drop(path: Path) -> None:
    """Remove a file or a folder, if it is there. Raises IndexUnwritable where the disk refuses."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable_by(path, error) from error


def is_held(lock: Path) -> bool:
    """Whether somebody holds the lock file just now."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def require_room(path: Path, needed: int) -> None:
    """Raises IndexUnwritable where the disk below `path` has less room than the bytes that are certainly `needed`."""
    if shutil.disk_usage(path.parent).free < needed:
        raise unwritable(path, "no space left on the disk", needed, full=True)


def is_of_the_disk(error: OSError) -> bool:
    """Whether it is the disk that refuses, and not the rights or the place."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def unwritable_by(path: Path, error: OSError, needed: int = 0) -> IndexUnwritable:
    """The error for what the operating system said of a file."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return unwritable(path, error.strerror or str(error), needed, full=full)


def unwritable(path: Path, why: str, needed: int = 0, *, full: bool = False) -> IndexUnwritable:
    """The error for a file that the disk does not take, with the room needed and the room there is."""
    free = room(path)
    if full:
        what = f"{path} cannot be written: {why}; it takes about {_megabytes(needed)} and {free}"
        return IndexUnwritable(what, "make room, then do it again")
    # Not every library passes on that it was for lack of room.
    return IndexUnwritable(f"{path} cannot be written: {why} ({free})", "check the disk, then do it again")


def room(path: Path) -> str:
    """How much is free on the disk of a file, in words."""
    try:
        return f"{_megabytes(shutil.disk_usage(path.parent).free)} are free"
    except OSError:
        return "how much is free is not known"


def _megabytes(count: int) -> str:
    return f"{max(count, 1_000) / 1e6:,.3f} MB"


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def digest_of(file: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return opened.tell(), digest


class Stamp(NamedTuple):
    """What changes with a file: its inode, its size in bytes and its time of change in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


class Digests:
    """Size and SHA-256 of files, as `digest_of` gives them; kept as long as a file's stamp is the same."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, tuple[int, str]]] = {}

    def __call__(self, file: Path) -> tuple[int, str]:
        """Raises FileNotFoundError where it is gone, PermissionError where it may not be read."""
        stamp = stamp_of(file)
        known = self._known.get(file)
        if known and known[0] == stamp:
            return known[1]
        found = digest_of(file)
        if stamp and stamp == stamp_of(file):
            # The words' files get new names with every change, and those of old ones never come back.
            if len(self._known) >= _MOST_DIGESTS:
                self._known.clear()
            self._known[file] = (stamp, found)
        return found


def seal_of(path: Path, digest: Callable[[Path], tuple[int, str]] = digest_of) -> str:
    """Name, size and SHA-256 of a file, or of every file in a folder, as one line of JSON; "" if it is missing."""
    if not path.exists():
        return ""
    # Lock files belong to whoever has the folder open, not to its contents.
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    try:
        return json.dumps([[file.name, *digest(file)] for file in files if not file.name.endswith(".lock")])
    except FileNotFoundError:  # a writer has just dropped it
        return ""


def _holder(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip() or "unknown"


@contextmanager
def exclusive(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file at `path`; the kernel frees it when its holder dies.

    Raises IndexLocked, naming the process that holds it, after `wait` seconds. That there is a wait, and for whom, is
    logged as a warning when it begins. Raises OSError where the file cannot be written.
    """
    with path.open("a+") as file:
        deadline = time.monotonic() + wait
        warned = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise IndexLocked(
                        f"process {_holder(file)} is writing to {path.parent}; waited {wait:g} s: "
                        "try again when it has finished"
                    ) from None
            # A holder that has just come has not written who it is yet.
            time.sleep(0.05)
            if not warned:
                warned = True
                log.warning("process %s is writing to %s; waiting up to %g s", _holder(file), path.parent, wait)
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), str(os.getpid()).encode(), 0)
        yield


def folder_bytes(folder: Path) -> int:
    """The size of all files in a folder, in bytes; another process may take some away meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = file.stat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total
