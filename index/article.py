"""A news page's plain text → the article, with the role of every paragraph, and its related headlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby, pairwise

from index.bylines import Byline, read_byline, read_credit, read_dateline
from index.documents import Block, Document, Role, Span
from index.headlines import Headline, read_cue, read_headline, title_case
from index.paragraphs import Paragraph, ends_sentence, paragraphs
from index.titles import derived_title, is_heading, is_headline, plain, same_title, without_markup

_HEAD = 8
"""A byline or a date stands among so many paragraphs from the top."""

_BELOW_TITLE = 4
"""So many lines (standfirst, byline, date) may stand between a headline and the first sentence."""

_LONGEST_HEADING_WORDS = 5
"""A line between a list of headlines and prose that has no more words than this heads the prose."""


@dataclass
class _Page:
    """Paragraphs with the blocks found so far; a paragraph without blocks is body."""

    text: str
    paragraphs: list[Paragraph]
    lines: list[str]
    blocks: dict[int, list[Block]] = field(default_factory=dict)
    headlines: list[tuple[str, Headline]] = field(default_factory=list)

    def mark(self, number: int, role: Role, span: Span | None = None) -> None:
        """Give a paragraph, or the part `span` of its line, a role."""
        start = self.paragraphs[number].start
        span = span or Span(0, len(self.lines[number]))
        self.blocks.setdefault(number, []).append(Block(start + span.start, start + span.end, role))

    def add_headline(self, number: int, headline: Headline) -> None:
        """Mark a related headline and remember it."""
        self.mark(number, "related", headline.span)
        self.headlines.append((headline.span.of(self.lines[number]), headline))

    def role(self, number: int) -> Role:
        """What the paragraph is, as far as is known."""
        blocks = self.blocks.get(number)
        return blocks[0].role if blocks else "body"

    def body(self) -> Iterator[int]:
        """Numbers of the paragraphs that are body so far."""
        return (number for number in range(len(self.lines)) if number not in self.blocks)

    def is_prose(self) -> bool:
        """Whether most of the body is written in sentences; a poem or a bare list has no headings to find."""
        lengths = [(len(self.lines[number]), ends_sentence(self.lines[number])) for number in self.body()]
        total = sum(length for length, _ in lengths)
        return 2 * sum(length for length, is_sentence in lengths if is_sentence) >= total > 0


def read_article(
    text: str,
    *,
    title: str = "",
    outlet: str = "",
    authors: tuple[str, ...] = (),
    published: date | None = None,
    url: str = "",
    language: str = "",
    key: str = "",
    source: str = "",
    collection: str = "default",
) -> list[Document]:
    """The article (first) and its related headlines as documents; `text` becomes the article's text, unchanged.

    What is given wins over what the page says. A headline is a document of kind "headline" whose parent is the
    article; one that stands on the page twice is given once.
    """
    found = paragraphs(text)
    page = _Page(text, found, [paragraph.span.of(text) for paragraph in found])
    _find_related(page)
    known = title.strip()
    own_title = _find_title(page, known)
    byline = _find_bylines(page, titled=bool(known or own_title))
    _find_headings(page)
    article = Document(
        text=text,
        title=known or own_title or _title_from_body(page),
        title_derived=not (known or own_title),
        outlet=outlet or byline.outlet,
        authors=authors or byline.authors,
        published=published or byline.published,
        url=url,
        language=language,
        key=key,
        source=source,
        collection=collection,
        blocks=_all_blocks(page),
    )
    return [article, *_headline_documents(page, article)]


def _find_related(page: _Page) -> None:
    """Mark every cue and the headlines that it announces."""
    number = 0
    while number < len(page.lines):
        cue = read_cue(page.lines[number])
        items = _items_after(page, number, inline=bool(cue.headlines)) if cue else []
        if cue and len(items) >= cue.needs:
            page.mark(number, "cue", cue.span)
            for headline in cue.headlines:
                page.add_headline(number, headline)
            for item, headline in items:
                page.add_headline(item, headline)
            number += len(items)
        number += 1


def _items_after(page: _Page, cue: int, *, inline: bool) -> list[tuple[int, Headline]]:
    """The list of headlines right below a cue line, with their paragraph numbers.

    A list is bulleted throughout or not at all, and one whose items stand close together ends at a blank line.
    After a headline on the cue's own line only a bulleted list, or lines that run to the end of the page, belong to it.
    """
    items: list[tuple[int, Headline]] = []
    number = cue + 1
    while number < len(page.lines) and (headline := _next_item(page, items, number)):
        items.append((number, headline))
        number += 1
    if not items or items[0][1].bulleted or number == len(page.lines):
        return items
    if inline:
        return []
    if ends_sentence(page.lines[number]) and _last_is_heading(page, items):
        items.pop()
    return items


def _next_item(page: _Page, items: Sequence[tuple[int, Headline]], number: int) -> Headline | None:
    line = page.lines[number]
    headline = read_headline(line)
    if headline is None or read_cue(line) or read_credit(line):
        return None
    if items and headline.bulleted != items[0][1].bulleted:
        return None
    close = len(items) > 1 and not page.paragraphs[number - 1].gap
    return None if close and page.paragraphs[number].gap else headline


def _last_is_heading(page: _Page, items: Sequence[tuple[int, Headline]]) -> bool:
    """Whether the line before prose heads that prose: much shorter than the headlines above, or cased unlike them."""
    *words, last = [headline.span.of(page.lines[number]) for number, headline in items]
    if not words:
        return False
    if len(last.split()) <= _LONGEST_HEADING_WORDS < min(len(line.split()) for line in words):
        return True
    return len(words) > 1 and all(map(title_case, words)) and not title_case(last)


def _find_title(page: _Page, given: str) -> str:
    """Mark the page's own headline, if its first line is one; returns it where no title was given."""
    if not page.lines or page.role(0) != "body":
        return ""
    line = page.lines[0]
    span = without_markup(line)
    words = span.of(line)
    if given:
        if same_title(words, given):
            page.mark(0, "title", span)
        return ""
    below = [number for number in range(1, min(len(page.lines), _BELOW_TITLE + 1)) if page.role(number) == "body"]
    heads_prose = page.is_prose() and any(ends_sentence(page.lines[number]) for number in below)
    if not (words and line.startswith("# ")) and not (heads_prose and is_headline(words)):
        return ""
    page.mark(0, "title", span)
    return words


