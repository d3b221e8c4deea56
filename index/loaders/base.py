"""What a loader is, what it is given, what it gives back, and the limits it keeps."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import Protocol

from index.documents import Document
from index.errors import MalformedInput, TooLarge
from index.loaders.decoding import Decoded, decode, repaired

# What parsers written by others raise over bytes that they did not foresee.
_PARSER_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, MemoryError, OSError,
    RuntimeError, StopIteration, SyntaxError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_REASON_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an input may be; whatever exceeds a limit is refused with TooLarge before it costs much."""

    max_file_bytes: int = 64 * 1024 * 1024
    max_characters: int = 10_000_000
    """Of one document's text; also of one line of a table."""
    max_records: int = 1_000_000
    """Of a JSON, JSON Lines or CSV file."""
    max_columns: int = 1_000
    """Of a CSV file."""
    max_pages: int = 5_000
    """Of a PDF file."""
    max_operations: int = 10_000_000
    """Of all pages of a PDF file: each moves, draws, or shows a text. A small file can ask for very many."""
    max_elements: int = 500_000
    """Of an HTML page."""
    max_members: int = 10_000
    """Of a .zip or .docx file; with a .zip's, of all archives inside it."""
    max_unpacked_bytes: int = 256 * 1024 * 1024
    """Of all that a .zip or .docx file holds; with a .zip's, of all archives inside it."""
    max_unpack_ratio: int = 200
    """Unpacked to packed size of a .zip or .docx file; small archives may exceed it."""
    max_attachments: int = 100
    """Of an e-mail, with those of the e-mails attached to it."""
    max_nesting: int = 2
    """Of archives and e-mails in each other: 2 allows an archive in an archive, 1 none."""
    max_parse_seconds: float = 60.0
    """Of one file, by the clock; its parser is stopped then."""
    max_parse_bytes: int = 1024 * 1024 * 1024
    """Of the address space of the process that parses the file."""

    def check(self, limit: str, found: int, where: str, unit: str) -> None:
        """Raises TooLarge, naming `limit` and the number of `unit` found, where that is too many."""
        allowed = getattr(self, limit)
        if found > allowed:
            raise TooLarge(
                f"{where} has {found:,} {unit} and the limit {limit} is {allowed:,}: split it into smaller files"
            )


DEFAULT_LIMITS = Limits()


@dataclass
class Budget:
    """What the archives and e-mails of one file have used of its limits together."""

    members: int = 0
    unpacked_bytes: int = 0
    attachments: int = 0


@dataclass(frozen=True)
class Content:
    """The bytes of one file, read once. `name` is its path, fit to be stored and shown."""

    name: str
    data: bytes
    limits: Limits = DEFAULT_LIMITS
    collection: str = "default"
    address: str = ""
    """The web address that the bytes came from, "" for a file; it is the `url` of the document."""
    charset: str = ""
    """The encoding that whoever sent the bytes stated for them; what the bytes say themselves goes first."""
    nesting: int = 0
    """How many archives and e-mails the bytes are inside of."""
    spent: Budget = field(default_factory=Budget, compare=False, repr=False)

    @property
    def label(self) -> str:
        """The file's own name, for messages."""
        return PurePath(self.name).name or self.name

    @property
    def suffix(self) -> str:
        """The extension in lower case with its dot, or ""."""
        return PurePath(self.name).suffix.lower()

    @cached_property
    def decoded(self) -> Decoded:
        """The bytes as text. Raises NotText where they are none."""
        return decode(self.data, self.label, self.charset)

    @property
    def text(self) -> str:
        """The text, with LF line ends. Raises NotText where the bytes are none."""
        return self.decoded.text

    def noted(self, *warnings: str) -> tuple[str, ...]:
        """Warnings with the path before each."""
        return tuple(f"{self.name}: {warning}" for warning in warnings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one file, at least one, and what somebody should know about how they were read."""

    documents: tuple[Document, ...]
    warnings: tuple[str, ...] = ()


class Loader(Protocol):
    """Reads one format. Made without arguments, holds no state."""

    def recognises(self, content: Content) -> bool:
        """Whether the content is of this format; the name's extension only tells apart what looks alike.

        May raise NotText, by decoding.
        """

    def load(self, content: Content) -> Loaded:
        """The documents in it. Raises InputError for whatever is wrong with the content."""


@contextmanager
def parsing(content: Content, what: str, *faults: type[Exception]) -> Iterator[None]:
    """A block that runs a library over foreign bytes: whatever it may raise becomes MalformedInput."""
    foreseen: tuple[type[Exception], ...] = (*_PARSER_FAULTS, *faults)
    try:
        yield
    except foreseen as error:
        reason = repaired(" ".join(str(error).split()))[0][:_REASON_CHARACTERS] or type(error).__name__
        raise MalformedInput(
            f"{content.label} cannot be read as {what} ({reason}): check that it opens elsewhere, and save it again"
        ) from error
