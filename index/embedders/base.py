"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, dimension), each row of Euclidean length 1, so that the inner product is the cosine similarity."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product says how alike the texts are."""

    @property
    def name(self) -> str:
        """Identity of model, weights and runtime; an index refuses vectors of another name."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many of its own tokens the model reads; what lies beyond would be cut silently."""

    def count_tokens(self, text: str) -> int:
        """Length of a text in the model's own tokens, special tokens included."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each passage. A text beyond `max_tokens` is an error of the caller: ValueError."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """One vector of shape (dimension,); a query beyond `max_tokens` is cut at the end."""
