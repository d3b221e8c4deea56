"""Document → passages: runs of whole sentences within a token budget that the encoder can read to their end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from index.article.paragraphs import paragraphs
from index.documents import Block, Document, Passage, Span
from index.errors import ModelError
from index.sentences import sentences_of_paragraph

_HEADER_BYTES = 180
"""Bound of a header in UTF-8: no usual tokenizer makes more tokens than bytes, so text always finds room beside it."""
_OUTLET_BYTES = 36
_HEADING_BYTES = 60

_WITHIN_PARAGRAPH = 0.25
"""A passage rather misses its target length by this share than it ends inside a paragraph."""

_CLAUSE_END = re.compile(r"[,;:。，；：、!?।]\s*|\s[–—-]\s|[–—]")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, or a piece of one that is too long: `tokens` alone, and `more` with the white space before it."""

    span: Span
    tokens: int
    more: int
    ends_paragraph: bool


@dataclass(frozen=True, slots=True)
class _Room:
    """What a passage of one document must keep to."""

    document: Document
    budget: int
    count_tokens: Callable[[str], int]
    fits: Callable[[str], bool]

    def holds(self, passage: Passage) -> bool:
        """Whether the passage keeps to the budget and the encoder reads all of it, header included."""
        text = passage.span.of(self.document.text)
        return self.count_tokens(text) <= self.budget and self.fits(passage_input(self.document, passage))


def chunk(
    document: Document,
    *,
    budget: int,
    count_tokens: Callable[[str], int],
    fits: Callable[[str], bool],
) -> list[Passage]:
    """The passages of a document, in order; each character of the body lies in exactly one.

    A passage has at most `budget` tokens by `count_tokens` (1 or more), `fits(passage_input(…))` holds for it, and it
    stays within one section and between the blocks that are no body. Sections are cut evenly, at the ends of
    paragraphs where that costs little. A sentence too long for a passage is cut at a clause, else between words, else
    anywhere. A document without body gives its headline or headlines as passages, so that it can be found.

    Raises ModelError where not even one character fits beside the header.
    """
    room = _Room(document, budget, count_tokens, fits)
    passages: list[Passage] = []
    for heading, blocks in _stretches(document):
        units = _units(room, blocks)
        for first, last in _cuts(units, budget):
            passages += _fitted(room, heading, units[first:last])
    return passages


def passage_header(document: Document, heading: str = "") -> str:
    """The line "Title | Outlet | 2025-10-23 | Section": embedded and searched before a passage's text, never quoted.

    At most 180 bytes in UTF-8; long parts are cut at a word. A headline, whose text is its title, goes without title.
    """
    published = document.published.isoformat() if document.published else ""
    rest = [_clipped(document.outlet, _OUTLET_BYTES), published, _clipped(heading, _HEADING_BYTES)]
    left = _HEADER_BYTES - sum(len(part.encode("utf-8", "replace")) + len(" | ") for part in rest if part)
    title = "" if document.title == document.text else _clipped(document.title, left)
    return " | ".join(part for part in (title, *rest) if part)


def passage_input(document: Document, passage: Passage) -> str:
    """Exactly what is embedded and searched: the header on a line of its own, then the passage's text."""
    header = passage_header(document, passage.heading)
    text = passage.span.of(document.text)
    return f"{header}\n{text}" if header else text


def _clipped(words: str, most: int) -> str:
    """On one line and within `most` bytes of UTF-8, cut at a word where there is one."""
    line = " ".join(words[: 4 * most].split())
    encoded = line.encode("utf-8", "replace")
    if len(encoded) <= most and len(words) <= 4 * most:
        return line
    cut = encoded[: most - len("…".encode())].decode("utf-8", "ignore")
    at_word = cut[: cut.rfind(" ")] if cut.rfind(" ") > len(cut) // 2 else cut
    return at_word.rstrip(" ,;:–—-") + "…"


def _stretches(document: Document) -> Iterator[tuple[str, list[Block]]]:
    """Blocks of body that stand together, with the heading above them."""
    blocks = document.blocks or (Block(0, len(document.text), "body"),)
    if not any(block.role == "body" and block.span.of(document.text).strip() for block in blocks):
        yield "", [block for block in blocks if block.role != "byline"] or list(blocks)
        return
    heading = ""
    stretch: list[Block] = []
    for block in blocks:
        if block.role == "body":
            stretch.append(block)
            continue
        yield heading, stretch
        stretch = []
        if block.role == "heading":
            heading = " ".join(block.span.of(document.text).split())
    yield heading, stretch


