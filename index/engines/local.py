"""One folder on one machine: the catalog in SQLite, and FAISS and Tantivy derived from it.

A commit first changes the catalog, in one transaction, then the derived files, each of which is sealed in the catalog
with its generation and SHA-256. Searchers keep a snapshot of one generation until both derived files have the next.
Whoever opens the folder after a crash finds seals that lag behind and replays the passages that came and went since;
a derived file that is missing or does not match its seal is made anew from the catalog.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog, Change
from index.chunking import passage_input
from index.documents import Filters
from index.durable import exclusive, seal_of, write_atomically
from index.engines.base import Candidates
from index.errors import IndexNotFound, IndexStateError
from index.fusion import Ranking
from index.lexical import Entry, Lexical
from index.plugins import resolve
from index.vectors import VECTOR_INDEXES
from index.vectors.base import VectorIndex

log = logging.getLogger(__name__)

CATALOG = "catalog.sqlite"
LOCK_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class _Snapshot:
    """Both derived indexes at one generation."""

    generation: int
    vectors: VectorIndex
    lexical: Lexical


class LocalEngine:
    """See the module."""

    def __init__(self, folder: Path, *, create: Mapping[str, str] | None = None, vectors: str = "faiss") -> None:
        """Open the folder, or make it with the facts that the catalog keeps.

        Raises IndexNotFound where there is nothing to open, IndexStateError where something is in the way.
        """
        self._folder = folder
        self._vector_file = folder / f"vectors.{vectors}"
        self._lexical_folder = folder / "lexical"
        self._vector_kind: type[VectorIndex] = resolve(VECTOR_INDEXES, vectors, what="vector index")
        if create is None and not (folder / CATALOG).is_file():
            raise IndexNotFound(f"no index at {folder}: make one with `dateline index add PATH --index {folder}`")
        if create is not None:
            _make_folder(folder)
        self.catalog = Catalog(folder / CATALOG, create=create)
        self._dimension = int(self.catalog.meta()["dimension"])
        self._snapshot = self._open()

    def close(self) -> None:
        """Close the catalog; the snapshot lives in memory and goes with the engine."""
        self.catalog.close()

    def writing(self) -> AbstractContextManager[None]:
        """Hold the folder's writer lock."""
        return exclusive(self._folder / "writer.lock", wait=LOCK_WAIT_SECONDS)

    def commit(self, change: Change) -> None:
        """Catalog first, then what is derived from it."""
        self.catalog.commit(change)
        self._snapshot = self._catch_up()

    def candidates(self, vector: NDArray[np.float32], text: str, k: int, filters: Filters) -> Candidates:
        """Search both indexes of one snapshot and read the passages they found."""
        with self.catalog.lock:
            self._refresh()
            snapshot = self._snapshot
            with self.catalog.reading():
                allowed = self.catalog.allowed(filters) if filters else None
                ids, similarities = snapshot.vectors.search(vector, k, allowed)
                dense: Ranking = list(zip(ids.tolist(), similarities.tolist(), strict=True))
                lexical = snapshot.lexical.search(text, k, filters)
                passages = self.catalog.passages(sorted({number for number, _ in [*dense, *lexical]}))
        return Candidates(_present(dense, passages), _present(lexical, passages), passages)

    def terms(self, text: str) -> list[str]:
        """Analysed by the lexical index."""
        return self._snapshot.lexical.terms(text)

    def idf(self, term: str) -> float:
        """Counted by the lexical index."""
        return self._snapshot.lexical.idf(term)

    # Keeping up with the catalog

    def _open(self) -> _Snapshot:
        if self._sealed_generation() == self.catalog.generation() and self._intact():
            return self._load()
        with self.writing():
            return self._catch_up()

    def _sealed_generation(self) -> int:
        """The generation that both derived files have reached; -1 if one was never made."""
        seals = [self.catalog.seal(path.name) for path in (self._vector_file, self._lexical_folder)]
        return min(-1 if seal is None else seal[0] for seal in seals)

    def _intact(self) -> bool:
        return all(self._base(path) >= 0 for path in (self._vector_file, self._lexical_folder))

    def _base(self, path: Path) -> int:
        """The generation of a derived file if its bytes are what was sealed, else -1."""
        seal = self.catalog.seal(path.name)
        if seal is None:
            return -1
        if seal_of(path) != seal[1]:
            log.warning("%s is missing or altered; it is made anew from the catalog", path)
            return -1
        return seal[0]

    def _load(self) -> _Snapshot:
        vectors = self._vector_kind.from_bytes(self._vector_file.read_bytes())
        return _Snapshot(self.catalog.generation(), vectors, Lexical(self._lexical_folder))

    def _refresh(self) -> None:
        """Take up what another process has committed, once all of it is there."""
        sealed = self._sealed_generation()
        if sealed > self._snapshot.generation and self._intact():
            self._snapshot = self._load()

    def _catch_up(self) -> _Snapshot:
        """Bring both derived files to the catalog's generation and seal them."""
        generation = self.catalog.generation()
        vectors = self._catch_up_vectors(generation)
        lexical = self._catch_up_lexical(generation)
        return _Snapshot(generation, vectors, lexical)

    def _catch_up_vectors(self, generation: int) -> VectorIndex:
        base = self._base(self._vector_file)
        if base == -1:
            vectors = self._vector_kind(self._dimension)
        else:
            vectors = self._vector_kind.from_bytes(self._vector_file.read_bytes())
        if base < generation:
            added = self.catalog.numbers_since(base)
            vectors.remove(np.array(self.catalog.removed_since(base), dtype=np.int64))
            vectors.add(np.array(added, dtype=np.int64), self.catalog.vectors(added, self._dimension))
            write_atomically(self._vector_file, vectors.to_bytes())
            self.catalog.set_seal(self._vector_file.name, generation, seal_of(self._vector_file))
        return vectors

    def _catch_up_lexical(self, generation: int) -> Lexical:
        base = self._base(self._lexical_folder)
        if base == -1:
            shutil.rmtree(self._lexical_folder, ignore_errors=True)
        lexical = Lexical(self._lexical_folder)
        if base < generation:
            lexical.write(self._entries(self.catalog.numbers_since(base)), self.catalog.removed_since(base))
            lexical.refresh()
            self.catalog.set_seal(self._lexical_folder.name, generation, seal_of(self._lexical_folder))
        return lexical

    def _entries(self, numbers: Sequence[int]) -> Iterator[Entry]:
        for start in range(0, len(numbers), 1000):
            for number, (document, passage) in sorted(self.catalog.passages(numbers[start : start + 1000]).items()):
                yield Entry(number, passage_input(document, passage), document)


def _present(ranking: Ranking, passages: Mapping[int, object]) -> Ranking:
    return [pair for pair in ranking if pair[0] in passages]


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise IndexStateError(f"{folder} is a file; name a folder for the index")
    if folder.is_dir() and any(folder.iterdir()):
        raise IndexStateError(f"{folder} is not empty and holds no index; name a new or empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexStateError(f"cannot make the folder {folder}: {error.strerror}; name another one") from error
