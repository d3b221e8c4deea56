"""Paths → files to read: folders walked in a fixed order, whatever cannot be read named with its reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from index.display import printable
from index.errors import InputError, TooLarge
from index.loaders.base import Limits

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


MISSING = "there is no such file or folder: check the path"
NO_FILES = "the folder holds no files"
READ_ALREADY = "is a link to a folder that is read already"
LEADS_OUT = "is a link that leads out of the folder: say --follow-links to read what it leads to"


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that was not read, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{printable(self.path)}: {printable(self.reason)}"


def discover(
    paths: Sequence[Path], *, without: Path | None = None, follow_links: bool = False
) -> Iterator[Path | Skipped]:
    """The files among `paths` and below the folders among them, in the order given, each folder sorted by name.

    Inside folders hidden entries and the folder `without` are left out; links to folders are followed after all else,
    each folder once. A link that leads out of the folder is skipped unless `follow_links`: who may write there could
    have any file read that way. The paths themselves may be links.
    """
    for path in paths:
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except FileNotFoundError:
            yield Skipped(shown(path), MISSING)
        except (OSError, ValueError) as error:
            yield Skipped(shown(path), _reason(error))
        else:
            yield from _walk(path, without, follow_links) if is_folder else [_file(path)]


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The file's bytes, all of one moment.

    Raises TooLarge, and InputError for what is no regular file, may not be read, or keeps changing.
    """
    try:
        data, status = _stable(lambda: _opened(path), limits.max_file_bytes + 1)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{shown(path)} cannot be read: {_reason(error)}; check the path and its permissions"
        ) from error
    if data is None:
        raise InputError(f"{shown(path)} changed while it was being read, twice: add it when it is written")
    if len(data) > limits.max_file_bytes:
        raise TooLarge(
            f"{path.name} has {max(status.st_size, len(data)):,} bytes and the limit max_file_bytes is "
            f"{limits.max_file_bytes:,}: split it into smaller files"
        )
    return data


def _opened(path: Path) -> BinaryIO:
    # Opening a pipe that nobody writes to must not wait.
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        raise InputError(f"{shown(path)} is {_kind(mode)}, not a file: give a file")
    return file


def _stable(opened: Callable[[], BinaryIO], most: int) -> tuple[bytes | None, os.stat_result]:
    """Up to `most` bytes of a file that did not change meanwhile, tried twice, else None; and the file's status."""
    for _ in range(2):
        with opened() as file:
            before = os.fstat(file.fileno())
            data = file.read(most)
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data, after
    return None, after


def shown(path: Path) -> str:
    """The path as text that can be stored: bytes of a name that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def _walk(root: Path, without: Path | None, follow_links: bool) -> Iterator[Path | Skipped]:
    found = False
    real = os.path.realpath(root)
    seen: set[tuple[int, int]] = set()
    left_out = _identity(without) if without else None
    folders, links = [root], list[Path]()
    while folders or links:
        from_link = not folders
        folder = links.pop(0) if from_link else folders.pop()
        try:
            status = folder.stat()
            identity = status.st_dev, status.st_ino
            if identity == left_out:
                continue
            if identity in seen:
                yield Skipped(shown(folder), READ_ALREADY)
                continue
            seen.add(identity)
            with os.scandir(folder) as entries:
                visible = sorted((e for e in entries if not e.name.startswith(".")), key=lambda entry: entry.name)
        except OSError as error:
            found = True
            yield Skipped(shown(folder), _reason(error))
            continue
        below = []
        for entry in visible:
            path = folder / entry.name
            is_link = entry.is_symlink()
            leads_out = is_link and not follow_links and not Path(os.path.realpath(path)).is_relative_to(real)
            if entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif is_link and path.is_dir() and not leads_out:
                links.append(path)
            else:
                found = True
                file = _file(path)
                would_be_read = isinstance(file, Path) or path.is_dir()
                yield Skipped(shown(path), LEADS_OUT) if leads_out and would_be_read else file
        folders += reversed(below)
    if not found:
        yield Skipped(shown(root), NO_FILES)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from all others, whatever its path; None where there is none."""
    try:
        status = folder.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _file(path: Path) -> Path | Skipped:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Skipped(shown(path), "is a link to nothing")
    except (OSError, ValueError) as error:
        return Skipped(shown(path), _reason(error))
    return path if stat.S_ISREG(mode) else Skipped(shown(path), f"is {_kind(mode)}, not a file")


def _kind(mode: int) -> str:
    return _SPECIAL.get(stat.S_IFMT(mode), "something special")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
