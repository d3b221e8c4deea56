"""What an engine is: where an index lives and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.catalog.catalog import Catalog
from index.catalog.change_set import ChangeSet
from index.documents import Cluster, Document, Filters, Hit, Passage, Stage
from index.fusion import Ranking

Choose = Callable[[Ranking, Ranking], Ranking]
"""Takes the dense and the lexical ranking and gives the passages to read, best first."""


@dataclass(frozen=True)
class Candidates:
    """What the two searches found, what was chosen of it, and the chosen passages; all of one generation.

    `clusters` are, by a chosen passage's document, the documents that print its text, itself among them.
    """

    dense: Ranking
    lexical: Ranking
    chosen: Ranking
    passages: Mapping[int, tuple[Document, Passage]]
    clusters: Mapping[str, Cluster] = field(default_factory=dict)

    def hits(self) -> list[Hit]:
        """The chosen passages as hits, best first, with their rank in every stage."""
        ranks: dict[int, dict[Stage, int]] = {}
        stages: list[tuple[Stage, Ranking]] = [("dense", self.dense), ("lexical", self.lexical), ("fused", self.chosen)]
        for stage, ranking in stages:
            for rank, (number, _) in enumerate(ranking, start=1):
                ranks.setdefault(number, {})[stage] = rank
        return [Hit(*self.passages[number], score, ranks[number]) for number, score in self.chosen]


class Engine(Protocol):
    """Stores changes durably and finds candidates by vector and by words, filters applied inside both searches."""

    @property
    def catalog(self) -> Catalog:
        """The documents, the passages and the facts the index was made with."""

    def is_current(self) -> bool:
        """Whether what was opened is what lies there now; false once it was deleted and made anew.

        Raises IndexNotFound where nothing lies there.
        """

    def writing(self) -> AbstractContextManager[None]:
        """A block in which nobody else writes. Raises IndexLocked with the holder after a wait."""

    def commit(self, change: ChangeSet) -> None:
        """Apply a change as one generation; searches see all of it or nothing. Call inside `writing`."""

    def compact(self) -> int:
        """Give back the space of what nothing needs; gives how many vectors went. Call inside `writing`."""

    def candidates(
        self, vector: NDArray[np.float32], text: str, depth: int, filters: Filters, choose: Choose
    ) -> Candidates:
        """`depth` passages by vector and `depth` by BM25, and of those the ones that `choose` takes, read."""

    def terms(self, text: str) -> list[str]:
        """The text's words as BM25 knows them."""

    def idf(self, term: str) -> float:
        """How rare a term is, at least 0."""

    def close(self) -> None:
        """Let go of files."""
