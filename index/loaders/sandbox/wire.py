"""What passes between the index and the process that parses a file: frames of JSON, checked field by field.

A process that a hostile file took over can send whatever it likes, so nothing here can make the reader run code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any, cast, get_args

from index.documents import Block, Document, Kind, Role
from index.loaders.base import Content, Limits, Loaded

OUT_OF_MEMORY = "OutOfMemory"
UNFORESEEN = "Unforeseen"
"""Kinds of refusal that are no InputError."""

_LENGTH = struct.Struct(">I")
_AT_ONCE = 256 * 1024
"""Characters of text after which a frame is full; one document is never cut."""

_TEXTS = ("text", "title", "outlet", "url", "language", "key", "source", "collection", "parent")
_KINDS = frozenset(get_args(Kind))
_ROLES = frozenset(get_args(Role))

Read = Callable[[int], bytes]
"""Gives exactly so many bytes, or raises."""


def frame(data: bytes) -> bytes:
    """The bytes with their length before them."""
    return _LENGTH.pack(len(data)) + data


def next_frame(read: Read, most: int) -> bytes:
    """The bytes of the next frame. Raises ValueError where it is longer than `most`."""
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > most:
        raise ValueError(f"a frame of {length:,} bytes where {most:,} are left")
    return read(length)


def request(content: Content, loaders: Mapping[str, str]) -> bytes:
    """What a process is sent of a file: one frame of JSON; the bytes of the file follow in a frame of their own."""
    head = {
        "name": content.name,
        "collection": content.collection,
        "address": content.address,
        "charset": content.charset,
        "limits": asdict(content.limits),
        "loaders": dict(loaders),
    }
    return frame(json.dumps(head).encode("ascii"))


def read_request(head: bytes, data: bytes) -> tuple[Content, dict[str, str]]:
    """The file and the loaders that `request` was given."""
    values = json.loads(head)
    told = {name: values[name] for name in ("name", "collection", "address", "charset")}
    return Content(**told, data=data, limits=Limits(**values["limits"])), values["loaders"]


def reply(loaded: Loaded) -> Iterator[bytes]:
    """The frames that carry documents and warnings; the last one says that it is."""
    batch: list[dict[str, Any]] = []
    characters = 0
    for document in loaded.documents:
        batch.append(_plain(document))
        characters += len(document.text)
        if characters > _AT_ONCE:
            yield _packed({"documents": batch})
            batch, characters = [], 0
    yield _packed({"documents": batch, "warnings": loaded.warnings, "last": True})


def refusal(kind: str, message: str) -> bytes:
    """The one frame that says why there are no documents."""
    return _packed({"refused": [kind, message]})


def read_reply(read: Read, content: Content, most: int) -> Loaded | tuple[str, str]:
    """The documents of the file, or the kind and message of a refusal; `most` bytes in all are taken.

    Raises ValueError for anything else, also for documents that claim another file or collection.
    """
    documents: list[Document] = []
    while True:
        packed = next_frame(read, most)
        most -= len(packed)
        value = _mapping(json.loads(packed))
        if "refused" in value:
            kind, message = map(_text, value["refused"])
            return kind, message
        documents += (_document(_mapping(item), content) for item in _list(value.get("documents")))
        if value.get("last") is True:
            if not documents:
                raise ValueError("no documents")
            return Loaded(tuple(documents), tuple(map(_text, _list(value.get("warnings")))))


def _packed(value: Mapping[str, Any]) -> bytes:
    return frame(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _plain(document: Document) -> dict[str, Any]:
    values = {field.name: getattr(document, field.name) for field in fields(document)}
    values["published"] = document.published.isoformat() if document.published else None
    values["blocks"] = [(block.start, block.end, block.role) for block in document.blocks]
    values["metadata"] = dict(document.metadata)
    return values


def _document(values: Mapping[str, Any], content: Content) -> Document:
    texts = {name: _text(values.get(name)) for name in _TEXTS}
    if not texts["source"].startswith(content.name) or texts["collection"] != content.collection:
        raise ValueError(f"a document of another file ({texts['source'][:80]!r})")
    kind, derived, published = values.get("kind"), values.get("title_derived"), values.get("published")
    if kind not in _KINDS or not isinstance(derived, bool):
        raise ValueError(f"a document of kind {str(kind)[:80]!r}")
    metadata = _mapping(values.get("metadata"))
    _text(json.dumps(metadata, ensure_ascii=False))
    return Document(
        **texts,
        kind=cast(Kind, kind),
        title_derived=derived,
        authors=tuple(map(_text, _list(values.get("authors")))),
        published=None if published is None else date.fromisoformat(_text(published)),
        blocks=tuple(_blocks(_list(values.get("blocks")), len(texts["text"]))),
        metadata=metadata,
    )


def _blocks(items: list[Any], length: int) -> Iterator[Block]:
    last = 0
    for item in items:
        start, end, role = _list(item)
        if type(start) is not int or type(end) is not int or not last <= start <= end <= length or role not in _ROLES:
            raise ValueError(f"a block {str(item)[:80]}")
        last = end
        yield Block(start, end, role)


def _text(value: Any) -> str:
    """A text that UTF-8 can write."""
    if not isinstance(value, str):
        raise ValueError(f"a {type(value).__name__} where a text is expected")
    value.encode()
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"a {type(value).__name__} where a list is expected")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"a {type(value).__name__} where an object is expected")
    return value
