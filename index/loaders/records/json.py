"""JSON (one record, a list of records, or an object that holds such a list) and JSON Lines (an object on each line)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from index.errors import MalformedInput
from index.loaders.base import Content, Loaded
from index.loaders.fields import known_fields
from index.loaders.records.records import SourceRecord, documents_of_records

_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_SUFFIXES = _LINES_SUFFIXES | {".json"}
_LINES_TRIED = 20
_LISTS = ("articles", "documents", "data", "items", "records", "results")


class JsonLoader:
    """Reads a JSON document."""

    def recognises(self, content: Content) -> bool:
        """It begins as an object or a list; under a name that is not JSON's it must also be valid throughout."""
        text = content.text.strip()
        if not text.startswith(("{", "[")):
            return False
        if content.suffix in _SUFFIXES:
            return True
        return not isinstance(_parsed(text), ValueError)

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput for JSON that is broken or nested too deep."""
        try:
            value = json.loads(content.text)
        except ValueError as error:
            raise MalformedInput(f"{content.label} is not valid JSON ({error}): write it anew") from error
        except RecursionError as error:
            raise MalformedInput(f"{content.label} is JSON nested too deep: give a list of flat records") from error
        numbered = enumerate(_listed(value), start=1)
        return documents_of_records(content, (SourceRecord(f"record {n}", item) for n, item in numbered))


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and "text" not in known_fields(value):
        held = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if held is not None:
            return list(held)
    return [value]


class JsonLinesLoader:
    """Reads a record from every line, as of BEIR's corpus files; a broken line is reported and passed over."""

    def recognises(self, content: Content) -> bool:
        """The first two lines are objects; under a name of JSON Lines one of the first twenty is enough."""
        named = content.suffix in _LINES_SUFFIXES
        lines = islice(_lines(content.text), _LINES_TRIED if named else 2)
        objects = [isinstance(_parsed(line), dict) for _, line in lines if line.startswith("{")]
        return any(objects) if named else len(objects) == 2 and all(objects)

    def load(self, content: Content) -> Loaded:
        """See `Loader`."""
        return documents_of_records(content, _records(content))


def _records(content: Content) -> Iterator[SourceRecord]:
    for number, line in _lines(content.text):
        value = _parsed(line)
        if isinstance(value, Exception):
            yield SourceRecord(f"line {number}", problem=f"not JSON: {value}")
        else:
            yield SourceRecord(f"line {number}", value)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    stripped = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return ((number, line) for number, line in stripped if line)


def _parsed(text: str) -> Any:
    """The value that is written, or the error that reading it raised."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return error
