"""From token logits to short answers and to the weight of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.documents import Hit, Span
from rag.english.words import DATE_WORDS, NUMBER_WORDS, answer_key
from rag.question.answer_type import Asked
from rag.readers.base import PairReading
from rag.readers.instructions import statements

_TOP = 3
"""Spans of a sentence that are looked at; further ones are variants of these."""

_NEVER = -30.0
_WORD = re.compile(r"\w+")
_CODE = re.compile(r"\b(?:[A-Z]{2,}[-_]?\d{3,}|(?=\w*\d[A-Za-z]+\d)\w{6,})(?:[-_]\w+)*\b", re.ASCII)
"""Capitals and a number in one word, or letters and digits by turns."""
_LAST_WORD = re.compile(r"\S*\Z")
_WORD_LENGTH = 60
_FIRST_WORD = re.compile(r"\S*")


@dataclass(frozen=True)
class SentenceSpans:
    """A sentence of a hit as it was read.

    `mass` is the log of the summed weight of its spans, `spans` its best spans with their logits, best first.
    """

    hit: Hit
    place: int
    sentence: Span
    mass: float
    spans: tuple[tuple[Span, float], ...]


def sentence_spans(hits: Sequence[Hit], readings: Sequence[PairReading]) -> Iterator[SentenceSpans]:
    """Every sentence of the hits that states something; a span never crosses the border of a sentence."""
    for place, (hit, reading) in enumerate(zip(hits, readings, strict=True)):
        table = reading.spans()
        starts, ends = reading.offsets[:, 0] + hit.passage.start, reading.offsets[:, 1] + hit.passage.start
        for sentence in statements(hit):
            first = int(np.searchsorted(starts, sentence.start))
            last = int(np.searchsorted(ends, sentence.end, side="right"))
            if last <= first:
                yield SentenceSpans(hit, place, sentence, _NEVER, ())
                continue
            own = table[first:last, first:last]
            best = own.max()
            mass = float(best + np.log(np.exp(own - best).sum()))
            spans = tuple((Span(int(starts[first + a]), int(ends[first + b])), float(own[a, b])) for a, b in _best(own))
            yield SentenceSpans(hit, place, sentence, mass, spans)


def _best(table: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Rows and columns of the largest values, largest first."""
    flat = table.ravel()
    count = min(_TOP, int(np.isfinite(flat).sum()))
    chosen = np.argpartition(-flat, count - 1)[:count]
    chosen = chosen[np.argsort(-flat[chosen], kind="stable")]
    rows, columns = np.unravel_index(chosen, table.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def is_impossible(asked: Asked, text: str, span: Span) -> bool:
    """Whether a short answer, a span of a text, can be none for its form: a code is nobody's name, nor is a part of it.

    >>> is_impossible("person", "It was CODE-7731.", Span(7, 11)), is_impossible("thing", "CODE-7731", Span(0, 9))
    (True, False)
    >>> is_impossible("person", "a81Fx09b", Span(0, 8)), is_impossible("person", "Blink-182", Span(0, 9))
    (True, False)
    """
    before = _LAST_WORD.search(text[max(0, span.start - _WORD_LENGTH) : span.start])
    after = _FIRST_WORD.match(text[span.end : span.end + _WORD_LENGTH])
    answer = (before[0] if before else "") + span.of(text) + (after[0] if after else "")
    return asked == "person" and not any(map(str.isalnum, _CODE.sub("", answer)))


def mismatches(asked: Asked, answer: str) -> bool:
    """Whether the form of a short answer rules it out: a number without a numeral, a name in small letters.

    >>> mismatches("number", "half a million"), mismatches("person", "the crew"), mismatches("date", "by ship")
    (False, True, True)
    """
    words = {word.casefold() for word in _WORD.findall(answer)}
    digits = any(character.isdigit() for character in answer)
    if asked == "number":
        return not digits and not words & NUMBER_WORDS
    if asked == "date":
        return not digits and not words & DATE_WORDS
    if asked in ("person", "place"):
        return not any(character.isupper() for character in answer)
    return False


def repeated(answer: str, question_words: frozenset[str]) -> float:
    """Share of an answer's words that the question has already, in [0, 1]: what is asked is seldom its own answer."""
    words = answer_key(answer).split()
    return sum(word in question_words for word in words) / len(words) if words else 1.0
