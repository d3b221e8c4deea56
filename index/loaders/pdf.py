"""PDF: the lines of its pages put together again to paragraphs. The only file that imports pypdf."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Any

from index.article.paragraphs import ends_sentence
from index.errors import MalformedInput
from index.loaders.base import Content, Loaded, parsing
from index.loaders.dates import parse_date
from index.loaders.fields import Metadata, names, words
from index.loaders.page import documents_of

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

_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
# Only from a word's first letter, or the time for a word of n letters would be n².
_BREAK = re.compile(r"(?<![^\W\d_])[^\W\d_]+[-\u00ad][ \t]*\n\s*[^\W\d_]+")
_BROKEN = re.compile(r"(?<![^\W\d_])(?P<first>[^\W\d_]+)-$")
_REST = re.compile(r"(?P<second>[^\W\d_]+)")
_BULLET = re.compile(r"(?:[-*•‣▪◦●■–—]|\(?\d{1,2}[.)])\s")
_SOFT_HYPHEN = "\u00ad"
_FULL = 0.95
"""The share of all lines' lengths below which the width of a column is taken: a few stick out."""


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


def reflow(pages: Sequence[str]) -> str:
    """The text of printed pages with one line for each paragraph; a paragraph may run on over a page's end.

    A line is joined to the one above where the first word would not have fitted there, or where it goes on in lower
    case after a line that ends no sentence. Bullets and empty lines begin paragraphs.
    """
    vocabulary = {word.casefold() for page in pages for word in _WORD.findall(_BREAK.sub(" ", page))}
    joined: list[list[str]] = []
    """The pieces of each paragraph, one for each line."""
    above = ""
    for page in pages:
        lines = [" ".join(line.split()) for line in page.splitlines()]
        lengths = sorted(len(line) for line in lines if line)
        width = lengths[min(int(len(lengths) * _FULL), len(lengths) - 1)] if lengths else 0
        gap = False
        for line in lines:
            if not line:
                gap = True
            elif joined and not gap and _continues(above, line, width):
                joined[-1][-1:] = _together(joined[-1][-1], line, vocabulary)
            else:
                joined.append([line])
            above, gap = (line, False) if line else (above, gap)
    return "\n".join("".join(pieces).replace(_SOFT_HYPHEN, "") for pieces in joined)


def _continues(above: str, line: str, width: int) -> bool:
    if _BULLET.match(line):
        return False
    if line[0].islower() and not ends_sentence(above):
        return True
    full = len(above) + 1 + len(line.split(" ", 1)[0]) > width
    return full and len(above) > width / 2


def _together(above: str, line: str, vocabulary: set[str]) -> tuple[str, str]:
    """Two lines as pieces of one; a hyphen at the break goes where it was the printer's."""
    if above.endswith(_SOFT_HYPHEN):
        return above[:-1], line
    broken, rest = _BROKEN.search(above), _REST.match(line)
    if not broken or not rest or line[0].isupper():
        return above, f" {line}"
    return (above if _keeps_hyphen(broken["first"], rest["second"], vocabulary) else above[:-1]), line


def _keeps_hyphen(first: str, second: str, vocabulary: set[str]) -> bool:
    """Whether "first-second" is a compound, judged by how the rest of the text writes it and its parts."""
    hyphened, whole = f"{first}-{second}".casefold(), f"{first}{second}".casefold()
    if hyphened in vocabulary or whole in vocabulary:
        return hyphened in vocabulary
    return first.casefold() in vocabulary and second.casefold() in vocabulary
