"""Words that are used as a word is but mean something else, from where the encoder keeps its word vectors.

Vectors of word pieces lie near each other where the words are inflections or synonyms, and in a middle distance where
they are of one kind: "river" has "lake", "approved" has "proposed". What is taken has the same ending and another stem.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

NEAREST, FARTHEST = 0.42, 0.20
"""Cosines between which words are of one kind; seen on all-mpnet-base-v2."""
MOST = 12
_ENDINGS = ("ing", "ed", "s")
_STEM, _SHORTEST = 4, 4
_IDLE = frozenset(
    """about above after again against also although always among another because before being below between both came
    come could does doing done down during each either else ever every from gave give given have having here into itself
    just kind like made make many more most much must name named near only onto other over part same should show since
    some such take taken than that their them then there these they thing this those through time told took type under
    until upon used very want well went were what when where which while whom whose will with within without would
    called known according""".split()
)
"""Words that do not say what is asked for."""


class Siblings:
    """Looks them up among the whole words of a tokenizer."""

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> None:
        """`vectors` has a row for every id of the tokenizer."""
        kept = {w: n for w, n in tokenizer.get_vocab().items() if _plain(w)}
        self._words = [word for word in sorted(kept) if word not in _IDLE]
        self._at = {word: place for place, word in enumerate(self._words)}
        rows = vectors[[kept[word] for word in self._words]]
        self._rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self.of = cache(self._of)

    def _of(self, word: str) -> Sequence[str]:
        """At most MOST siblings, nearest first; none for a word that is not whole or says little."""
        if word not in self._at:
            return ()
        near = self._rows @ self._rows[self._at[word]]
        order = np.argsort(-near)
        found = [
            other
            for other, cosine in zip((self._words[n] for n in order), near[order], strict=True)
            if FARTHEST <= cosine <= NEAREST and _ending(other) == _ending(word) and other[:_STEM] != word[:_STEM]
        ]
        return tuple(found[:MOST])


def _plain(word: str) -> bool:
    """Whether a word may be exchanged; adverbs have too many that say the same."""
    return word.isalpha() and word.islower() and len(word) >= _SHORTEST and not word.endswith("ly")


def _ending(word: str) -> str:
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "")
