"""JSON Lines: an object on each line. BEIR's corpus files are of this format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from index.loaders.base import Content, Loaded
from index.loaders.records.records import SourceRecord, documents_of_records

_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_LINES_TRIED = 20


class JsonLinesLoader:
    """Reads a record from every line; a broken line is reported and passed over."""

    def recognises(self, content: Content) -> bool:
        """The first two lines are objects; under a name of JSON Lines one of the first twenty is enough."""
        named = content.suffix in _SUFFIXES
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


def _parsed(line: str) -> Any:
    """The value on a line, or the error that reading it raised."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return error
