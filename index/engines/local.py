"""One folder on one machine: the catalog in SQLite, and FAISS and Tantivy derived from it.

A commit first changes the catalog, in one transaction, then the derived files, each of which is sealed in the catalog
with its generation and SHA-256. The words' files change with every commit. The file of vectors stays as it is, as to
write it would take longer than all the rest: what came since is a tail, searched exactly, and what went is left out of
what the file gives. Both are read from the catalog, where every row has a sum and its generation, when the index is
opened, and are carried on from commit to commit; the file is written anew once as many vectors as a hundredth of its
own have come or gone, and by `compact`.

Searchers keep a snapshot of one generation until the next is whole. Whoever opens the folder after a crash finds seals
that lag behind and replays the passages that came and went since; a derived file that is missing or does not match its
seal is made anew from the catalog.

Who may read the folder but not write to it searches it all the same: what lags behind is then made up for in memory and
in a temporary folder.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.atomic_files import (
    Digests,
    Stamp,
    drop,
    exclusive,
    is_of_the_disk,
    put_in_place,
    require_room,
    seal_of,
    stamp_of,
    unfinished,
    unwritable_by,
    write_atomically,
)
from index.catalog.access import CATALOG, is_writable, read_only, require_index
from index.catalog.catalog import Catalog, corrupt
from index.catalog.change_set import ChangeSet
from index.chunking import passage_input
from index.documents import Filters
from index.engines.base import Candidates, Fuse
from index.errors import IndexCorrupt, IndexExists, IndexStateError, IndexUnwritable
from index.fusion import Ranking
from index.lexical import Lexical, LexicalEntry
from index.plugins import resolve
from index.vectors import VECTOR_INDEXES
from index.vectors.base import Ids, Similarities, VectorIndex
from index.vectors.exact import ExactVectors

TAIL_SHARE = 0.01
LEAST_TAIL = 256
"""The file is written anew when more vectors than both this number and that share of its own have come or gone."""

_AT_ONCE = 50_000


class TailedVectors:
    """The vectors of `base` but for those that are `gone`, and those of a `tail`. Searched, never changed."""

    def __init__(self, base: VectorIndex, tail: ExactVectors, gone: Ids) -> None:
        """`gone` are ids that the base holds, those of the `tail` are none of its others."""
        self._base = base
        self._tail = tail
        self._gone = gone
        self._held = len(base)
        self.lag = len(gone) + len(tail)
        """How many vectors have come and gone since the base."""

    @classmethod
    def of(cls, base: VectorIndex, dimension: int) -> Self:
        """All of an index, with nothing in its tail."""
        return cls(base, ExactVectors(dimension), np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return self._held - len(self._gone) + len(self._tail)

    def changed(self, removed: Ids, added: Ids, vectors: Similarities) -> Self:
        """Another one, over the same base, without the ids `removed`, which this holds, and with vectors added."""
        tail = self._tail.copy()
        tail.remove(removed)
        tail.add(added, vectors)
        of_the_base = removed[~np.isin(removed, self._tail.ids)]
        return type(self)(self._base, tail, np.concatenate([self._gone, of_the_base]))

    def search(self, vector: Similarities, k: int, allowed: Ids | None = None) -> tuple[Ids, Similarities]:
        """As `VectorIndex.search`."""
        if not self.lag:
            return self._base.search(vector, k, allowed)
        if not self._held:
            return self._tail.search(vector, k, allowed)
        parts = [
            self._base.search(vector, k, excluded=self._gone)
            if allowed is None
            else self._base.search(vector, k, allowed[~np.isin(allowed, np.concatenate([self._gone, self._tail.ids]))]),
            self._tail.search(vector, k, allowed),
        ]
        ids, similarities = (np.concatenate(found) for found in zip(*parts, strict=True))
        order = np.lexsort((ids, -similarities))[: max(k, 0)]
        return ids[order], similarities[order]


@dataclass(frozen=True)
class _Held:
    """The file of a seal, and what differs from it at a generation."""

    seal: tuple[int, str] | None
    generation: int
    vectors: TailedVectors


class VectorFile:
    """Gives the vectors of any generation since the file's, each a snapshot over the same file."""

    def __init__(self, path: Path, kind: type[VectorIndex], dimension: int) -> None:
        self.path = path
        self._kind = kind
        self._dimension = dimension
        self._held: _Held | None = None

    def read(self, catalog: Catalog, base: int) -> TailedVectors:
        """The vectors of the catalog's generation, from the file, which is whole and of the generation `base`."""
        held, seal, generation = self._held, catalog.seal(self.path.name), catalog.generation()
        if held is None or held.seal != seal or held.generation > generation:
            held = _Held(seal, base, TailedVectors.of(self._kind.open(self.path), self._dimension))
        vectors = held.vectors
        removed, added = catalog.removed_since(held.generation), catalog.numbers_since(held.generation)
        if removed or added:
            vectors = vectors.changed(_ids(removed), _ids(added), catalog.vectors(added, self._dimension))
        self._held = _Held(seal, generation, vectors)
        return vectors

    def lags(self, catalog: Catalog, base: int) -> bool:
        """Whether so much has come and gone since the file's generation that it is to be written anew."""
        changed = len(catalog.numbers_since(base)) + len(catalog.removed_since(base))
        return is_due(changed, catalog.passage_count() - changed)

    def make(self, catalog: Catalog, base: int, into: Catalog | None) -> TailedVectors:
        """All vectors of the catalog's generation as one index, from the file of generation `base`, or -1 for none.

        They are written into the file, whose seal goes to `into`, the same catalog opened to be written to; with None
        they stay in memory. Raises IndexUnwritable.
        """
        # What is read here will be sealed as what was stored: it must be whole now, not only when it was opened.
        if base != -1 and (base, seal_of(self.path)) != catalog.seal(self.path.name):
            catalog.require_unaltered_content()
            base = -1
        vectors = self._kind(self._dimension) if base == -1 else self._kind.open(self.path)
        vectors.remove(_ids(catalog.removed_since(base)))
        added = catalog.numbers_since(base)
        # A million vectors at once would take several times their own size.
        for start in range(0, len(added), _AT_ONCE):
            portion = added[start : start + _AT_ONCE]
            vectors.add(_ids(portion), catalog.vectors(portion, self._dimension))
        if into is None:
            return TailedVectors.of(vectors, self._dimension)
        write_atomically(self.path, vectors.to_bytes())
        seal = (catalog.generation(), seal_of(self.path))
        into.set_seal(self.path.name, *seal)
        # Opened again, what can be read where it lies takes no memory.
        self._held = _Held(seal, seal[0], TailedVectors.of(self._kind.open(self.path), self._dimension))
        return self._held.vectors


