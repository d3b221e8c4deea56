"""Lines of a plain or gzipped file, and typed fields of a JSON line; whatever is wrong is named with its line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.errors import BenchmarkError


class Digest(Protocol):
    """The part of a `hashlib` object that reading needs."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""


def find(folder: Path, name: str) -> Path:
    """`name` or `name.gz` in a folder. Raises BenchmarkError where neither is there, or both are."""
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not found:
        raise BenchmarkError(f"{folder} holds neither {name} nor {name}.gz: give a folder in the benchmark format")
    if len(found) > 1:
        raise BenchmarkError(f"{folder} holds {name} and {name}.gz: remove the one that is out of date")
    return found[0]


def read_lines(path: Path, digest: Digest) -> Iterator[tuple[str, str]]:
    """Every line that is not blank, as ("file:number", text); its bytes, decompressed, go into `digest`.

    Raises BenchmarkError where a line is not UTF-8 or the compressed data is broken.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                digest.update(line)
                text = line.decode("utf-8").strip("\r\n")
                if text.strip():
                    yield f"{path}:{number}", text
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{path}:{number}: not UTF-8 at byte {error.start}: save the file as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BenchmarkError(f"{path}: cannot be read beyond line {number}: {error}; get the file again") from error


@dataclass(frozen=True)
class Record:
    """A JSON object with the place it stands in; every getter raises BenchmarkError naming place and field."""

    where: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, where: str, text: str) -> Record:
        """The object on a line."""
        try:
            fields = json.loads(text)
            json.dumps(fields, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise BenchmarkError(f"{where}: holds half of a surrogate pair, which is no character") from error
        except (ValueError, RecursionError) as error:
            raise BenchmarkError(f"{where}: not JSON: {error}") from error
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

    def record(self, name: str) -> Record:
        """A nested object, empty where the field is absent or null."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return Record(f"{self.where}: {name}", value or {})

    def records(self, name: str) -> tuple[Record, ...]:
        """A list of objects, empty where the field is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(name, "a list of objects")
        return tuple(Record(f"{self.where}: {name}[{number}]", item) for number, item in enumerate(value))

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
