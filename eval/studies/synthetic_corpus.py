"""A corpus blown up to any size, for measuring speed: vectors and words as an archive of its kind would have them.

Copies would not do. A vector stored a hundred times has a hundred neighbours at distance nothing, and its words the
same posting lists over and over; an approximate index looks better on them than it is, or worse.

So each further lap over the corpus moves every vector within the corpus' own cloud: v' = m + √(1 - s) (v - m) + √s e,
with m the mean, e Gaussian with the corpus' covariance, s = `MOVED`, brought back to length 1. Mean and covariance stay
what they were, and so does the effective dimension, which noise that is equal in all directions would raise far beyond
what a language model produces. `MOVED` is as large as it must be for the nearest neighbour of a passage to be about as
far away as it is in the corpus itself. Likewise each lap over the texts shuffles the words of a passage and draws half
of them from the whole corpus by frequency, so that lengths and the frequencies of words stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOVED = 0.35
"""Share of a vector's variance that is drawn anew."""

REDRAWN = 0.5
"""Share of a passage's words that are drawn anew."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class SeedCorpus:
    """What is blown up: passages as they are embedded, their vectors of shape (n, dimension), and questions."""

    name: str
    passages: tuple[str, ...]
    vectors: Vectors
    questions: tuple[str, ...]
    question_vectors: Vectors


def blown_up(vectors: Vectors, count: int, seed: int = 0) -> Vectors:
    """`count` vectors of length 1: those given first, then moved ones, lap by lap. The first n do not depend on count.

    Raises ValueError for fewer than two vectors, which have no covariance.
    """
    if len(vectors) < 2:
        raise ValueError(f"{len(vectors)} vectors have no covariance; give at least 2")
    rows = np.empty((count, vectors.shape[1]), dtype=np.float32)
    mean = vectors.mean(axis=0)
    away = vectors - mean
    kept, drawn = np.float32((1 - MOVED) ** 0.5), np.float32(MOVED**0.5)
    # By its eigenvectors, what gives Gaussian rows the covariance of `away`, of whatever rank.
    values, directions = np.linalg.eigh(away.T @ away / len(away))
    spread = np.asarray((directions * np.sqrt(np.maximum(values, 0.0))).T, dtype=np.float32)
    for lap, start in enumerate(range(0, count, len(vectors))):
        room = rows[start : start + len(vectors)]
        if not lap:
            room[:] = vectors[: len(room)]
            continue
        noise = np.random.default_rng((seed, lap)).standard_normal(away.shape, dtype=np.float32) @ spread
        moved = mean + kept * away + drawn * noise
        room[:] = (moved / np.linalg.norm(moved, axis=1, keepdims=True))[: len(room)]
    return rows


def rewritten(passages: Sequence[str], count: int, seed: int = 0) -> Iterator[str]:
    """`count` texts: the passages first, then shuffled and half redrawn ones, lap by lap."""
    words = [passage.split() for passage in passages]
    known = sorted({word for passage in words for word in passage})
    numbers = {word: number for number, word in enumerate(known)}
    ends = np.cumsum([len(passage) for passage in words])
    stream = np.array([numbers[word] for passage in words for word in passage], dtype=np.int64)
    owners = np.repeat(np.arange(len(words)), [len(passage) for passage in words])
    for lap, start in enumerate(range(0, count, len(passages))):
        laps = passages if not lap else _redrawn(stream, owners, ends, known, np.random.default_rng((seed, lap)))
        yield from laps[: count - start]


def _redrawn(
    stream: NDArray[np.int64],
    owners: NDArray[np.int64],
    ends: NDArray[np.int64],
    known: Sequence[str],
    random: np.random.Generator,
) -> list[str]:
    """All passages once more: their words in another order, some replaced by words from anywhere in the corpus."""
    drawn = np.where(random.random(len(stream)) < REDRAWN, random.choice(stream, len(stream)), stream)
    drawn = drawn[np.argsort(owners + random.random(len(stream)))]
    starts = [0, *ends[:-1].tolist()]
    return [
        " ".join([known[word] for word in drawn[start:end].tolist()])
        for start, end in zip(starts, ends.tolist(), strict=True)
    ]
