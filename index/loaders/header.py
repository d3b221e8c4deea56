"""Metadata that a text file states above its text: YAML-like front matter, or a block of "Title: …" lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from index.loaders.fields import METADATA_FIELDS, Metadata, field_of

_FENCE = "---"
_MOST_CHARACTERS = 20_000
"""A header is short: what has not ended by here is text."""
_PAIR = re.compile(r"(?P<key>[A-Za-z_][\w -]{0,40}?)\s*:(?:\s+(?P<value>.*))?")
_FOLDED = re.compile(r"[>|][+-]?")
_ITEM = re.compile(r"\s*-\s+(?P<value>.+)")
_NESTED_OR_COMMENT = re.compile(r"\s|#")


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """The metadata between two `---` lines at the top, and the text below; no metadata and all text without them."""
    lines = text[:_MOST_CHARACTERS].split("\n")
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.rstrip() in (_FENCE, "...")), 0)
    if lines[0].rstrip() != _FENCE or not end:
        return Metadata(), text
    pairs = _flat_yaml(lines[1:end])
    if pairs is None:
        return Metadata(), text
    return Metadata.of(pairs), _below(text, lines[: end + 1])


def split_header(text: str) -> tuple[Metadata, str]:
    """The metadata of a leading block of "Key: value" lines, and the text below it.

    The block is a header only if it has two lines or more, every key is one we know, and an empty line and then text
    follow; otherwise it is part of the text.
    """
    lines = text[:_MOST_CHARACTERS].split("\n")
    end = next((n for n, line in enumerate(lines) if not line.strip()), 0)
    pairs = [_PAIR.fullmatch(line.strip()) for line in lines[:end]]
    fields = {field_of(pair["key"]): pair["value"] or "" for pair in pairs if pair}
    if end < 2 or not all(pairs) or not fields.keys() <= METADATA_FIELDS:
        return Metadata(), text
    below = _below(text, lines[: end + 1])
    return (Metadata.of(fields), below) if below.strip() else (Metadata(), text)


def _flat_yaml(lines: Iterable[str]) -> dict[str, Any] | None:
    """Known fields of `key: value` lines, where a list or indented lines may be the value; None for prose."""
    fields: dict[str, Any] = {}
    last = folded = ""
    for line in lines:
        if folded and line[:1].isspace():
            fields[folded] = f"{fields.get(folded, '')} {line.strip()}".strip()
        elif item := _ITEM.fullmatch(line):
            if last and not isinstance(fields.setdefault(last, []), list):
                return None
            if last:
                fields[last].append(_unquoted(item["value"]))
        elif pair := _PAIR.fullmatch(line):
            field = field_of(pair["key"])
            value = (pair["value"] or "").strip()
            last = "" if value else field
            folded = field if _FOLDED.fullmatch(value) else ""
            if value and field and not folded:
                is_list = value.startswith("[") and value.endswith("]")
                items = [_unquoted(item) for item in value[1:-1].split(",") if item.strip()]
                fields.setdefault(field, items if is_list else _unquoted(value))
        elif line.strip() and not _NESTED_OR_COMMENT.match(line):
            return None
    return {field: value for field, value in fields.items() if field in METADATA_FIELDS}


def _unquoted(written: str) -> str:
    value = written.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _below(text: str, header: Iterable[str]) -> str:
    return text[sum(len(line) + 1 for line in header) :]
