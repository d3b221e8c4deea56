"""A news page's plain text → the article, with the role of every paragraph, and its related headlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, groupby, islice, pairwise, takewhile

from index.article.bylines import Byline, read_byline, read_credit, read_dateline, read_signature
from index.article.headlines import Headline, read_cue, read_headline, title_case
from index.article.paragraphs import Paragraph, ends_sentence, paragraphs
from index.article.titles import comparable, could_be_headline, derived_title, is_heading, same_title, without_markup
from index.documents import Block, Document, Role, Span

_PROSE = 0.6
"""Share of a body's characters in paragraphs that end as sentences do, from which it counts as prose."""

_MOST_ABOVE_PROSE = 2
LIST_FOLLOWS = (":", "：")
_BULLETS = frozenset("-*+•‣▪◦●■–—·")


@dataclass
class Page:
    """Paragraphs with the blocks found so far; a paragraph without blocks is body."""

    text: str
    paragraphs: list[Paragraph]
    lines: list[str]
    blocks: dict[int, list[Block]] = field(default_factory=dict)
    headlines: list[tuple[str, Headline]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> Page:
        """The page of a text, all body."""
        found = paragraphs(text)
        return cls(text, found, [paragraph.span.of(text) for paragraph in found])

    def mark(self, number: int, role: Role, span: Span | None = None) -> None:
        """Give a paragraph, or the part `span` of its line, a role."""
        start = self.paragraphs[number].start
        if span is None:
            span = Span(0, len(self.lines[number]))
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

    def is_prose(self, end: int | None = None) -> bool:
        """Whether most of the body, above paragraph `end` if given, is written in sentences.

        A poem or a bare list is not, and has no headings to find. Bulleted lists do not count, nor do the two lines
        at the top that may be a headline and a standfirst.
        """
        total = sentences = 0
        above = takewhile(lambda number: end is None or number < end, self.body())
        for place, number in enumerate(above):
            line = self.lines[number]
            if ends_sentence(line):
                sentences += len(line)
            elif line.endswith(LIST_FOLLOWS) or line[0] in _BULLETS or place < _MOST_ABOVE_PROSE:
                continue
            total += len(line)
        return sentences >= _PROSE * total > 0

    def all_blocks(self) -> tuple[Block, ...]:
        """The blocks of the whole page in reading order."""
        blocks: list[Block] = []
        for number, paragraph in enumerate(self.paragraphs):
            blocks += self.blocks.get(number) or [Block(paragraph.start, paragraph.end, "body")]
        return tuple(blocks)


_HEAD = 8
_TAIL = 3
"""A byline or a date stands among so many paragraphs from the top, or from the end of the body."""

_BELOW_TITLE = 3
"""The first sentence stands among so many paragraphs of body below a headline."""

_LONGEST_HEADING_WORDS = 5
"""A line between a list of headlines and prose that has no more words than this heads the prose."""


_LEAST_BELOW_HEADING = 1.5
"""A section has at least so many times its heading's characters; a couplet has not."""


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
    page = Page.of(text)
    _find_related(page)
    known = title.strip()
    byline = _find_bylines(page, titled=bool(known))
    own_title = _find_title(page, known)
    _find_headings(page)
    # For want of a title a line of the body gives one, the first related headline, or whatever line there is.
    body = (page.lines[number] for number in page.body())
    words = next(chain(body, (words for words, _ in page.headlines), page.lines), "")
    article = Document(
        text=text,
        title=known or own_title or (derived_title(words) if words else ""),
        title_derived=not (known or own_title),
        outlet=outlet or byline.outlet,
        authors=authors or byline.authors,
        published=published or byline.published,
        url=url,
        language=language,
        key=key,
        source=source,
        collection=collection,
        blocks=page.all_blocks(),
    )
    return [article, *_headline_documents(page, article)]


def _find_related(page: Page) -> None:
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


def _items_after(page: Page, cue: int, *, inline: bool) -> list[tuple[int, Headline]]:
    """The list of headlines right below a cue line, with their paragraph numbers.

    A list is bulleted throughout or not at all, and one whose items stand close together ends at a blank line.
    After a headline on the cue's own line only a bulleted list, or lines that run to the end of the page, belong to it.
    """
    items: list[tuple[int, Headline]] = []
    number = cue + 1
    while number < len(page.lines) and (headline := _next_item(page, items, number)):
        items.append((number, headline))
        number += 1
    if not items or items[0][1].bulleted:
        return items
    if number == len(page.lines):
        return items if not inline or page.is_prose(cue) else []
    if inline:
        return []
    if ends_sentence(page.lines[number]) and _last_is_heading(page, items):
        items.pop()
    return items


def _next_item(page: Page, items: Sequence[tuple[int, Headline]], number: int) -> Headline | None:
    line = page.lines[number]
    headline = read_headline(line)
    if headline is None or read_cue(line) or read_credit(line):
        return None
    if items and headline.bulleted != items[0][1].bulleted:
        return None
    close = len(items) > 1 and not page.paragraphs[number - 1].gap
    return None if close and page.paragraphs[number].gap else headline


def _last_is_heading(page: Page, items: Sequence[tuple[int, Headline]]) -> bool:
    """Whether the line before prose heads that prose: much shorter than the headlines above, or cased unlike them."""
    *words, last = [headline.span.of(page.lines[number]) for number, headline in items]
    if not words:
        return False
    shortest = min(len(line.split()) for line in words)
    if len(last.split()) <= _LONGEST_HEADING_WORDS < shortest and len(last.split()) <= 0.6 * shortest:
        return True
    return len(words) > 1 and all(map(title_case, words)) and not title_case(last)


def _find_bylines(page: Page, *, titled: bool) -> Byline:
    """Mark bylines and dates near the top and credit lines anywhere; returns what they tell together.

    A credit line amid the body may be a picture's, so only one near the top or the end names the outlet.
    """
    found = []
    sentences = 0
    body = list(page.body())
    for number in body:
        if number in page.blocks:
            continue
        line = without_markup(page.lines[number]).of(page.lines[number])
        outer = (number < _HEAD and sentences < 2) or number in body[-_TAIL:]
        byline = read_credit(line)
        if byline is None and outer:
            byline = read_byline(line, after_title=titled or number > 0)
        below = page.lines[number + 1] if number + 1 < min(len(page.lines), _HEAD) else ""
        if byline is None and (byline := read_signature(line, below)):
            page.mark(number + 1, "byline")
        dateline, told = read_dateline(line) if not sentences else (0, Byline())
        if byline or dateline == len(line):
            page.mark(number, "byline")
        sentences += ends_sentence(line)
        if (byline := byline or told) != Byline():
            found.append(byline if outer else replace(byline, outlet=""))
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


def _find_title(page: Page, given: str) -> str:
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
    below = [page.lines[number] for number in islice(page.body(), 1, _BELOW_TITLE + 1)]
    heads_prose = page.is_prose() and any(map(ends_sentence, below))
    if not (words and line.startswith("# ")) and not (heads_prose and could_be_headline(words)):
        return ""
    page.mark(0, "title", span)
    return words


def _find_headings(page: Page) -> None:
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


def _look(page: Page, number: int) -> str:
    line = page.lines[number]
    if page.role(number) == "title":
        return "title"
    if line.startswith("#") and without_markup(line).start > 1:
        return "marked"
    return "heading" if is_heading(line) else "prose"


def _heads(page: Page, above: str, run: Sequence[int], below: Sequence[int]) -> bool:
    """Whether the last of some lines that look like headings heads the prose below.

    Two may be a caption and a heading; more, or any after a colon, are a list. The line above a byline is a
    standfirst. A section hardly longer than its heading is verse.
    """
    heading, first = page.lines[run[-1]], page.lines[below[0]]
    if len(run) > 2 or above.endswith(LIST_FOLLOWS):
        return False
    if run[-1] + 1 < len(page.lines) and page.role(run[-1] + 1) == "byline" and below[0] > run[-1] + 1:
        return False
    return ends_sentence(first) and sum(len(page.lines[number]) for number in below) >= _LEAST_BELOW_HEADING * len(
        heading
    )


def _headline_documents(page: Page, article: Document) -> Iterator[Document]:
    seen: set[str] = set()
    for words, headline in page.headlines:
        if comparable(words) in seen:
            continue
        seen.add(comparable(words))
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
