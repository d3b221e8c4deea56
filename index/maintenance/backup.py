"""Keeping an archive: undo, backup, export and compaction. None of it needs the encoder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.atomic_files import folder_bytes, is_of_the_disk, unwritable_by
from index.documents import Document
from index.engines import ENGINES
from index.engines.base import Engine
from index.errors import IndexStateError
from index.plugins import resolve

CORPUS = "corpus.jsonl"


@dataclass(frozen=True)
class Compaction:
    """What compaction gave back: bytes of the folder before and after, and vectors that nothing needed."""

    before_bytes: int
    after_bytes: int
    vectors: int


@contextmanager
def open_for_maintenance(folder: Path, engine: str = "local") -> Iterator[Engine]:
    """The engine over a folder, without an encoder."""
    made: Engine = resolve(ENGINES, engine, what="engine")(folder)
    try:
        yield made
    finally:
        made.close()


def undo(engine: Engine) -> int:
    """Take back the last commit, as a new generation, whose number it gives; call inside `writing`.

    Raises IndexStateError where there is nothing to take back.
    """
    change = engine.catalog.inverse()
    if not change:
        raise IndexStateError("there is nothing to undo: the index has not changed since it was made or upgraded")
    engine.commit(change)
    return engine.catalog.generation()


def back_up(engine: Engine, target: Path) -> None:
    """Write a consistent copy into a new folder, while others may write; it is an index, to be opened as such.

    Raises IndexStateError where something is in the way, IndexUnwritable where the disk refuses.
    """
    _make_new(target)
    engine.back_up(target)


def export(engine: Engine, target: Path) -> int:
    """Write all documents to `corpus.jsonl`, in BEIR's format, in a new folder; gives how many.

    A document's `_id` is the identifier that its source gave it where nothing else is called that, else its id here.
    Raises IndexStateError where something is in the way.
    """
    _make_new(target)
    documents = list(engine.catalog.documents())
    keys = _keys(documents)
    try:
        with (target / CORPUS).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(
                json.dumps(corpus_line(document, keys), ensure_ascii=False) + "\n" for document in documents
            )
    except OSError as error:
        raise IndexStateError(f"{target}: cannot be written: {error}; choose another folder") from error
    return len(documents)


def compact(engine: Engine, folder: Path) -> Compaction:
    """Drop what nothing needs and give its space back."""
    before = folder_bytes(folder)
    with engine.writing():
        vectors = engine.compact()
    return Compaction(before, folder_bytes(folder), vectors)


def corpus_line(document: Document, keys: dict[str, str]) -> dict[str, Any]:
    """A document as an object of a corpus.jsonl, under the key that `keys` has for its id."""
    metadata = {
        "outlet": document.outlet,
        "authors": list(document.authors),
        "published": document.published.isoformat() if document.published else "",
        "url": document.url,
        "language": document.language,
        "kind": document.kind if document.kind != "article" else "",
        "parent": keys.get(document.parent, ""),
        "blocks": [[block.start, block.end, block.role] for block in document.blocks],
        "title_derived": document.title_derived,
    }
    return {
        "_id": keys[document.id],
        "title": document.title,
        "text": document.text,
        "metadata": {name: value for name, value in metadata.items() if value},
    }


def _keys(documents: list[Document]) -> dict[str, str]:
    counts = Counter(name for document in documents for name in (document.key, document.id))
    plain = {
        document.id: document.key
        for document in documents
        if document.key and counts[document.key] == 1 and not any(character in document.key for character in "\t\r\n")
    }
    return {document.id: plain.get(document.id, document.id) for document in documents}


def _make_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise IndexStateError(f"{folder} is there already: give the name of a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_of_the_disk(error):
            raise unwritable_by(folder, error) from error
        raise IndexStateError(f"cannot make the folder {folder}: {error.strerror}; name another one") from error
