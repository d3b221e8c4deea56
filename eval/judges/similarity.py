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
        vectors = self._embedder.embed_passages([self._cut(text) for text in (sentence, *theirs)])
        return float((vectors[1:] @ vectors[0]).max())

    def _cut(self, text: str) -> str:
        """As much of a text, from its beginning, as the encoder reads."""
        while (tokens := self._embedder.count_tokens(text)) > self._embedder.max_tokens:
            text = text[: len(text) * self._embedder.max_tokens // tokens]
        return text

    @cached_property
    def _embedder(self) -> Embedder:
        return self._given or open_embedder()
