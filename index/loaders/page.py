"""From the text of a page, however it was got, to its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from index.article.article import read_article
from index.documents import Block, Document, Span
from index.errors import EmptyInput
from index.loaders.base import Content, Loaded
from index.loaders.decoding import as_shown, repaired
from index.loaders.fields import Metadata

_NOTHING: Mapping[str, str] = {}


class PageText:
    """A page's text while it is put together from lines, with the places of its headings."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.headings: list[Span] = []

    def add(self, line: str, *, heading: bool = False, close: bool = False) -> None:
        """Put a line below the others, after an empty line unless it stands `close` to the one above."""
        words = as_shown(line).strip()
        if not words:
            return
        if self._parts:
            self._append("\n" if close else "\n\n")
        if heading:
            self.headings.append(Span(self._length, self._length + len(words)))
        self._append(words)

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def text(self) -> str:
        """All lines so far."""
        return "".join(self._parts)

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)


def documents_of(
    content: Content,
    text: str,
    known: Metadata,
    *,
    headings: Sequence[Span] = (),
    links: Mapping[str, str] = _NOTHING,
    created: date | None = None,
    warnings: Iterable[str] = (),
) -> Loaded:
    """The article that `text` is, and its related headlines.

    `headings` are the section headings that the format marks, in order; `links` gives addresses for linked words;
    `created`, when the file was made, stands in for a date of publication that neither `known` nor the page has.
    Raises EmptyInput and TooLarge.
    """
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise EmptyInput(f"{content.label} holds no text: leave it out, or check that it was saved whole")
    content.limits.check("max_characters", len(text), content.label, "characters")
    # A draft is so already: the places of its headings stay true.
    canonical, unfit = repaired(as_shown(text))
    read, *headlines = read_article(
        canonical,
        title=known.title,
        outlet=known.outlet,
        authors=known.authors,
        published=known.published,
        url=content.address or known.url,
        language=known.language,
        source=content.name,
        collection=content.collection,
    )
    notes = [*warnings, *([f"{unfit:,} NUL characters or lone surrogates were replaced by U+FFFD"] if unfit else [])]
    article = replace(read, blocks=tuple(_with_headings(read, headings)), published=read.published or created)
    related = (
        replace(headline, parent=article.id, url=headline.url or links.get(headline.text, "")) for headline in headlines
    )
    return Loaded((article, *related), content.noted(*notes))


def _with_headings(article: Document, headings: Sequence[Span]) -> Iterator[Block]:
    """The article's blocks, the body cut around the headings; what has another role already keeps it."""
    waiting = iter(headings)
    heading = next(waiting, None)
    for block in article.blocks:
        start = block.start
        while heading and heading.end <= start:
            heading = next(waiting, None)
        while heading and block.role == "body" and heading.end <= block.end:
            yield from _trimmed(article.text, start, heading.start)
            yield Block(heading.start, heading.end, "heading")
            start = heading.end
            heading = next(waiting, None)
        yield from _trimmed(article.text, start, block.end) if start > block.start else (block,)


def _trimmed(text: str, start: int, end: int) -> Iterator[Block]:
    """A body block without the white space around it; none where nothing else is there."""
    words = text[start:end]
    if words.strip():
        yield Block(start + len(words) - len(words.lstrip()), start + len(words.rstrip()), "body")
