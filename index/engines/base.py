"""What an engine is: where an index lives and what it can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog, Change
from index.documents import Document, Filters, Passage
from index.fusion import Ranking


@dataclass(frozen=True)
class Candidates:
    """What the two searches found, with the passages themselves, all of one generation."""

    dense: Ranking
    lexical: Ranking
    passages: Mapping[int, tuple[Document, Passage]]


class Engine(Protocol):
    """Stores changes durably and finds candidates by vector and by words, filters applied inside both searches."""

    @property
    def catalog(self) -> Catalog:
        """The documents, the passages and the facts the index was made with."""

    def writing(self) -> AbstractContextManager[None]:
        """A block in which nobody else writes. Raises IndexLocked with the holder after a wait."""

    def commit(self, change: Change) -> None:
        """Apply a change as one generation; searches see all of it or nothing. Call inside `writing`."""

    def candidates(self, vector: NDArray[np.float32], text: str, k: int, filters: Filters) -> Candidates:
        """The k nearest passages by vector and the k best by BM25."""

    def terms(self, text: str) -> list[str]:
        """The text's words as BM25 knows them."""

    def idf(self, term: str) -> float:
        """How rare a term is, at least 0."""

    def close(self) -> None:
        """Let go of files."""