def _find_bylines(page: _Page, *, titled: bool) -> Byline:
    """Mark bylines and dates near the top and credit lines anywhere; returns what they tell together."""
    found = []
    sentences = 0
    for number in list(page.body()):
        line = page.lines[number]
        byline = read_credit(line)
        at_an_end = (number < _HEAD and sentences < 2) or number >= len(page.lines) - 2
        if byline is None and at_an_end:
            byline = read_byline(line, after_title=titled or number > 0)
        if byline:
            page.mark(number, "byline")
        elif ends_sentence(line):
            byline = read_dateline(line)[1] if not sentences else None
            sentences += 1
        if byline:
            found.append(byline)
    return _together(found)


def _together(bylines: Sequence[Byline]) -> Byline:
    """All that bylines tell; a date only if they agree on it, and that of an update only for want of another."""
    dated = [byline for byline in bylines if byline.published]
    days = {byline.published for byline in dated if not byline.updated} or {byline.published for byline in dated}
    return Byline(
        authors=next((byline.authors for byline in bylines if byline.authors), ()),
        outlet=next((byline.outlet for byline in bylines if byline.outlet), ""),
        published=days.pop() if len(days) == 1 else None,
    )


def _find_headings(page: _Page) -> None:
    """Mark section headings: lines like one that stand between paragraphs of prose, and those that Markdown marks."""
    prose = page.is_prose()
    numbers = [number for number in range(len(page.lines)) if page.role(number) in ("body", "title")]
    runs = [(look, list(run)) for look, run in groupby(numbers, key=lambda number: _look(page, number))]
    above = ""
    for (look, run), (next_look, below) in pairwise([*runs, ("end", [])]):
        if look == "marked":
            for number in run:
                page.mark(number, "heading", without_markup(page.lines[number]))
        elif look == "heading" and next_look == "prose" and prose and _heads(page, above, run, below):
            page.mark(run[-1], "heading", without_markup(page.lines[run[-1]]))
        above = page.lines[run[-1]]


def _look(page: _Page, number: int) -> str:
    line = page.lines[number]
    if page.role(number) == "title":
        return "title"
    if line.startswith("#") and without_markup(line).start > 1:
        return "marked"
    return "heading" if is_heading(line) else "prose"


def _heads(page: _Page, above: str, run: Sequence[int], below: Sequence[int]) -> bool:
    """Whether the last of some lines that look like headings heads the prose below.

    Two may be a caption and a heading; more, or any after a colon, are a list. The line above a byline is a
    standfirst. A section shorter than twice its heading is verse.
    """
    heading, first = page.lines[run[-1]], page.lines[below[0]]
    if len(run) > 2 or above.endswith((":", "：")):
        return False
    if run[-1] + 1 < len(page.lines) and page.role(run[-1] + 1) == "byline" and below[0] > run[-1] + 1:
        return False
    return ends_sentence(first) and sum(len(page.lines[number]) for number in below) >= 2 * len(heading)


def _title_from_body(page: _Page) -> str:
    number = next(page.body(), 0)
    return derived_title(page.lines[number]) if page.lines else ""


def _all_blocks(page: _Page) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for number, paragraph in enumerate(page.paragraphs):
        blocks += page.blocks.get(number) or [Block(paragraph.start, paragraph.end, "body")]
    return tuple(blocks)


def _headline_documents(page: _Page, article: Document) -> Iterator[Document]:
    seen: set[str] = set()
    for words, headline in page.headlines:
        if plain(words) in seen:
            continue
        seen.add(plain(words))
        yield Document(
            text=words,
            title=words,
            kind="headline",
            published=headline.published,
            url=headline.url,
            language=article.language,
            source=article.source,
            collection=article.collection,
            parent=article.id,
        )
