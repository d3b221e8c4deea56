"""A news page while its paragraphs are being given their roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from index.documents import Block, Role, Span
from index.headlines import Headline
from index.paragraphs import Paragraph, ends_sentence, paragraphs

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
