"""What a commit changes: documents that go and come, and the files that a sync saw them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from index.documents import Document, Passage
from index.errors import InputError

_ROW_BYTES = 4096


class FileKey(NamedTuple):
    """A file below a synced folder: the folder's absolute path, its collection, and the path relative to it.

    Paths are bytes as the system has them. The root `b""` is no folder: under it stand, by their id, the documents
    that were added on their own.
    """

    root: bytes
    collection: str
    path: bytes


@dataclass(frozen=True)
class SyncedFile:
    """A file as it was when it was read: size in bytes, times in nanoseconds, and the ids of its documents."""

    key: FileKey
    size: int
    mtime_ns: int
    recorded_ns: int
    sha256: str
    documents: tuple[str, ...]


@dataclass(frozen=True)
class NewPassage:
    """A passage to store, with the SHA-256 of what was embedded for it."""

    passage: Passage
    input_sha256: bytes


@dataclass(frozen=True)
class ChangeSet:
    """One commit: what goes and what comes. The vectors of the passages are in the catalog already.

    `files` are written, `forgotten` dropped; `sources` says under which name stored documents are now found. `numbers`
    gives documents that come back the places that they had.
    """

    removed: Sequence[str] = ()
    added: Sequence[tuple[Document, Sequence[NewPassage]]] = ()
    files: Sequence[SyncedFile] = ()
    forgotten: Sequence[FileKey] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """About how many bytes of a disk the change takes: what comes is logged, and then written in its place."""
        texts = sum(len(document.text.encode()) for document, _ in self.added)
        return 2 * (texts + _ROW_BYTES * (1 + len(self.removed) + sum(1 + len(passages) for _, passages in self.added)))

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.files or self.forgotten or self.sources)


def added_alone(document: str, collection: str) -> SyncedFile:
    """The record that a document was added on its own, so that no sync removes it."""
    return SyncedFile(FileKey(b"", collection, document.encode()), 0, 0, 0, "", (document,))


def require_unicode(document: Document) -> Document:
    """The document itself. Raises InputError for text that is not valid Unicode."""
    try:
        document.text.encode()
        document.title.encode()
    except UnicodeEncodeError as error:
        name = document.key or document.source or document.title[:40].encode("ascii", "replace").decode()
        raise InputError(
            f"document {name!r} holds a lone surrogate at character {error.start}: decode it with the right encoding"
        ) from error
    return document
