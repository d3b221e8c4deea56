"""Lines of a file, JSON in lines or as a whole, and typed fields; whatever is wrong is named with its place."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from eval.benchmarks.files import UNREADABLE, Bytes, Digest, File, open_decompressed
from index.errors import BenchmarkError

NEXT_FILE = b"\x00file\x00"
"""Goes into a digest before each file, so that a line moved from one file to the next changes it."""

_PIECE = 1 << 20

FileT = TypeVar("FileT", Path, zipfile.Path)


def find(folder: FileT, name: str) -> FileT:
    """`name` or `name.gz` in a folder. Raises BenchmarkError where neither is there, or both are."""
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not found:
        raise BenchmarkError(f"{folder} holds neither {name} nor {name}.gz: give a folder in the benchmark format")
    if len(found) > 1:
        raise BenchmarkError(f"{folder} holds {name} and {name}.gz: remove the one that is out of date")
    return found[0]


def read_lines(path: File, digest: Digest, *, blank: bool = False) -> Iterator[tuple[str, str]]:
    """Every line as ("file:number", text), the blank ones only if asked for; its bytes go into `digest`, decompressed.

    Raises BenchmarkError where a line is not UTF-8 or the compressed data is broken.
    """
    number = 0
    try:
        with open_decompressed(path) as file:
            for number, line in enumerate(_lines(file, digest), start=1):
                text = line.decode("utf-8").strip("\r\n")
                if blank or text.strip():
                    yield f"{path}:{number}", text
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}:{number}: not UTF-8 at byte {error.start}: save the file as UTF-8") from error
    except UNREADABLE as error:
        raise BenchmarkError(f"{path}: cannot be read beyond line {number}: {error}; get the file again") from error


def _lines(file: Bytes, digest: Digest) -> Iterator[bytes]:
    """Whole lines, read in pieces: a digest that limits the size must see a line without end before it is whole."""
    pieces: list[bytes] = []
    while piece := file.readline(_PIECE):
        digest.update(piece)
        pieces.append(piece)
        if piece.endswith(b"\n"):
            yield b"".join(pieces)
            pieces.clear()
    if pieces:
        yield b"".join(pieces)


def json_lines(path: File, digest: Digest) -> Iterator[JsonObject]:
    """The objects of a JSONL file, one a line."""
    digest.update(NEXT_FILE)
    return (JsonObject.parse(where, text) for where, text in read_lines(path, digest))


def read_json(path: File, digest: Digest) -> Any:
    """The one value that a JSON file holds. Raises BenchmarkError with the line where it is not JSON."""
    digest.update(NEXT_FILE)
    text = "\n".join(line for _, line in read_lines(path, digest, blank=True))
    try:
        return _parse(str(path), text)
    except BenchmarkError as error:
        if isinstance(error.__cause__, json.JSONDecodeError):
            raise BenchmarkError(f"{path}:{error.__cause__.lineno}: not JSON: {error.__cause__}") from error
        raise


def objects(path: File, value: Any) -> tuple[JsonObject, ...]:
    """The objects of a file that is one list. Raises BenchmarkError where it is anything else."""
    if not isinstance(value, list):
        raise BenchmarkError(f"{path}: a {type(value).__name__} where a list of objects is expected")
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            raise BenchmarkError(f"{path}: [{number}]: a {type(item).__name__} where an object is expected")
    return tuple(JsonObject(f"{path}: [{number}]", item) for number, item in enumerate(value))


def _parse(where: str, text: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BenchmarkError(f"{where}: holds half of a surrogate pair, which is no character") from error
    except (ValueError, RecursionError) as error:
        raise BenchmarkError(f"{where}: not JSON: {error}") from error
    return value


@dataclass(frozen=True)
class JsonObject:
    """A JSON object with the place it stands in; every getter raises BenchmarkError naming place and field."""

    where: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, where: str, text: str) -> JsonObject:
        """The object on a line."""
        fields = _parse(where, text)
        if not isinstance(fields, dict):
            raise BenchmarkError(f"{where}: a {type(fields).__name__} where an object is expected")
        return cls(where, fields)

    def text(self, name: str, default: str | None = None) -> str:
        """A string; required, and not blank, where there is no default. null counts as absent."""
        value = self.fields.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "a string")
        if default is None and not value.strip():
            raise self.wrong(name, "a string that is not empty")
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of strings that are not blank; None where the field is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(name, "a list of strings that are not empty")
        return tuple(value)

    def strings(self, name: str) -> tuple[str, ...]:
        """The strings of a list that are not blank; empty where the field is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of strings")
        return tuple(item for item in value if item.strip())

    def day(self, name: str) -> date | None:
        """A date, written as 2025-10-23 or 2025/10/23, perhaps with a time; None where it is absent, null or blank."""
        written = self.text(name, "").strip()
        if not written:
            return None
        try:
            return datetime.fromisoformat(written.replace("/", "-")).date()
        except ValueError:
            raise self.wrong(name, "a date such as 2025-10-23") from None

    def record(self, name: str) -> JsonObject:
        """A nested object, empty where the field is absent or null."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return JsonObject(f"{self.where}: {name}", value or {})

    def records(self, name: str) -> tuple[JsonObject, ...]:
        """The objects of a list, empty where the field is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(name, "a list of objects")
        return tuple(JsonObject(f"{self.where}: {name}[{number}]", item) for number, item in enumerate(value))

    def flag(self, name: str) -> bool:
        """Whether the field is true; it is not where it is absent or null."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return bool(value)

    def integer(self, name: str) -> int:
        """A whole number from 0, required."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(name, "a whole number from 0")
        return value

    def wrong(self, name: str, expected: str) -> BenchmarkError:
        """The error that says that a field is not what it must be."""
        if name not in self.fields:
            return BenchmarkError(f"{self.where}: the field {name!r} is missing; it must be {expected}")
        return BenchmarkError(f"{self.where}: {name!r} is {str(self.fields[name])[:60]!r}; it must be {expected}")
