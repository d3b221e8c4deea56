"""Support is closeness of meaning by the packaged encoder: it hardly sees a denial or another number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from index.embedders import open_embedder
from index.embedders.base import Embedder
from index.sentences import sentence_spans

LEAST_SIMILARITY = 0.65
"""Cosine from which a passage supports a sentence; chosen as `eval.judges.overlap.LEAST_SHARE` was."""


class EmbeddingSimilarity:
    """A sentence is supported where one sentence of the passages lies close to it."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Take an encoder, or the packaged one when it is first needed."""
        self._given = embedder

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether the highest cosine reaches the threshold."""
        return self.closeness(passages, sentence) >= LEAST_SIMILARITY

    def closeness(self, passages: Sequence[str], sentence: str) -> float:
        """The highest cosine of the sentence with one of theirs, in [-1, 1]; -1 where there is nothing to compare."""
        theirs = [span.of(passage) for passage in passages for span in sentence_spans(passage)]
        if not theirs or not sentence.strip():
            return -1.0
        asked = self._embedder.embed_query(sentence)
        return max(float(self._embedder.embed_query(text) @ asked) for text in theirs)

    @cached_property
    def _embedder(self) -> Embedder:
        return self._given or open_embedder()
