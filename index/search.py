"""The index as its users see it: add, remove, search."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from index.card import info_of
from index.catalog.change_set import ChangeSet, NewPassage, added_alone, require_unicode
from index.chunking import chunk, passage_input
from index.documents import EVERYTHING, Document, Filters, Hit, Stage, check_collections
from index.duplicates.copies import Texts, collapse, with_copies
from index.embedders.base import Embedder
from index.engines import ENGINES, open_engine
from index.engines.base import Engine
from index.errors import IndexExists, IndexNotFound, ModelError
from index.fusion import FUSIONS, Ranking
from index.ingest import ingest
from index.loaders import Loaded, Skipped
from index.maintenance.backup import undo
from index.plugins import resolve
from index.reports import AddReport, IndexInfo
from index.sync import SyncReport, plan_sync
from index.tokens import count_tokens

Progress = Callable[[int, int], None]
"""Called with passages embedded so far and passages to embed."""

CHUNKER = "1"
"""Raise whenever the same document would be cut into other passages."""

PASSAGE_TOKENS = 160
"""Budget of a passage; chosen on development halves, see docs/notebook/retrieval.md."""

CANDIDATES = 200
"""How deep both searches go before their rankings are fused, at first: copies that fill them make them go deeper."""

_EMBED_AT_ONCE = 512

_SPARE = 10
"""Passages read beyond those asked for, so that copies that fall away seldom cost a second search."""


class Index:
    """A searchable archive in a folder. Reading is safe from many threads, writing from one process at a time."""

    def __init__(
        self, path: Path, opened: Engine, embedder: Embedder, *, engine: str = "local", fusion: str = "convex"
    ) -> None:
        """Use `open` or `create`."""
        self.path = path
        self._engine = opened
        self._engine_name = engine
        self._opening = threading.Lock()
        self._embedder = embedder
        self._fuse: Callable[[Sequence[Ranking]], list[tuple[int, float]]] = resolve(FUSIONS, fusion, what="fusion")

    @classmethod
    def create(
        cls,
        path: Path,
        embedder: Embedder,
        *,
        engine: str = "local",
        fusion: str = "convex",
        budget: int = PASSAGE_TOKENS,
    ) -> Self:
        """Make an empty index in a new or empty folder; `budget` is the most tokens of a passage.

        Raises IndexExists where there is an index, also one that another process has just made, IndexStateError where
        something else is in the way, UnknownName for an unknown engine or fusion.
        """
        facts = {**_facts(embedder), "budget": str(budget)}
        opened: Engine = resolve(ENGINES, engine, what="engine")(path, create=facts)
        return cls(path, opened, embedder, engine=engine, fusion=fusion)

    @classmethod
    def open(cls, path: Path, embedder: Embedder, *, engine: str = "local", fusion: str = "convex") -> Self:
        """Open the index in a folder.

        Raises IndexNotFound, IndexCorrupt, or IndexMismatch where it was made with another model or chunker.
        """
        return cls(path, open_engine(engine, path, _facts(embedder)), embedder, engine=engine, fusion=fusion)

    @classmethod
    def open_or_create(cls, path: Path, embedder: Embedder, *, engine: str = "local", fusion: str = "convex") -> Self:
        """The index in a folder, made there if need be; of processes that do so at once one makes it, for all."""
        try:
            return cls.open(path, embedder, engine=engine, fusion=fusion)
        except IndexNotFound:
            pass
        try:
            return cls.create(path, embedder, engine=engine, fusion=fusion)
        except IndexExists:
            return cls.open(path, embedder, engine=engine, fusion=fusion)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._engine.close()

    # Changing

    def add(
        self,
        paths: Sequence[Path],
        *,
        pages: Iterable[Loaded | Skipped] = (),
        collection: str = "default",
        follow_links: bool = False,
        progress: Progress | None = None,
    ) -> AddReport:
        """Index files and folders of files, and `pages` that were fetched. What cannot be read is skipped and reported.

        So is a link inside a folder that leads out of it, unless `follow_links`.

        A file or page that is indexed already and has changed replaces what came from it before; an unchanged one costs
        nothing.
        """
        check_collections([collection])
        # `index add .` must not read the index that lies below.
        found, look = ingest(paths, collection=collection, without=self.path, follow_links=follow_links)
        found.take(pages)
        sources = sorted({document.source for document in found.documents})
        stale = partial(self._engine.catalog.ids_from, sources, collection)
        report = self._store(found.documents, stale=stale, progress=progress)
        self._engine.catalog.note_unreadable(look)
        return replace(report, skipped=tuple(found.skipped), warnings=tuple(found.warnings))

    def sync(
        self,
        folders: Sequence[Path],
        *,
        collection: str = "default",
        dry_run: bool = False,
        allow_empty: bool = False,
        follow_links: bool = False,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Make the index hold what the folders hold, in one generation; with `dry_run` only say what that would take.

        Documents that were added on their own, or that another folder holds too, are never removed. Raises InputError
        for what is no folder, and for one that has lost all its files, unless `allow_empty`. A link that leads out of
        its folder is not read unless `follow_links`; what it gave before is kept.
        """
        check_collections([collection])
        catalog = self._engine.catalog
        with nullcontext() if dry_run else self._engine.writing():
            seen = plan_sync(
                folders, catalog.files(), collection=collection, without=self.path, allow_empty=allow_empty,
                follow_links=follow_links,
            )  # fmt: skip
            by_id = {document.id: require_unicode(document) for document in seen.documents.values()}
            known = catalog.known(list(by_id))
            if dry_run:
                return SyncReport(seen.plan, len(by_id) - len(known), len(seen.stale), 0, self.generation())
            done = self._commit(by_id, known, seen.change(), progress)
            catalog.note_unreadable(seen.look)
        return SyncReport(seen.plan, len(done.added), done.replaced, done.passages, self.generation())

    def undo(self) -> int:
        """Return to what was there before the last change, as a new generation, whose number it gives.

        One step is kept: another undo takes the first one back. Raises IndexStateError where there is nothing to undo.
        """
        with self._engine.writing():
            return undo(self._engine)

    def add_documents(self, documents: Iterable[Document], *, progress: Progress | None = None) -> AddReport:
        """Index documents that are at hand already. Raises InputError for text that is not valid Unicode."""
        return self._store(list(documents), progress=progress)

    def replace(self, ids: Sequence[str], documents: Iterable[Document]) -> AddReport:
        """Index documents and remove those with the given ids, in one generation."""
        return self._store(list(documents), stale=lambda: ids)

    def _store(
        self,
        documents: Sequence[Document],
        *,
        stale: Callable[[], Iterable[str]] = tuple,
        progress: Progress | None = None,
    ) -> AddReport:
        """One generation with the documents and without the `stale` ones, which are asked for once nobody else writes.

        Another process may have added some of them, or removed them, until then.
        """
        check_collections({document.collection for document in documents})
        by_id = {require_unicode(document).id: document for document in documents}
        with self._engine.writing():
            known = self._engine.catalog.known(list(by_id))
            own_files = [added_alone(document.id, document.collection) for document in by_id.values()]
            return self._commit(by_id, known, ChangeSet(sorted(set(stale()) - by_id.keys()), files=own_files), progress)

    def _commit(
        self, by_id: Mapping[str, Document], known: Set[str], change: ChangeSet, progress: Progress | None
    ) -> AddReport:
        """One generation, or none where no document and no path changes; call inside `writing`.

        The documents that are not `known` come to what the change adds.
        """
        catalog = self._engine.catalog
        gone = catalog.known(change.removed)
        fresh = [document for id, document in by_id.items() if id not in known]
        added = self._embed(fresh, progress)
        if fresh or gone or change.forgotten or change.sources:
            self._engine.commit(replace(change, removed=sorted(gone), added=added))
        elif change.files:
            catalog.remember(change.files)
        return AddReport(
            added=tuple(document.id for document in fresh),
            unchanged=len(known),
            replaced=len(gone),
            passages=sum(len(passages) for _, passages in added),
        )

    def _embed(
        self, documents: Sequence[Document], progress: Progress | None
    ) -> list[tuple[Document, list[NewPassage]]]:
        """Cut documents into passages and embed and keep those whose text no stored passage has."""
        budget = int(self._engine.catalog.meta()["budget"])

        def fits(text: str) -> bool:
            return self._embedder.count_tokens(text) <= self._embedder.max_tokens

        inputs: dict[bytes, str] = {}
        cut: list[tuple[Document, list[NewPassage]]] = []
        for document in documents:
            passages = []
            for passage in chunk(document, budget=budget, count_tokens=count_tokens, fits=fits):
                text = passage_input(document, passage)
                key = hashlib.sha256(text.encode()).digest()
                inputs[key] = text
                passages.append(NewPassage(passage, key))
            cut.append((document, passages))
        for key in self._engine.catalog.embedded(list(inputs)):
            del inputs[key]
        self._keep_vectors(inputs, progress)
        return cut

    def _keep_vectors(self, inputs: Mapping[bytes, str], progress: Progress | None) -> None:
        """Embed texts and store the vectors portion by portion, so that whoever is interrupted loses only one."""
        # Similar lengths go together, so that little of a batch is padding.
        keys = sorted(inputs, key=lambda key: len(inputs[key]))
        for start in range(0, len(keys), _EMBED_AT_ONCE):
            portion = keys[start : start + _EMBED_AT_ONCE]
            rows = self._embedder.embed_passages([inputs[key] for key in portion])
            if not np.isfinite(rows).all():
                raise ModelError(
                    f"{self._embedder.name} gave a vector that is not finite for a passage: check the model with "
                    "`dateline doctor`"
                )
            self._engine.catalog.keep_vectors(dict(zip(portion, rows, strict=True)))
            if progress:
                progress(start + len(portion), len(keys))

    def remove(self, ids: Sequence[str]) -> int:
        """Remove documents, and with an article its headlines; gives how many went. Unknown ids are ignored."""
        catalog = self._engine.catalog
        with self._engine.writing():
            gone = catalog.known(sorted(catalog.with_headlines(ids)))
            if gone:
                self._engine.commit(ChangeSet(removed=sorted(gone)))
        return len(gone)

    def forget_unreadable(self, paths: Sequence[str]) -> int:
        """Forget that files at or below absolute paths could not be read; gives how many of those listed that were."""
        return self._engine.catalog.forget_unreadable(paths)

    # Asking

    def _current(self) -> Engine:
        """The engine on what lies in the folder now, opened again where the index was deleted and made anew.

        Raises IndexNotFound where there is none, IndexMismatch where the new one was made with another model.
        """
        try:
            if not self._engine.is_current():
                with self._opening:
                    if not self._engine.is_current():
                        opened = open_engine(self._engine_name, self.path, _facts(self._embedder))
                        self._engine, former = opened, self._engine
                        former.close()
        except FileNotFoundError as error:
            raise IndexNotFound(f"the index at {self.path} is being deleted or made anew: try again") from error
        return self._engine

    def search(
        self, query: str, k: int = 10, filters: Filters | None = None, *, copies_apart: bool = False
    ) -> list[Hit]:
        """The k best passages by the fused score of vector and BM25 search, best first; fewer where fewer exist.

        Documents that copy one another are one hit that lists the others, see `index.duplicates.copies`; with
        `copies_apart` each is a hit of its own.
        """
        if k < 1:
            return []
        check_collections(filters.collections if filters else ())
        vector = self._embedder.embed_query(query)
        if not np.isfinite(vector).all():
            raise ModelError(
                f"{self._embedder.name} gave a vector that is not finite for the query: check the model with "
                "`dateline doctor`"
            )
        texts = Texts()
        read, depth = k + max(_SPARE, k // 8), max(CANDIDATES, k)
        while True:
            found = self._current().candidates(vector, query, depth, filters or EVERYTHING, self._fuse, read)
            ranks: dict[int, dict[Stage, int]] = {}
            stages: list[tuple[Stage, Ranking]] = [
                ("dense", found.dense), ("lexical", found.lexical), ("fused", found.chosen),
            ]  # fmt: skip
            for stage, ranking in stages:
                for rank, (number, _) in enumerate(ranking, start=1):
                    ranks.setdefault(number, {})[stage] = rank
            hits = [Hit(*found.passages[number], score, ranks[number]) for number, score in found.chosen]
            if not copies_apart:
                hits = collapse(hits, found.clusters, texts, query)
            used_up = len(found.chosen) < read
            if len(hits) >= k or (used_up and max(len(found.dense), len(found.lexical)) < depth):
                return with_copies(hits[:k], found.clusters, texts)
            # Where copies fell away, further passages take their places; where they fill the rankings, deeper ones.
            depth *= 2 if used_up else 1
            read *= 2

    def hits(self, places: Sequence[tuple[str, int, int]]) -> dict[str, Hit]:
        """Stored passages by their id, from document id, start and end, as hits without score or ranks."""
        catalog = self._current().catalog
        found = catalog.passages_at(places)
        clusters = catalog.clusters_of(sorted({document.id for document, _ in found.values()}))
        hits = with_copies([Hit(document, passage, 0.0) for document, passage in found.values()], clusters, Texts())
        return {hit.passage.id: hit for hit in hits}

    def ids_of_keys(self, keys: Sequence[str], collection: str) -> dict[str, str]:
        """Document ids by the identifiers that their source gave them, within a collection."""
        return self._current().catalog.ids_of_keys(keys, collection)

    def terms(self, text: str) -> list[str]:
        """The text's words as the lexical search knows them: lower-cased, without accents, stemmed."""
        return self._engine.terms(text)

    def idf(self, term: str) -> float:
        """Inverse document frequency of a term over the passages, at least 0."""
        return self._engine.idf(term)

    @property
    def embedder(self) -> Embedder:
        """The encoder the index was made with."""
        return self._embedder

    def documents(self, ids: Sequence[str] | None = None) -> Iterator[Document]:
        """The documents with these ids, or all, in the order in which they came."""
        return self._current().catalog.documents(ids)

    def articles(self) -> list[str]:
        """The ids of the articles, in the order in which they came."""
        return self._current().catalog.articles()

    def last_date(self) -> date | None:
        """The day of the latest document, None where no document has a date."""
        last = self._current().catalog.last_day()
        return date.fromisoformat(last) if last else None

    def generation(self) -> int:
        """How often the index has changed."""
        return self._current().catalog.generation()

    def info(self) -> IndexInfo:
        """Counts, dates and identity."""
        catalog = self._current().catalog
        return info_of(catalog, self.path, catalog.tally())


def _facts(embedder: Embedder) -> dict[str, str]:
    """What must be the same when an index is made and when it is opened."""
    return {"embedder": embedder.name, "dimension": str(embedder.dimension), "chunker": CHUNKER}
