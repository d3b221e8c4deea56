"""PDF. The only file that imports pypdf."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Any

from index.errors import MalformedInput
from index.loaders.base import Content, Loaded, parsing
from index.loaders.dates import parse_date
from index.loaders.fields import Metadata, names, words
from index.loaders.page import documents_of
from index.loaders.reflow import reflow

if TYPE_CHECKING:
    from pypdf import PdfReader

_MARK = b"%PDF-"
_HEADER_WITHIN = 1024
_TRAILER_WITHIN = 2048
_SILENT = logging.NullHandler()

# What word processors write into the title field when nobody filled it in.
_PROGRAM = re.compile(r"^Microsoft (?:Word|PowerPoint) - ", re.IGNORECASE)
_NO_TITLE = re.compile(r"\S*|untitled.*|.*\.\w{2,5}", re.IGNORECASE)
_NO_AUTHOR = frozenset({"anonymous", "unknown", "admin", "administrator", "user", "owner"})


class PdfLoader:
    """Reads a PDF that has a text layer."""

    def recognises(self, content: Content) -> bool:
        """The header stands first, or after a little rubbish in a file that ends as a PDF does."""
        head = content.data[:_HEADER_WITHIN].lstrip()
        return head.startswith(_MARK) or (_MARK in head and b"startxref" in content.data[-_TRAILER_WITHIN:])

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput for an encrypted file and for one without a text layer."""
        from pypdf import PdfReader

        # Without a handler, what pypdf logs of every flaw in a file would be printed.
        logging.getLogger("pypdf").addHandler(_SILENT)
        with _reading(content):
            reader = PdfReader(io.BytesIO(content.data))
            locked = reader.is_encrypted and not reader.decrypt("")
        if locked:
            raise MalformedInput(f"{content.label} is encrypted: save a copy without a password")
        pages = list(_pages(content, reader))
        blank = sum(not page.strip() for page in pages)
        if blank == len(pages):
            raise MalformedInput(
                f"{content.label} has no text layer ({len(pages)} pages, perhaps scans): run text recognition over it"
            )
        warnings = [f"{blank} of {len(pages)} pages have no text layer"] if blank else []
        known, created = _metadata(content, reader)
        return documents_of(content, reflow(pages), known, created=created, warnings=warnings)


def _reading(content: Content) -> AbstractContextManager[None]:
    from pypdf.errors import DependencyError, PyPdfError

    return parsing(content, "a PDF", PyPdfError, DependencyError)


def _pages(content: Content, reader: PdfReader) -> Iterator[str]:
    """The text of each page. Raises TooLarge before reading too many pages or operations, or too much text."""
    with _reading(content):
        number = len(reader.pages)
    content.limits.check("max_pages", number, content.label, "pages")
    characters = operations = 0

    def count(*_: object) -> None:
        nonlocal operations
        operations += 1
        content.limits.check("max_operations", operations, content.label, "operations or more")

    for index in range(number):
        with _reading(content):
            text = reader.pages[index].extract_text(visitor_operand_before=count)
        characters += len(text)
        content.limits.check("max_characters", characters, content.label, "characters")
        yield text


def _metadata(content: Content, reader: PdfReader) -> tuple[Metadata, date | None]:
    """What the file says of itself, without what programs fill in, and when it was made; nothing if that is broken."""
    try:
        with _reading(content):
            stated: Mapping[str, Any] = reader.metadata or {}
            title, author, created = (str(stated.get(name) or "") for name in ("/Title", "/Author", "/CreationDate"))
    except MalformedInput:
        return Metadata(), None
    title = _PROGRAM.sub("", words(title))
    return Metadata(
        title="" if _NO_TITLE.fullmatch(title) else title,
        authors=tuple(name for name in names(author) if name.casefold() not in _NO_AUTHOR),
    ), parse_date(created.removeprefix("D:")[:8])
