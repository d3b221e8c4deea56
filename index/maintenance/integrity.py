"""Whether an index is whole, and mending what can be mended without losing a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.atomic_files import drop, is_held, seal_of, unfinished
from index.catalog.access import CATALOG, is_writable, read_only, require_index
from index.catalog.catalog import REMADE, Catalog
from index.engines.local import LOCK, LocalEngine, write_lock
from index.errors import IndexCorrupt
from index.lexical import Lexical
from index.plugins import resolve
from index.vectors import VECTOR_INDEXES

_REPAIR = "dateline index repair"
_RIGHTS = "run the check as the owner of the folder"
_RESTORE = "restore a backup, or index the files again into a new folder with `dateline index sync`"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, where, and what mends it."""

    where: str
    what: str
    cure: str


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with an index; changes nothing. Raises IndexNotFound, and IndexMismatch."""
    require_index(folder)
    try:
        catalog = Catalog(folder / CATALOG)
    except IndexCorrupt as error:
        return [Problem(CATALOG, str(error), _RESTORE)]
    try:
        problems = [Problem(CATALOG, fault, _RESTORE) for fault in catalog.faults()]
        for table, what in catalog.altered():
            problems.append(Problem(CATALOG, f"table {table} {what}", _REPAIR if table in REMADE else _RESTORE))
        problems += _settled(folder, catalog)
        # Whoever is writing has such files by right.
        left_over = [] if is_held(folder / LOCK) else unfinished(folder)
        what = "is left over from a write that was interrupted"
        return [*problems, *(Problem(left.name, what, _REPAIR) for left in left_over)]
    except IndexCorrupt as error:
        return [Problem(CATALOG, str(error), _RESTORE)]
    finally:
        catalog.close()


def repair(folder: Path) -> list[str]:
    """Make what is derived anew and drop what belongs to nothing; gives what was done, a line each.

    No readable document is lost. Raises IndexNotFound, IndexCorrupt where the catalog cannot be read, IndexLocked where
    another process is writing and does not finish.
    """
    require_index(folder)
    if not is_writable(folder / CATALOG):
        raise read_only(folder)
    # What a writer has not sealed yet looks altered.
    with write_lock(folder):
        done = list(_mended(folder))
        LocalEngine(folder, locked=True).close()
    return done


def _mended(folder: Path) -> Iterator[str]:
    """Mend the catalog and drop the derived files that are not as it says; call inside `write_lock`."""
    catalog = Catalog(folder / CATALOG)
    try:
        dropped = catalog.drop_orphans()
        altered = {table for table, _ in catalog.altered()}
        if REMADE & altered:
            catalog.make_tables_anew(altered)
        broken = {fault.where for fault in _derived(folder, catalog)}
    finally:
        catalog.close()
    yield from (f"made table {table} anew" for table in sorted(REMADE & altered))
    if dropped:
        yield f"dropped {dropped} rows that belonged to nothing"
    for name in sorted(broken):
        drop(folder / name)
        yield f"made {name} anew from the catalog"
    for left in unfinished(folder):
        drop(left)
        yield f"removed the unfinished file {left.name}"


def _settled(folder: Path, catalog: Catalog) -> list[Problem]:
    """What is wrong with the derived files, but for what a process that is writing has still to do."""
    while True:
        generation, seals = before = _reached(catalog)
        problems = list(_derived(folder, catalog))
        if is_held(folder / LOCK):
            current = {name for name, seal in seals.items() if seal and seal[0] == generation}
            problems = [problem for problem in problems if problem.where in current]
        # Otherwise something was committed or sealed meanwhile, and what was compared did not belong together.
        if _reached(catalog) == before:
            return problems


def _reached(catalog: Catalog) -> tuple[int, dict[str, tuple[int, str] | None]]:
    """The catalog's generation and its seals."""
    return catalog.generation(), {name: catalog.seal(name) for name in catalog.sealed()}


def _derived(folder: Path, catalog: Catalog) -> Iterator[Problem]:
    generation = catalog.generation()
    passages = catalog.tally().passages
    names = sorted({"lexical", *(file.name for file in folder.glob("vectors.*"))} | set(catalog.sealed()))
    for name in names:
        seal = catalog.seal(name)
        try:
            if seal is None:
                yield Problem(name, "was never sealed", _REPAIR)
            elif seal_of(folder / name) != seal[1]:
                yield Problem(name, "is missing or altered", _REPAIR)
            elif seal[0] > generation or (seal[0] < generation and name == "lexical"):
                yield Problem(name, f"is of generation {seal[0]}, the catalog of {generation}", _REPAIR)
            elif (held := _held(folder / name, catalog)) != passages:
                yield Problem(name, f"holds {held} passages, the catalog {passages}", _REPAIR)
        except PermissionError as error:
            yield Problem(name, f"may not be read by this user: {error.filename}", _RIGHTS)


def _held(path: Path, catalog: Catalog) -> int:
    """How many passages a derived file knows, with what came and went since for that of the vectors."""
    if path.name == "lexical":
        return len(Lexical(path) if catalog.writable else Lexical.copied(path))
    base, _ = catalog.seal(path.name) or (-1, "")
    since = len(catalog.numbers_since(base)) - len(catalog.removed_since(base))
    return len(resolve(VECTOR_INDEXES, path.suffix[1:], what="vector index").open(path)) + since
