"""From token logits to short answers and to the weight of a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.documents import Hit, Span
from rag.english.words import answer_key
from rag.readers.base import PairReading
from rag.readers.instructions import statements

_TOP = 3
"""Spans of a sentence that are looked at; further ones are variants of these."""

_NEVER = -30.0


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


def spans_by_sentence(hits: Sequence[Hit], readings: Sequence[PairReading]) -> Iterator[SentenceSpans]:
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


def repeated(answer: str, question_words: frozenset[str]) -> float:
    """Share of an answer's words that the question has already, in [0, 1]: what is asked is seldom its own answer."""
    words = answer_key(answer).split()
    return sum(word in question_words for word in words) / len(words) if words else 1.0
