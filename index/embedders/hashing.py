"""A deterministic embedder that knows only which words two texts share: for tests, never for readers."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedders.base import Vectors

_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Feature hashing (Weinberger et al., 2009): each word adds ±1 at the place that its CRC-32 names."""

    def __init__(self, dimension: int = 384, max_tokens: int = 256) -> None:
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.name = f"hashing-{dimension}"

    def count_tokens(self, text: str) -> int:
        """Number of words."""
        return len(_WORD.findall(text))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; a text without words gives the first unit vector."""
        for text in texts:
            if self.count_tokens(text) > self.max_tokens:
                raise ValueError(f"text of {self.count_tokens(text)} tokens exceeds the window of {self.max_tokens}")
        rows = [self.embed_query(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """One unit vector."""
        row = np.zeros(self.dimension, dtype=np.float32)
        for word in _WORD.findall(text.casefold())[: self.max_tokens]:
            code = zlib.crc32(word.encode())
            row[code % self.dimension] += 1.0 if code & 0x80000000 else -1.0
        norm = float(np.linalg.norm(row))
        if norm == 0.0:
            row[0] = norm = 1.0
        return row / np.float32(norm)
