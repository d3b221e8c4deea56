"""Which files of some folders are new to an index, which have changed, moved or gone: the plan of a sync.

A file whose size and time of change are as they were is not read again. A time of change as recent as the look at it
proves nothing, as the file may have changed again within the clock's tick: such a file is hashed. What cannot be read
now keeps what it gave before.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.catalog.change_set import ChangeSet, FileKey, SyncedFile
from index.catalog.unreadable import Look, below
from index.display import InLines, few, printable
from index.documents import Document
from index.errors import InputError
from index.loaders import DEFAULT_LIMITS, Skipped, discover, load
from index.loaders.files import NO_FILES, READ_ALREADY, read_bytes, shown

RACY_NS = 2_000_000_000
"""The coarsest clock of the usual file systems ticks every two seconds (FAT)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A file that lies elsewhere now, with the same content."""

    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """What a sync would do, by absolute path; `unchanged` counts files, `warnings` says how some were read."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()
    unchanged: int = 0
    unreadable: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    def changes(self) -> Iterator[str]:
        """A line for each file that comes, changes, goes or moves."""
        for word, paths in (("add", self.added), ("change", self.changed), ("remove", self.removed)):
            yield from (f"{word:<7} {printable(path)}" for path in paths)
        yield from (f"move    {printable(move.before)} -> {printable(move.after)}" for move in self.moved)


@dataclass(frozen=True, repr=False)
class SyncReport(InLines):
    """A plan, and what came of it: documents added and removed, passages stored, and the generation that now is."""

    plan: Plan
    documents_added: int
    documents_removed: int
    passages: int
    generation: int

    @property
    def summary(self) -> str:
        """What became of documents and files, in one line."""
        changed = f"{self.documents_added} added, {self.documents_removed} removed"
        return f"documents: {changed}; files unchanged: {self.plan.unchanged}"

    def lines(self) -> list[str]:
        """The counts, which files changed, what was noted, and what could not be read and why."""
        notes = [f"note: {printable(warning)}" for warning in self.plan.warnings]
        skipped = [f"skipped {skipped}" for skipped in self.plan.unreadable]
        counts = f"{self.summary}; generation {self.generation}"
        return [counts, *few([*self.plan.changes()]), *few(notes), *few(skipped)]


@dataclass
class SyncChanges:
    """What a look at the folders found: the plan, and what its application writes."""

    plan: Plan = field(default_factory=Plan)
    documents: dict[str, Document] = field(default_factory=dict)
    files: list[SyncedFile] = field(default_factory=list)
    refreshed: list[SyncedFile] = field(default_factory=list)
    """Files whose content is known, with times of change that are new."""
    forgotten: list[FileKey] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    look: Look = field(default_factory=lambda: Look("", {}))

    def change(self) -> ChangeSet:
        """The commit that applies it, without what the documents add."""
        files = [*self.files, *self.refreshed]
        return ChangeSet(sorted(self.stale), files=files, forgotten=self.forgotten, sources=self.sources)


def plan_sync(
    folders: Sequence[Path],
    recorded: Iterable[SyncedFile],
    *,
    collection: str,
    without: Path,
    allow_empty: bool,
    follow_links: bool = False,
) -> SyncChanges:
    """Compare folders with what is recorded of them. Reads files, changes nothing; for the links see `discover`.

    Raises InputError where a folder is missing, or holds no file while the index remembers some.
    """
    known = {file.key: file for file in recorded}
    state = _FolderWalk(known, collection, follow_links)
    roots = list(_roots(folders))
    for root in roots:
        start = os.fsencode(root).rstrip(b"/") + b"/"
        # What was added on its own lies in no folder.
        own = (key for key in known if key.collection == collection and key.root)
        before = {key: place[len(start) :] for key in own if (place := _place(key)).startswith(start)}
        seen = state.walk(root, without)
        gone = {key for key, path in before.items() if path not in seen and not state.guarded(key)}
        if gone and not seen and not allow_empty:
            raise InputError(
                f"{shown(root)} holds no files, and the index has {len(gone)} from it: check that the disk is there, "
                "or say --allow-empty to remove them"
            )
        state.gone |= gone
        # A folder may have been synced with one that lies below it or around it: the last sync has the file.
        state.found.forgotten += [key for key in before if key.root != os.fsencode(root) and key not in gone]
    return state.finished(roots)


def holders(recorded: Iterable[SyncedFile]) -> dict[str, set[FileKey]]:
    """Which files, or additions on their own, hold each document."""
    held: dict[str, set[FileKey]] = defaultdict(set)
    for file in recorded:
        for document in file.documents:
            held[document].add(file.key)
    return held


def path_of(key: FileKey) -> Path:
    """Where the file lies."""
    return Path(os.fsdecode(key.root)) / os.fsdecode(key.path)


