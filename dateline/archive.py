"""An archive as a Python user sees it: ask, search, add, sync."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from eval.sample import DOSSIER
from index.cancellation import Cancellation, cancellable
from index.display import few
from index.documents import Document, Filters, Hits
from index.errors import IndexNotFound, IndexStateError
from index.fetching.address import is_address
from index.reports import AddReport, IndexInfo
from index.search import Index, Progress
from index.sync import SyncReport
from rag.answer import Answer
from rag.assemble import build_chain, open_index
from rag.chain import AnswerChain
from rag.config import Settings
from rag.question.question import Asking, Question, Turn

SAMPLE = DOSSIER
"""The folder of the sample dossier that comes with Dateline."""

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""One path, or several."""

T = TypeVar("T")


class Archive:
    """A news archive in a folder. Safe to use from many threads; one process at a time may change it.

    It is closed at the end of a `with` block, by `close`, or when nobody holds it any longer.
    """

    def __init__(self, opened: Index, settings: Settings) -> None:
        """Use `dateline.open`."""
        self.settings = settings
        self._index = opened
        self._close = weakref.finalize(self, opened.close)
        self._chain: AnswerChain | None = None
        self._building = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"dateline.open({str(self._index.path)!r})"

    def _repr_html_(self) -> str:
        return self.info()._repr_html_()

    def close(self) -> None:
        """Let go of the files; after that every other method raises IndexStateError."""
        self._close()

    @property
    def index(self) -> Index:
        """The index behind the archive, for all that this class has no method for."""
        if not self._close.alive:
            raise IndexStateError(f"the archive at {self._index.path} is closed: open it again with dateline.open")
        return self._index

    @property
    def chain(self) -> AnswerChain:
        """What answers the questions; made for the first of them."""
        opened = self.index
        with self._building:
            self._chain = self._chain or build_chain(opened, self.settings)
            return self._chain

    # Asking

    def ask(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """The answer with its sources, or the refusal to give one (`answered` is false then).

        `history` holds the `turn` of earlier answers, the oldest first. `asked_on` is the day from which "yesterday" is
        counted, by default that of the latest document; with `dates=False` the question's dates are left alone; of the
        passages found `most_read` are read, by default all. Raises QuestionError.
        """
        return self.chain.answer(question, history, filters, **asked)

    def stream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Iterator[Answer]:
        """The answer as it grows, a sentence at a time; the last one is complete. As `ask` otherwise."""
        return self.chain.stream(question, history, filters, **asked)

    async def aask(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """As `ask`, in a thread; where the task is cancelled, the work stops at its next step."""
        return await _in_thread(partial(self.ask, question, history, filters, **asked), Cancellation())

    async def astream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> AsyncGenerator[Answer]:
        """As `stream`, in a thread; where the task is cancelled, the work stops at its next step."""
        own = Cancellation()
        growing = await _in_thread(partial(self.stream, question, history, filters, **asked), own)
        while (answer := await _in_thread(partial(next, growing, None), own)) is not None:
            yield answer

    def search(self, query: str, k: int | None = None, filters: Filters | None = None) -> Hits:
        """The `k` best passages, best first, by default as many as are read for an answer; fewer where fewer exist.

        Raises QuestionError for a query without words, or one that is too long.
        """
        return Hits(self.index.search(Question.of(query).text, self.settings.k if k is None else k, filters))

    def info(self) -> IndexInfo:
        """What the archive holds: documents, passages, outlets, dates."""
        return self.index.info()

    # Changing

    def add(
        self,
        paths: Paths,
        *,
        collection: str = "default",
        follow_links: bool = False,
        feed_items: int = 20,
        progress: Progress | None = None,
    ) -> AddReport:
        """Add files, folders of files, and web pages and feeds by their addresses; gives what was added and skipped.

        A file that has changed replaces what came from it before, and an unchanged one costs nothing. A link that leads
        out of its folder is read only with `follow_links`. Of a feed the newest `feed_items` pages are fetched.
        """
        from index.fetching.pages import load_addresses  # whoever asks does not wait for the loaders of pages

        names = [os.fspath(path) for path in _listed(paths)]
        pages = load_addresses(filter(is_address, names), collection=collection, feed_items=feed_items)
        files = [Path(name) for name in names if not is_address(name)]
        return self.index.add(
            files, pages=pages, collection=collection, follow_links=follow_links, progress=progress
        )  # fmt: skip

    def add_documents(self, documents: Iterable[Document], *, progress: Progress | None = None) -> AddReport:
        """Add documents that the program has made; one that is there already costs nothing.

        Raises InputError for text that is not valid Unicode.
        """
        return self.index.add_documents(documents, progress=progress)

    def sync(
        self,
        folders: Paths,
        *,
        collection: str = "default",
        dry_run: bool = False,
        allow_empty: bool = False,
        follow_links: bool = False,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Make the archive hold what the folders hold; with `dry_run` only say what that would take.

        Only what has changed is read. What came from a file that is gone is removed, and documents that were added on
        their own stay. Raises InputError for what is no folder, and for one that has lost all its files, unless
        `allow_empty`.
        """
        return self.index.sync(
            [Path(folder) for folder in _listed(folders)], collection=collection, dry_run=dry_run,
            allow_empty=allow_empty, follow_links=follow_links, progress=progress,
        )  # fmt: skip

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents by their `id`, and with an article its headlines; gives how many went."""
        return self.index.remove([ids] if isinstance(ids, str) else list(ids))


def open(
    path: str | os.PathLike[str] | None = None,
    *,
    add: Paths = (),
    create: bool = False,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Archive:
    """The archive in a folder, by default the one that the settings name: `data/index`.

    With `add` these files, folders and addresses are added first, as `Archive.add` does, and a warning names what was
    skipped. With `add` or `create` the archive is made where there is none. `settings` have the names of
    `rag.config.Settings`, such as `k=20`, and go before those of the environment and of the TOML file `config`.

    Raises IndexNotFound where there is no archive, IndexMismatch where it was made with another model, and ConfigError
    for a setting that is wrong.
    """
    chosen = Settings.load(Path(config) if config else None, **{"index": path, **settings})
    listed = _listed(add)
    try:
        archive = Archive(open_index(chosen, create=create or bool(listed)), chosen)
    except IndexNotFound:
        raise IndexNotFound(
            f'no archive at {chosen.index}: make one with dateline.open({str(chosen.index)!r}, add="FOLDER"), an empty '
            "one with create=True, or check the path"
        ) from None
    if listed and (skipped := archive.add(listed).skipped):
        warnings.warn("not added: " + "; ".join(few([str(one) for one in skipped])), stacklevel=2)
    return archive


def _listed(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


async def _in_thread(work: Callable[[], T], own: Cancellation) -> T:
    def cancellably() -> T:
        with cancellable(own):
            return work()

    try:
        return await asyncio.to_thread(cancellably)
    except asyncio.CancelledError:
        own.cancel()
        raise
