"""What an engine is: where an index lives and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.documents import Cluster, Document, Filters, Passage
from index.fusion import Ranking

if TYPE_CHECKING:
    from index.catalog.change_set import ChangeSet, SyncedFile
    from index.catalog.tally import Tally
    from index.catalog.unreadable import Look

Fuse = Callable[[Sequence[Ranking]], Ranking]
"""Makes one ranking of several, best first."""


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


class DocumentStore(Protocol):
    """What an engine keeps, and what it was made with. An id that is not stored is left out of what is given."""

    def meta(self) -> dict[str, str]:
        """The facts the index was made with, and its generation."""

    def generation(self) -> int:
        """How many commits there were."""

    def documents(self, ids: Sequence[str] | None = None) -> Iterator[Document]:
        """The documents of these ids, or all, in the order in which they came."""

    def articles(self) -> list[str]:
        """The ids of the articles, in the order in which they came."""

    def passages_at(self, places: Sequence[tuple[str, int, int]]) -> dict[str, tuple[Document, Passage]]:
        """Passages by their id, from document id, start and end."""

    def clusters_of(self, ids: Sequence[str]) -> dict[str, Cluster]:
        """By id, the cluster of each of the documents that is in one."""

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the document ids that are stored."""

    def ids_from(self, sources: Sequence[str], collection: str) -> set[str]:
        """Ids of the documents that were read from these sources into this collection."""

    def ids_of_keys(self, keys: Sequence[str], collection: str) -> dict[str, str]:
        """Document ids by the identifiers that their source gave them, within a collection."""

    def with_headlines(self, ids: Sequence[str]) -> set[str]:
        """The ids and those of the headlines that belong to them."""

    def last_day(self) -> str | None:
        """The day of the latest document, as in ISO 8601; None where no document has a date."""

    def tally(self) -> Tally:
        """Counts of documents by what is known of them, and of passages."""

    def embedded(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the SHA-256 of passage inputs whose vector is stored."""

    def keep_vectors(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Store vectors ahead of the commit that needs them."""

    def files(self) -> list[SyncedFile]:
        """The files of synced folders, and the documents that were added on their own."""

    def remember(self, files: Sequence[SyncedFile]) -> None:
        """Record files whose documents are stored already, without a commit."""

    def note_unreadable(self, look: Look) -> None:
        """Record which files could not be read, without a commit."""

    def forget_unreadable(self, paths: Sequence[str]) -> int:
        """Forget which files at or below the paths could not be read; gives how many of those listed that were."""

    def inverse(self) -> ChangeSet:
        """The change that takes back the last commit; empty where there is nothing to take back."""


class Engine(Protocol):
    """Stores changes durably and finds candidates by vector and by words, filters applied inside both searches."""

    @property
    def catalog(self) -> DocumentStore:
        """The documents, the passages and the facts the index was made with."""

    def is_current(self) -> bool:
        """Whether what was opened is what lies there now; false once it was deleted and made anew.

        Raises IndexNotFound where nothing lies there.
        """

    def writing(self) -> AbstractContextManager[None]:
        """A block in which nobody else writes. Raises IndexLocked with the holder after a wait."""

    def commit(self, change: ChangeSet) -> None:
        """Apply a change as one generation; searches see all of it or nothing. Call inside `writing`."""

    def back_up(self, folder: Path) -> None:
        """Write a consistent copy into an empty folder, while others may write; it is an index of its own."""

    def compact(self) -> int:
        """Give back the space of what nothing needs; gives how many vectors went. Call inside `writing`."""

    def candidates(
        self, vector: NDArray[np.float32], text: str, depth: int, filters: Filters, fuse: Fuse, read: int
    ) -> Candidates:
        """`depth` passages by vector and `depth` by BM25, and of both rankings fused the first `read`, read."""

    def terms(self, text: str) -> list[str]:
        """The text's words as BM25 knows them."""

    def idf(self, term: str) -> float:
        """How rare a term is, at least 0."""

    def close(self) -> None:
        """Let go of files."""