class _FolderWalk:
    """A walk over the folders and what it has found so far."""

    def __init__(self, known: dict[FileKey, SyncedFile], collection: str, follow_links: bool) -> None:
        self.known = known
        self.collection = collection
        self.follow_links = follow_links
        self.found = SyncChanges()
        self.gone: set[FileKey] = set()
        self.unreadable: list[Skipped] = []
        self.fresh: list[tuple[Path, SyncedFile]] = []
        self.unchanged = 0
        self.of_content: dict[str, list[SyncedFile]] = defaultdict(list)
        self.of_path: dict[bytes, SyncedFile] = {}
        for file in known.values():
            if file.key.root and file.key.collection == collection:
                self.of_content[file.sha256].append(file)
                self.of_path[_place(file.key)] = file

    def walk(self, root: Path, without: Path) -> set[bytes]:
        """Look at every file below a folder; gives their relative paths."""
        seen = set()
        for path in discover([root], without=without, follow_links=self.follow_links):
            if isinstance(path, Skipped):
                if path.reason != NO_FILES:
                    self.unreadable.append(path)
                continue
            relative = os.fsencode(path.relative_to(root))
            seen.add(relative)
            try:
                self._look(path, FileKey(os.fsencode(root), self.collection, relative))
            except (InputError, OSError) as error:
                self.unreadable.append(Skipped(shown(path), str(error)))
        return seen

    def guarded(self, key: FileKey) -> bool:
        """Whether the file may be there still, at or below a place that could not be read."""
        path = shown(path_of(key))
        blocked = (skipped.path for skipped in self.unreadable if skipped.reason != READ_ALREADY)
        return any(_lies_below(path, place) for place in blocked)

    def _before(self, key: FileKey) -> SyncedFile | None:
        """What is recorded of the file, below this folder or another."""
        return self.known.get(key) or self.of_path.get(_place(key))

    def _look(self, path: Path, key: FileKey) -> None:
        before = self._before(key)
        recorded_ns = time.time_ns()
        status = path.stat()
        if (
            before
            and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns)
            and before.mtime_ns < before.recorded_ns - RACY_NS
        ):
            self.unchanged += 1
            if before.key != key:
                self.found.files.append(replace(before, key=key))
            return
        digest = hashlib.sha256(read_bytes(path, DEFAULT_LIMITS)).hexdigest()
        file = SyncedFile(key, status.st_size, status.st_mtime_ns, recorded_ns, digest, ())
        if before and before.sha256 == digest:
            self.unchanged += 1
            noted = self.found.refreshed if before.key == key else self.found.files
            noted.append(replace(file, documents=before.documents))
        else:
            self.fresh.append((path, file))

    def finished(self, roots: Sequence[Path]) -> SyncChanges:
        """Tell moves from additions, and load what is new."""
        moves, added, changed = list[Move](), list[str](), list[str]()
        for path, file in self.fresh:
            before = self._before(file.key)
            origin = None if before else self._moved_from(file.sha256)
            if origin:
                moves.append(Move(shown(path_of(origin.key)), shown(path)))
                self.gone.discard(origin.key)
                self.found.forgotten.append(origin.key)
                self.found.files.append(replace(file, documents=origin.documents))
                self.found.sources.update(dict.fromkeys(origin.documents, shown(path.resolve())))
            elif self._load(path, file):
                (changed if before else added).append(shown(path))
        removed = tuple(shown(path_of(key)) for key in sorted(self.gone))
        self.found.forgotten += sorted(self.gone)
        self.found.plan = replace(
            self.found.plan, added=tuple(added), changed=tuple(changed), removed=removed, moved=tuple(moves),
            unchanged=self.unchanged, unreadable=tuple(self.unreadable),
        )  # fmt: skip
        self._find_stale()
        unread = {
            root: [skipped for skipped in self.unreadable if _lies_below(skipped.path, shown(root))] for root in roots
        }
        self.found.look = Look(self.collection, {shown(root): below(root, skipped) for root, skipped in unread.items()})
        return self.found

    def _moved_from(self, digest: str) -> SyncedFile | None:
        """A recorded file of that content that is no longer there, in whichever folder it was."""
        for file in self.of_content[digest]:
            if file.key in self.gone or _is_gone(path_of(file.key)):
                self.of_content[digest].remove(file)
                return file
        return None

    def _load(self, path: Path, file: SyncedFile) -> bool:
        try:
            loaded = load(path.resolve(), collection=self.collection)
        except InputError as error:
            self.unreadable.append(Skipped(shown(path), str(error)))
            return False
        documents = {document.id: document for document in loaded.documents}
        self.found.documents.update(documents)
        self.found.files.append(replace(file, documents=tuple(documents)))
        self.found.plan = replace(self.found.plan, warnings=(*self.found.plan.warnings, *loaded.warnings))
        return True

    def _find_stale(self) -> None:
        """Documents that no file and no addition on its own holds any longer."""
        held = holders(self.known.values())
        after = {file.key: set(file.documents) for file in self.found.files}
        kept = {document for documents in after.values() for document in documents}
        for key in {*self.found.forgotten, *after} & self.known.keys():
            for document in self.known[key].documents:
                held[document].discard(key)
                if not held[document] and document not in kept:
                    self.found.stale.add(document)


def _lies_below(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _place(key: FileKey) -> bytes:
    return key.root.rstrip(b"/") + b"/" + key.path


def _is_gone(path: Path) -> bool:
    """Whether nothing is there; not where that cannot be seen."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _roots(folders: Sequence[Path]) -> Iterator[Path]:
    """The folders by their real paths, each once. Raises InputError for what is no folder."""
    real = list(dict.fromkeys(folder.resolve() for folder in folders))
    for folder in real:
        if not folder.is_dir():
            raise InputError(
                f"{shown(folder)} is no folder: check the path; a single file is added with `dateline index add`"
            )
        if outer := next((other for other in real if other in folder.parents), None):
            raise InputError(f"{shown(folder)} lies below {shown(outer)}, which is synced with it: name one of them")
    yield from real
