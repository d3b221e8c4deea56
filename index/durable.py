"""Writing files so that a crash leaves the old or the new one, and knowing later whether a byte changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from index.errors import IndexLocked

log = logging.getLogger(__name__)


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary name, flush to the disk, rename, flush the folder. Raises OSError, the old file intact."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def seal_of(path: Path) -> str:
    """Name, size and SHA-256 of a file, or of every file in a folder, as one line of JSON; "" if it is missing."""
    if not path.exists():
        return ""
    # Lock files belong to whoever has the folder open, not to its contents.
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return json.dumps([[file.name, *_digest(file)] for file in files if not file.name.endswith(".lock")])


def _digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


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
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
