"""The names under which sources state what they know of a text, and the values made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from index.loaders.dates import parse_date
from index.loaders.decoding import as_shown, tidied

# Field -> the names it goes by, best first, in lower case without "_", "-" and spaces: "pubDate", "published_at".
SYNONYMS = {
    "text": "text body content article articlebody fulltext maintext contents story",
    "title": "title headline heading",
    "outlet": "outlet source publisher site sitename sourcename newspaper publication",
    "authors": "authors author byline creator writer",
    "published": "published date pubdate publishedat publishdate publisheddate publicationdate datepublished timestamp",
    "url": "url link canonicalurl href uri",
    "language": "language lang inlanguage",
    "key": "id key docid documentid guid",
    "kind": "kind",
    "parent": "parent",
    "related_headlines": "relatedheadlines",
}
_FIELD_OF = {synonym: (rank, field) for field, names in SYNONYMS.items() for rank, synonym in enumerate(names.split())}
_METADATA = "metadata"
METADATA_FIELDS = frozenset({"title", "outlet", "authors", "published", "url", "language"})

_LONGEST = 1_000
_MOST_AUTHORS = 50
_BY = re.compile(r"^by\s+", re.IGNORECASE)
_BETWEEN_AUTHORS = re.compile(r"\s*[;,|]\s*(?:and\s+)?|\s+(?:and|&)\s+")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a source says about a text; empty where it says nothing."""

    title: str = ""
    outlet: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    url: str = ""
    language: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Metadata:
        """From the values of known fields, whatever their type; a date that is unclear counts as none."""
        return cls(
            title=words(fields.get("title")),
            outlet=words(fields.get("outlet")),
            authors=names(fields.get("authors")),
            published=parse_date(words(fields.get("published"))),
            url=web_address(fields.get("url")),
            language=words(fields.get("language")),
        )


def field_of(name: str) -> str:
    """The field that a source's name for it means, or ""."""
    return _FIELD_OF.get(_squashed(name), (0, ""))[1]


def known_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The known fields of a record under our names; those in a nested `metadata` object fill gaps. Empty ones go."""
    found: dict[str, tuple[int, Any]] = {}
    nested = record.get(_METADATA)
    for depth, source in enumerate((record, nested if isinstance(nested, Mapping) else {})):
        for name, value in source.items():
            rank, field = _FIELD_OF.get(_squashed(str(name)), (0, ""))
            place = depth * len(_FIELD_OF) + rank
            if field and value not in (None, "", [], {}) and place < found.get(field, (place + 1, None))[0]:
                found[field] = (place, value)
    return {field: value for field, (_, value) in found.items()}


def words(value: Any) -> str:
    """A value as one line of at most 1,000 characters; of an object its name; "" for what is no text or number."""
    line = " ".join(as_shown(tidied(_plain(value))[0]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def web_address(value: Any) -> str:
    """A web address exactly as it is written, or "" where it could only be shown in another way.

    >>> web_address(" https://news.example/a "), web_address("https://news.example/\u202egpj.exe")
    ('https://news.example/a', '')
    """
    shown = words(value)
    return shown if shown == _plain(value).strip() else ""


def names(value: Any) -> tuple[str, ...]:
    """Authors from a list, or from a line such as "By Jane Roe and John Poe"; each once."""
    lines = [words(item) for item in value[:_MOST_AUTHORS]] if isinstance(value, list) else [words(value)]
    return tuple(dict.fromkeys(name for line in lines for name in _BETWEEN_AUTHORS.split(_BY.sub("", line)) if name))[
        :_MOST_AUTHORS
    ]


def multiline(value: Any) -> str:
    """A value as text of several lines; the items of a list stand on lines of their own."""
    items: Iterable[Any] = value if isinstance(value, list) else [value]
    return "\n".join(_plain(item) for item in items)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("name")
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.casefold())
