"""Whether an index is whole, and mending what can be mended without losing a document."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.catalog import Catalog
from index.chunking import passage_input
from index.durable import seal_of
from index.engines.local import CATALOG, LocalEngine
from index.errors import IndexCorrupt, IndexNotFound
from index.lexical import Lexical

_AT_ONCE = 1000
_REPAIR = "dateline index repair"
_RESTORE = "restore a backup, or index the files again into a new folder with `dateline index sync`"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, where, and what mends it."""

    where: str
    what: str
    cure: str


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with an index; changes nothing. Raises IndexNotFound, and IndexMismatch."""
    if not (folder / CATALOG).is_file():
        raise IndexNotFound(f"no index at {folder}: make one with `dateline index add PATH --index {folder}`")
    try:
        catalog = Catalog(folder / CATALOG)
    except IndexCorrupt as error:
        return [Problem(CATALOG, str(error), _RESTORE)]
    try:
        problems = [Problem(CATALOG, fault, _RESTORE) for fault in catalog.faults()]
        if not problems:
            problems += [Problem(CATALOG, fault, _RESTORE) for fault in _texts(catalog)]
        return [*problems, *_derived(folder, catalog)]
    except IndexCorrupt as error:
        return [Problem(CATALOG, str(error), _RESTORE)]
    finally:
        catalog.close()


def repair(folder: Path) -> list[str]:
    """Make what is derived anew and drop what belongs to nothing; gives what was done, a line each.

    No readable document is lost. Raises IndexNotFound, IndexCorrupt where the catalog cannot be read, IndexLocked.
    """
    if not (folder / CATALOG).is_file():
        raise IndexNotFound(f"no index at {folder}: make one with `dateline index add PATH --index {folder}`")
    done = []
    catalog = Catalog(folder / CATALOG)
    try:
        broken = {problem.where for problem in _derived(folder, catalog)}
        dropped = catalog.drop_orphans()
    finally:
        catalog.close()
    if dropped:
        done.append(f"dropped {dropped} rows that belonged to nothing")
    for name in sorted(broken):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        done.append(f"made {name} anew from the catalog")
    LocalEngine(folder).close()
    for left in folder.glob(".vectors.*"):
        left.unlink(missing_ok=True)
        done.append(f"removed the unfinished file {left.name}")
    return done


def _texts(catalog: Catalog) -> Iterator[str]:
    """Documents whose content no longer has the hash in their id, and passages that no longer have theirs."""
    for document, stored in catalog.identities():
        if document.id != stored:
            yield f"document {stored} is altered: its content has the id {document.id}"
    numbers = catalog.numbers_since(-1)
    for start in range(0, len(numbers), _AT_ONCE):
        portion = numbers[start : start + _AT_ONCE]
        hashes = catalog.input_hashes(portion)
        for number, (document, passage) in catalog.passages(portion).items():
            if hashlib.sha256(passage_input(document, passage).encode()).digest() != hashes[number]:
                yield f"passage {passage.id} is altered: its text has another hash than the one embedded"


def _derived(folder: Path, catalog: Catalog) -> Iterator[Problem]:
    generation = catalog.generation()
    passages = catalog.tally().passages
    names = sorted({"lexical", *(file.name for file in folder.glob("vectors.*"))} | set(catalog.sealed()))
    for name in names:
        seal = catalog.seal(name)
        if seal is None:
            yield Problem(name, "was never sealed", _REPAIR)
        elif seal_of(folder / name) != seal[1]:
            yield Problem(name, "is missing or altered", _REPAIR)
        elif seal[0] != generation:
            yield Problem(name, f"is of generation {seal[0]}, the catalog of {generation}", _REPAIR)
        elif name == "lexical" and len(Lexical(folder / name)) != passages:
            yield Problem(name, f"holds {len(Lexical(folder / name))} passages, the catalog {passages}", _REPAIR)