def _units(room: _Room, blocks: Sequence[Block]) -> list[_Unit]:
    """The sentences of some blocks, each counted once; those beyond the budget in pieces."""
    text, language = room.document.text, room.document.language
    units: list[_Unit] = []
    for paragraph in (span for block in blocks for span in _paragraphs(text, block)):
        sentences = sentences_of_paragraph(text, paragraph, language)
        pieces = [piece for sentence in sentences for piece in _pieces(room, sentence)]
        for number, (span, tokens) in enumerate(pieces):
            gap = text[units[-1].span.end : span.start] if units else ""
            more = tokens + (room.count_tokens(gap) if gap.strip(" ") else 0)
            units.append(_Unit(span, tokens, more, number == len(pieces) - 1))
    return units


def _paragraphs(text: str, block: Block) -> list[Span]:
    """A block is one paragraph, perhaps wrapped over lines, unless it holds blank lines or is a whole document."""
    found = paragraphs(text, block.start, block.end)
    if len(found) > 1 and (len(block.span) == len(text) or any(paragraph.gap for paragraph in found[1:])):
        return [paragraph.span for paragraph in found]
    return [Span(found[0].start, found[-1].end)] if found else []


def _pieces(room: _Room, sentence: Span) -> Iterator[tuple[Span, int]]:
    """The sentence, or its pieces of at most the budget, each with its tokens.

    The number of pieces is estimated from one count, so the cost stays linear; a piece that is still too long, because
    tokens lie unevenly, is cut again.
    """
    tokens = room.count_tokens(sentence.of(room.document.text))
    if tokens <= room.budget or len(sentence) == 1:
        yield sentence, tokens
        return
    parts = min(-(-tokens * 5 // (room.budget * 4)), len(sentence))
    for piece in _divided(room.document.text, sentence, max(2, parts)):
        yield from _pieces(room, piece)


def _divided(text: str, span: Span, parts: int) -> list[Span]:
    """`parts` pieces or fewer of about equal length, cut where it hurts least near the ideal places."""
    width = len(span) / parts
    slack = int(width / 4)
    ends = [_best_cut(text, span.start + round(part * width), slack) for part in range(1, parts)]
    pieces = []
    start = span.start
    for end in [*(end for end in ends if span.start < end < span.end), span.end]:
        stop = end
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        while start < stop and text[start].isspace():
            start += 1
        if start < stop:
            pieces.append(Span(start, stop))
        start = max(start, end)
    return pieces


def _best_cut(text: str, ideal: int, slack: int) -> int:
    """A place within `slack` of `ideal`: the nearest end of a clause, else of a word, else of a visible character."""
    window = text[ideal - slack : ideal + slack]
    clauses = [ideal - slack + match.end() for match in _CLAUSE_END.finditer(window)]
    spaces = (window.rfind(" ", 0, slack), window.find(" ", slack))
    words = [ideal - slack + place + 1 for place in spaces if place >= 0]
    if clauses or words:
        return min(clauses or words, key=lambda place: abs(place - ideal))
    cut = ideal
    while ideal - slack < cut and _inside_character(text, cut):
        cut -= 1
    return cut if cut > ideal - slack else ideal


def _inside_character(text: str, place: int) -> bool:
    """Whether a cut there would part a letter from its accents or an emoji from its modifiers."""
    after = text[place : place + 1]
    return bool(after) and (
        unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or after in _JOINERS
        or text[place - 1] == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


def _cuts(units: Sequence[_Unit], budget: int) -> Iterator[tuple[int, int]]:
    """Units `[first, last)` of each passage: as few passages as the budget allows, of about equal length."""
    sums = [0, *accumulate(unit.more for unit in units)]
    start = 0
    while start < len(units):
        rest = sums[-1] - sums[start]
        target = rest / -(-rest // budget)
        last = best = start + 1
        least = float("inf")
        while last <= len(units):
            length = units[start].tokens + sums[last] - sums[start + 1]
            if length > budget and last > start + 1:
                break
            miss = abs(length - target) / target + (0 if units[last - 1].ends_paragraph else _WITHIN_PARAGRAPH)
            if miss <= least:
                best, least = last, miss
            last += 1
        yield start, best
        start = best


def _fitted(room: _Room, heading: str, units: Sequence[_Unit]) -> Iterator[Passage]:
    """One passage; or, if the encoder would cut it, the same without its heading; or two halves of it."""
    spans = tuple(unit.span for unit in units)
    passage = Passage(room.document.id, spans[0].start, spans[-1].end, spans, heading)
    if room.holds(passage):
        yield passage
    elif heading and room.holds(bare := replace(passage, heading="")):
        yield bare
    elif len(units) > 1:
        half = len(units) // 2
        yield from _fitted(room, heading, units[:half])
        yield from _fitted(room, heading, units[half:])
    else:
        halves = _divided(room.document.text, spans[0], 2)
        if len(halves) < 2:
            raise ModelError(
                f"not one character fits into a passage beside the header {passage_header(room.document)!r}: "
                "choose a model that reads more tokens, or a larger passage budget"
            )
        for half_span in halves:
            yield from _fitted(room, heading, [replace(units[0], span=half_span)])
