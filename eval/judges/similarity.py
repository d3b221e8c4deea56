"""Support is closeness of meaning by the packaged encoder: it hardly sees a denial or another number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from index.embedders import open_embedder
from index.embedders.base import Embedder, Vectors
from index.sentences import sentence_spans

LEAST_SIMILARITY = 0.65
"""Cosine from which a passage supports a sentence; chosen as `eval.judges.wording.LEAST_SHARE` was."""

_KEPT = 64
"""Passages whose vectors are kept: several sentences are held against the same passages, one after the other."""


class EmbeddingSimilarity:
    """A sentence is supported where one sentence of the passages lies close to it."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Take an encoder, or the packaged one when it is first needed."""
        self._given = embedder
        self._vectors_of = lru_cache(_KEPT)(self._embed)

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether the highest cosine reaches the threshold."""
        return self.closeness(passages, sentence) >= LEAST_SIMILARITY

    def closeness(self, passages: Sequence[str], sentence: str) -> float:
        """The highest cosine of the sentence with one of theirs, in [-1, 1]; -1 where there is nothing to compare."""
        worded = [passage for passage in passages if sentence_spans(passage)]
        if not worded or not sentence.strip():
            return -1.0
        theirs = np.concatenate([self._vectors_of(passage) for passage in worded])
        (ours,) = self._embedder.embed_passages([self._cut(sentence)])
        return float((theirs @ ours).max())

    def _embed(self, passage: str) -> Vectors:
        """A row for each sentence of the passage."""
        return self._embedder.embed_passages([self._cut(span.of(passage)) for span in sentence_spans(passage)])

    def _cut(self, text: str) -> str:
        """As much of a text, from its beginning, as the encoder reads."""
        while (tokens := self._embedder.count_tokens(text)) > self._embedder.max_tokens:
            text = text[: len(text) * self._embedder.max_tokens // tokens]
        return text

    @cached_property
    def _embedder(self) -> Embedder:
        return self._given or open_embedder()
