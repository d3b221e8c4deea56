"""Files of a benchmark as they lie: plain or gzipped, in a folder or in a zip archive that is read where it is."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from index.errors import BenchmarkError

File = Path | zipfile.Path
"""A file or a folder, on disk or inside an archive."""

Bytes = IO[bytes] | gzip.GzipFile

UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
"""What reading broken, locked or encrypted data raises."""

MOST_BYTES = 4 << 30
"""How much an archive may hold, decompressed: enough for the largest that is common, small enough for a laptop."""

_HEAD = 1 << 16


class Digest(Protocol):
    """The part of a `hashlib` object that reading needs."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""


class Hash(Digest, Protocol):
    """A digest that can say what it has come to."""

    def hexdigest(self) -> str:
        """The hash as hexadecimal digits."""


class Metered:
    """A SHA-256 that refuses to go on beyond `most` bytes: what an archive says of its size need not be true."""

    def __init__(self, path: Path, most: int) -> None:
        self._sha256, self._path, self._most, self._taken = hashlib.sha256(), path, most, 0

    def update(self, data: bytes, /) -> None:
        """Take in more bytes. Raises BenchmarkError where they are too many."""
        self._taken += len(data)
        if self._taken > self._most:
            raise BenchmarkError(
                f"{self._path}: holds more than {self._most:,} bytes when decompressed: unpack it yourself, if you "
                "trust it, and give the folder"
            )
        self._sha256.update(data)

    def hexdigest(self) -> str:
        """The hash as hexadecimal digits."""
        return self._sha256.hexdigest()


@contextmanager
def open_decompressed(file: File) -> Iterator[Bytes]:
    """The bytes of a file, decompressed where its name ends in `.gz`. Raises one of UNREADABLE while it is read."""
    with file.open("rb") as raw:
        if file.suffix != ".gz":
            yield raw
            return
        with gzip.open(raw) as unpacked:
            yield unpacked


@contextmanager
def unpacked(path: Path, name: str) -> Iterator[zipfile.Path]:
    """The folder of a zip archive that holds `name` or `name.gz`: its root or one folder below. Nothing is extracted.

    Raises BenchmarkError where the archive is broken, or where no folder holds it or several do.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (*UNREADABLE, ValueError) as error:
        raise BenchmarkError(f"{path}: no zip archive that can be read: {error}; get the file again") from error
    with archive:
        root = zipfile.Path(archive)
        folders = [root, *(entry for entry in root.iterdir() if entry.is_dir())]
        found = [folder for folder in folders if (folder / name).is_file() or (folder / f"{name}.gz").is_file()]
        if len(found) != 1:
            raise BenchmarkError(
                f"{path}: {len(found) or 'none'} of its folders, at the top or one below, hold {name}; one must: "
                "unpack it and give the folder"
            )
        yield found[0]


def head(path: Path) -> str:
    """The first 64 KiB of a file as text, decompressed; "" where there is no such file or it cannot be read."""
    if not path.is_file():
        return ""
    try:
        with open_decompressed(path) as file:
            return file.read(_HEAD).decode("utf-8", errors="replace")
    except UNREADABLE:
        return ""


def has(folder: Path, name: str) -> bool:
    """Whether a folder holds `name` or `name.gz`."""
    return (folder / name).is_file() or (folder / f"{name}.gz").is_file()


def name_of(path: Path) -> str:
    """What a benchmark is called: the folder's name, or the file's without its endings."""
    resolved = path.resolve()
    return resolved.name if path.is_dir() else Path(resolved.name.removesuffix(".gz")).stem
