"""The paragraphs of a plain text: a line each, or several lines where the text was wrapped at a fixed width."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.documents import Span

_LINE = re.compile(r"\S(?:[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*\S)?")
_BULLET = re.compile(r"(?:[-*+•‣▪◦●■–—·»▶►→>]|\(?\d{1,2}[.)])\s")
_FIRST_WORD = re.compile(r"\S{1,80}")
_SENTENCE_ENDS = tuple("!?…。！？؟।॥።")
_CLOSERS = "\"'”’»)]*_"
_WRAP_WIDTHS = range(40, 161)
_SURE_WRAPS = 0.15
"""A wrapped text has at least this share of lines that go on in lower case; headlines below it may be many."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Characters `[start, end)` without surrounding white space; `gap`: a blank line stands before it."""

    start: int
    end: int
    gap: bool

    @property
    def span(self) -> Span:
        """The paragraph's place in the text."""
        return Span(self.start, self.end)


def paragraphs(text: str, start: int = 0, end: int | None = None) -> list[Paragraph]:
    """The paragraphs of `text[start:end]` in order; together they hold every character but white space."""
    lines = _lines(text, start, len(text) if end is None else end)
    full = _length_of_full_lines(text, lines)
    if full is None:
        return lines
    joined: list[Paragraph] = lines[:1]
    for last, line in pairwise(lines):
        begins = line.gap or _BULLET.match(text, line.start, line.end)
        if not begins and (text[line.start].islower() or _with_next_word(text, last, line) >= full):
            joined[-1] = Paragraph(joined[-1].start, line.end, joined[-1].gap)
        else:
            joined.append(line)
    return joined


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does: a full stop or its like, and perhaps closing quotes after it."""
    bare = line[-12:].rstrip(_CLOSERS)
    return bare.endswith(_SENTENCE_ENDS) or (bare.endswith(".") and (not bare.endswith("..") or bare.endswith("...")))


def _lines(text: str, start: int, end: int) -> list[Paragraph]:
    lines = []
    last = start
    for match in _LINE.finditer(text, start, end):
        gap = max(text.count("\n", last, match.start()), text.count("\r", last, match.start())) > 1
        lines.append(Paragraph(match.start(), match.end(), gap))
        last = match.end()
    return lines


def _length_of_full_lines(text: str, lines: Sequence[Paragraph]) -> int | None:
    """From how many characters on a line counts as full, where the text is wrapped; None where it is not.

    A line that goes on in lower case after one that ends no sentence is a sure wrap. The length that the line
    before would have had with one word more is what the wrapping refused; nearly all wraps lie at or above it.
    """
    longest = max((line.end - line.start for line in lines), default=0)
    breaks = 0
    refused = []
    for last, line in pairwise(lines):
        if line.gap or last.end - last.start < _WRAP_WIDTHS[0] or ends_sentence(text[last.start : last.end][-12:]):
            continue
        breaks += 1
        if text[line.start].islower():
            refused.append(_with_next_word(text, last, line))
    if len(refused) < (1 if longest < _WRAP_WIDTHS[-1] else 2) or len(refused) < breaks * _SURE_WRAPS:
        return None
    full = min(sorted(refused)[len(refused) // 10], longest + 1)
    return full if full in _WRAP_WIDTHS else None


def _with_next_word(text: str, last: Paragraph, line: Paragraph) -> int:
    word = _FIRST_WORD.match(text, line.start, line.end)
    return last.end - last.start + 1 + (len(word[0]) if word else 0)
