"""JSON: one record, a list of records, or an object that holds such a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from index.errors import MalformedInput
from index.loaders.base import Content, Loaded
from index.loaders.fields import known_fields
from index.loaders.records.records import SourceRecord, documents_of_records

_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
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
        try:
            json.loads(text)
        except ValueError:
            return False
        except RecursionError:
            return True
        return True

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput for JSON that is broken or nested too deep."""
        try:
            value = json.loads(content.text)
        except ValueError as error:
            raise MalformedInput(f"{content.label} is not valid JSON ({error}): write it anew") from error
        except RecursionError as error:
            raise MalformedInput(f"{content.label} is JSON nested too deep: give a list of flat records") from error
        records = _records(value)
        return documents_of_records(
            content, (SourceRecord(f"record {n}", item) for n, item in enumerate(records, start=1))
        )


def _records(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and "text" not in known_fields(value):
        held = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if held is not None:
            return list(held)
    return [value]