def is_due(changed: int, held: int) -> bool:
    """Whether a file of about `held` vectors is to be written anew for so many that have come and gone."""
    return changed > max(LEAST_TAIL, TAIL_SHARE * held)


def _ids(numbers: Sequence[int]) -> Ids:
    return np.array(numbers, dtype=np.int64)


__all__ = ["CATALOG", "LOCK", "LocalEngine", "write_lock"]

log = logging.getLogger(__name__)

LOCK = "writer.lock"
LOCK_WAIT_SECONDS = 30.0
_VECTORS = "faiss"
_EMPTY_BYTES = 200_000
_LOCK_BYTES = 4096


@dataclass(frozen=True)
class _Snapshot:
    """A view of the catalog and both derived indexes, all at one generation."""

    generation: int
    catalog: Catalog
    vectors: TailedVectors
    lexical: Lexical


class LocalEngine:
    """See the module."""

    def __init__(self, folder: Path, *, create: Mapping[str, str] | None = None, locked: bool = False) -> None:
        """Open the folder, or make it with the facts that the catalog keeps; `locked` if the caller has `write_lock`.

        Raises IndexNotFound where there is nothing to open, IndexExists where an index is to be made and there is one,
        IndexStateError where something else is in the way.
        """
        self._folder = folder
        self._lexical_folder = folder / "lexical"
        kind: type[VectorIndex] = resolve(VECTOR_INDEXES, _VECTORS, what="vector index")
        if create is None:
            require_index(folder)
        else:
            _make(folder, create)
        self._identity = _identity(folder)
        self.catalog = Catalog(folder / CATALOG)
        self._vectors = VectorFile(folder / f"vectors.{_VECTORS}", kind, int(self.catalog.meta()["dimension"]))
        self._digests = Digests()
        # Held while a search runs and while one snapshot takes the place of another, never while one is made.
        self._searching = threading.RLock()
        try:
            self._snapshot = self._open(locked)
        except BaseException:
            self.catalog.close()
            raise

    def close(self) -> None:
        """Close both views of the catalog; the rest of the snapshot lives in memory."""
        with self._searching:
            self._snapshot.catalog.close()
            self.catalog.close()

    def is_current(self) -> bool:
        """By the catalog's inode, which no other file can have while this one is open."""
        return _identity(self._folder) == self._identity

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder's writer lock. Raises IndexStateError where the folder may only be read."""
        if not self.catalog.writable:
            raise read_only(self._folder)
        with write_lock(self._folder):
            yield

    def commit(self, change: ChangeSet) -> None:
        """Catalog first, then what is derived from it."""
        # So much is certain: the catalog grows, and a file that is written anew stands beside the old one, as large.
        added, now = sum(len(passages) for _, passages in change.added), self._snapshot.vectors
        anew = not change.removed and self._vectors.path.exists() and is_due(now.lag + added, len(now))
        require_room(self._folder / CATALOG, change.size // 2 + (self._vectors.path.stat().st_size if anew else 0))
        generation = self.catalog.commit(change)
        try:
            self._take(self._catch_up())
        except IndexUnwritable as error:
            raise IndexUnwritable(
                error.what,
                f"the change itself is stored, as generation {generation}, so do not repeat it; make room or check the "
                "disk, and open the index again, which completes it",
            ) from error

    def back_up(self, folder: Path) -> None:
        """The catalog alone: what is derived from it is made anew where the copy is opened."""
        self.catalog.back_up(folder / CATALOG)

    def compact(self) -> int:
        """Fold the tail in and compact the catalog, whose space this engine's own view of it would keep while open."""
        with self._searching:
            # What went is needed for as long as a file still has it.
            self._take(self._catch_up(fold=True))
            dropped = self.catalog.compact()
            self._snapshot.catalog.close()
            try:
                self.catalog.fold()
            finally:
                self._snapshot = self._catch_up()
        return dropped

    def candidates(
        self, vector: NDArray[np.float32], text: str, depth: int, filters: Filters, fuse: Fuse, read: int
    ) -> Candidates:
        """Search both indexes of one snapshot and read the chosen passages."""
        with self._searching:
            self._refresh()
            now = self._snapshot
            allowed = self._allowed(filters) if filters else None
            ids, similarities = now.vectors.search(vector, depth, allowed)
            dense: Ranking = list(zip(ids.tolist(), similarities.tolist(), strict=True))
            lexical = now.lexical.search(text, depth, filters)
            chosen = fuse((dense, lexical))[:read]
            passages = now.catalog.passages(sorted(number for number, _ in chosen))
            if lost := {number for number, _ in chosen} - passages.keys():
                raise corrupt(now.catalog.path, f"it lacks passage {min(lost)}, which was found")
            clusters = now.catalog.clusters_of(sorted({document.id for document, _ in passages.values()}))
        return Candidates(dense, lexical, chosen, passages, clusters)

    def _allowed(self, filters: Filters) -> NDArray[np.int64]:
        """Numbers of the passages that may be found; both sources must know of equally many. Raises IndexCorrupt."""
        now = self._snapshot
        allowed = now.catalog.allowed(filters)
        if len(allowed) != (count := now.lexical.count(filters)):
            raise corrupt(
                now.catalog.path, f"its filters allow {len(allowed)} passages, and those of the words {count}"
            )
        return allowed

    def terms(self, text: str) -> list[str]:
        """Analysed by the lexical index."""
        return self._snapshot.lexical.terms(text)

    def idf(self, term: str) -> float:
        """Counted by the lexical index."""
        return self._snapshot.lexical.idf(term)

    # Keeping up with the catalog

    def _open(self, locked: bool) -> _Snapshot:
        if not self.catalog.writable:
            ready = self._load()
            if not ready:
                log.warning(
                    "%s lags behind its catalog and may not be written; a copy is brought up to date", self._folder
                )
            return ready or self._catch_up(store=False)
        try:
            ready = self._load()
            if ready:
                return ready
            # A process cannot take the lock a second time.
            with nullcontext() if locked else self.writing():
                return self._catch_up()
        except IndexUnwritable as error:
            log.warning("%s; until then a copy is brought up to date each time the index is opened", error)
            return self._catch_up(store=False)

    def _load(self) -> _Snapshot | None:
        """The catalog's generation as it lies on the disk, or nothing where a derived file is behind or damaged."""
        stamps = self._stamps()
        catalog = self.catalog.pinned()
        try:
            generation = catalog.generation()
            of_vectors, of_words = (self._base(path, catalog) for path in (self._vectors.path, self._lexical_folder))
            if of_words == generation and of_vectors != -1 and not self._vectors.lags(catalog, of_vectors):
                vectors = self._vectors.read(catalog, of_vectors)
                lexical, base = self._lexical(generation, catalog, catalog.writable)
                made = _Snapshot(generation, catalog, vectors, lexical)
                # Files may have been replaced between the look at their seals and their opening.
                if base == generation and self._stamps() == stamps:
                    return self._checked(made)
        except (ValueError, FileNotFoundError) as error:
            log.info("%s is being written: %s", self._folder, error)
        except BaseException:
            catalog.close()
            raise
        catalog.close()
        return None

    def _stamps(self) -> list[Stamp | None]:
        """What differs once a derived file is another: both are replaced whole, Tantivy's by its `meta.json`."""
        return [stamp_of(self._vectors.path), stamp_of(self._lexical_folder / "meta.json")]

    def _base(self, path: Path, catalog: Catalog) -> int:
        """The generation of a derived file if its bytes are what was sealed, else -1."""
        seal = catalog.seal(path.name)
        if seal is None:
            return -1
        try:
            if seal_of(path, self._digests) == seal[1]:
                return seal[0]
            log.warning("%s is missing or altered; it is made anew from the catalog", path)
        except PermissionError as error:
            log.warning("%s may not be read; it is made anew from the catalog", error.filename)
        return -1

    def _refresh(self) -> None:
        """Take up what another process has committed, once all of it is there."""
        # The words are the last to be written, and at every commit.
        seal = self.catalog.seal(self._lexical_folder.name)
        if seal and seal[0] > self._snapshot.generation:
            fresh = self._load()
            if fresh:
                self._take(fresh)

    def _take(self, fresh: _Snapshot) -> None:
        with self._searching:
            old, self._snapshot = self._snapshot, fresh
            old.catalog.close()

    def _catch_up(self, *, store: bool = True, fold: bool = False) -> _Snapshot:
        """Bring what is derived to the catalog's generation and seal it; call inside `writing`.

        With `store` false the files stay as they are, and the snapshot has copies of its own; with `fold` the file of
        vectors is written anew where it has a tail, however small.
        """
        if store:
            for left in unfinished(self._folder):
                drop(left)
        catalog = self.catalog.pinned()
        try:
            generation = catalog.generation()
            of_vectors, of_words = (self._base(path, catalog) for path in (self._vectors.path, self._lexical_folder))
            if -1 in (of_vectors, of_words):
                catalog.require_unaltered_content()
            fold = fold and of_vectors < generation
            if of_vectors != -1 and not (store and (fold or self._vectors.lags(catalog, of_vectors))):
                vectors = self._vectors.read(catalog, of_vectors)
            else:
                vectors = self._vectors.make(catalog, of_vectors, self.catalog if store else None)
            lexical = self._catch_up_lexical(generation, of_words, catalog, store)
            return self._checked(_Snapshot(generation, catalog, vectors, lexical))
        except BaseException:
            catalog.close()
            raise

    def _catch_up_lexical(self, generation: int, base: int, catalog: Catalog, store: bool) -> Lexical:
        lexical, base = self._lexical(base, catalog, store)
        if base < generation:
            numbers = catalog.numbers_since(base)
            portions = (catalog.passages(numbers[start : start + 1000]) for start in range(0, len(numbers), 1000))
            entries = (
                LexicalEntry(number, passage_input(document, passage), document)
                for portion in portions
                for number, (document, passage) in sorted(portion.items())
            )
            lexical.write(entries, catalog.removed_since(base))
            lexical.refresh()
            if store:
                self.catalog.set_seal(
                    self._lexical_folder.name, generation, seal_of(self._lexical_folder, self._digests)
                )
        return lexical

    def _lexical(self, base: int, catalog: Catalog, store: bool) -> tuple[Lexical, int]:
        """The lexical index and its generation: an empty one where `base` is -1, a copy where not to `store`."""
        if store:
            if base == -1:
                shutil.rmtree(self._lexical_folder, ignore_errors=True)
            return Lexical(self._lexical_folder), base
        if base >= 0:
            copy = Lexical.copied(self._lexical_folder)
            # Another user may have written while it was copied.
            if (base, seal_of(copy.folder)) == catalog.seal(self._lexical_folder.name):
                return copy, base
        return Lexical.copied(None), -1

    def _checked(self, made: _Snapshot) -> _Snapshot:
        """The snapshot. Raises IndexCorrupt where its parts are not of one generation, as in a careless copy."""
        if not len(made.vectors) == len(made.lexical) == made.catalog.passage_count():
            raise IndexCorrupt(
                f"{self._folder} holds {made.catalog.passage_count()} passages, {len(made.vectors)} vectors and "
                f"{len(made.lexical)} entries of words, as a copy does that was made while another process wrote: run "
                "`dateline index check`, which names what mends it, and copy with `dateline index backup`"
            )
        return made


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Hold the writer lock of a folder. Raises IndexLocked after a wait, IndexStateError where it cannot be taken."""
    lock = folder / LOCK
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(lock, wait=LOCK_WAIT_SECONDS))
        except OSError as error:
            if is_of_the_disk(error):
                raise unwritable_by(lock, error, _LOCK_BYTES) from error
            raise IndexStateError(
                f"{lock} cannot be written: {error.strerror}; without it writers cannot wait for each other"
            ) from error
        yield


def _identity(folder: Path) -> tuple[int, int]:
    """What tells one catalog from another in its place. Raises IndexNotFound."""
    try:
        status = (folder / CATALOG).stat()
    except OSError:
        require_index(folder)
        raise
    return status.st_dev, status.st_ino


def _make(folder: Path, facts: Mapping[str, str]) -> None:
    """An empty catalog in a new or empty folder."""
    _make_folder(folder)
    with write_lock(folder):
        # Another process may have made an index here since the folder was looked at.
        _require_no_index(folder)
        for left in unfinished(folder):
            drop(left)
        # A catalog gets its name when it is whole, so that nobody finds half of one.
        with (
            put_in_place(folder / CATALOG, _EMPTY_BYTES) as temporary,
            closing(Catalog(temporary, create=facts)) as catalog,
        ):
            catalog.into_one_file()


def _require_no_index(folder: Path) -> None:
    if (folder / CATALOG).exists():
        raise IndexExists(f"{folder} holds an index already: open it, or name a new or empty folder")


def _make_folder(folder: Path) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise IndexStateError(f"{folder} is a file; name a folder for the index")
        # The process number would be written into whatever file a link in the lock's place leads to.
        if folder.is_dir() and {file for file in folder.iterdir() if file.name != LOCK or file.is_symlink()} - set(
            unfinished(folder)
        ):
            _require_no_index(folder)
            raise IndexStateError(f"{folder} is not empty and holds no index; name a new or empty folder")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_of_the_disk(error):
            raise unwritable_by(folder, error, _EMPTY_BYTES) from error
        raise IndexStateError(f"cannot make the folder {folder}: {error.strerror}; name another one") from error
    if not is_writable(folder / CATALOG):
        raise IndexStateError(f"the folder {folder} may not be written to by this user; name another one")
