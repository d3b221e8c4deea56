"""Sentence spans of a text; the only home of sentencex."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from index.article.paragraphs import paragraphs
from index.documents import Span
from index.lexicon import NEWS_MONTHS, WEEKDAYS

_WINDOW = 2000
"""Characters that sentencex sees at once: on unclosed quotation marks its time grows with the square of the length."""

_TITLE = (
    r"\b(?:Mr|Mrs|Ms|Mx|Messrs|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Col|Maj|Capt|Cmdr|Sgt|Cpl|Pvt|Adm|Amb|Pres|Rev|Fr|Hon|St|Ste"
    r"|Sec|Supt|Det|Insp)\.\s*$"
)
_ZONE = r"(?:[ACEMP][SD]?T|GMT|UTC|BST|CES?T|IST|JST)\b"
_DAY = rf"(?:{'|'.join(map(str.title, WEEKDAYS))})\b|(?:{'|'.join(NEWS_MONTHS)})\w*\.? \d"
# A boundary that sentencex sees between these two is none: left side, right side.
_JOINS = (
    (re.compile(_TITLE), re.compile(r"[^\W\d_a-z]")),
    (re.compile(r"\b[ap]\.m\.\s*$"), re.compile(f"{_ZONE}|{_DAY}")),
    (re.compile(r"^\s*\(?\d{1,3}[.)]\s*$"), re.compile(r"\S")),
)
# Where sentencex misses one: after the answer "no.", which is no number, and after a whole sentence in brackets.
_MISSED = re.compile(r"(?:\b[Nn]o\.[\"”’]*|[.!?]\))\s+(?=[\"“‘(]?[A-Z])")


def sentence_spans(text: str, start: int = 0, end: int | None = None, language: str = "en") -> list[Span]:
    """The sentences of `text[start:end]` in order, without white space around them.

    They hold every character but white space, and none crosses from one paragraph into the next. `language` is an
    ISO 639 code, region ignored ("en-GB"); for an unknown one, general rules apply.
    """
    return [
        span
        for paragraph in paragraphs(text, start, end)
        for span in sentences_of_paragraph(text, paragraph.span, language)
    ]


def sentences_of_paragraph(text: str, paragraph: Span, language: str = "en") -> list[Span]:
    """The sentences of one paragraph, even if it is wrapped over several lines."""
    spans = []
    start = paragraph.start
    for end in _ends(text, paragraph, language):
        if _is_boundary(text, start, end, paragraph.end):
            spans += _stripped(text, start, end)
            start = end
    return spans


def _ends(text: str, paragraph: Span, language: str) -> Iterator[int]:
    """Where sentencex, and the rules for what it misses, see a sentence end; the paragraph's own end is the last."""
    code = re.split("[-_]", language or "en")[0].lower()
    start = paragraph.start
    while start < paragraph.end:
        stop = min(start + _WINDOW, paragraph.end)
        window = text[start:stop]
        # A lone surrogate cannot cross into Rust; the replacement is one character too, so offsets stay.
        encodable = window.encode("utf-8", "replace").decode("utf-8")
        boundaries = (boundary["end_index"] for boundary in sentencex.get_sentence_boundaries(code, encodable))
        ends = sorted({*boundaries, *(match.end() for match in _MISSED.finditer(window))})
        if stop < paragraph.end:
            # The last sentence may go on beyond the window: look at it again from its start, or go on from a space.
            ends = [end for end in ends if end < len(window)]
            resume = ends[-1] if ends else window.rfind(" ") + 1 or len(window)
        else:
            resume = len(window)
        yield from (start + end for end in ends)
        start += resume


def _is_boundary(text: str, start: int, end: int, last: int) -> bool:
    if end >= last:
        return True
    left, right = text[max(start, end - 40) : end], text[end : end + 20].lstrip()
    if end - start > 40:
        left = "…" + left  # so long a sentence is no number of a list
    # "iPhone" begins a sentence all the same, and some texts know no capitals.
    if right[:1].islower() and not right[1:2].isupper() and not text[start].islower():
        return False
    return not any(before.search(left) and after.match(right) for before, after in _JOINS)


def _stripped(text: str, start: int, end: int) -> list[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return [Span(start, end)] if end > start else []
