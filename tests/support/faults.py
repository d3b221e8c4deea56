"""An archive to be disturbed and damaged: what is done to it, and how one generation is told from another."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from earlier_formats import as_format_2

from index.documents import Document, Filters
from index.embedders.hashing import HashingEmbedder
from index.engines.local import LEAST_TAIL
from index.maintenance import backup
from index.maintenance.integrity import repair
from index.search import Index

FULL = os.environ.get("DATELINE_FAULTS") == "full"
"""Everything, as `make faults` has it; else a sample that follows from the seed."""

SEED = int(os.environ.get("DATELINE_FAULTS_SEED", "0"))

EMBEDDER = HashingEmbedder(64)
PLACES = ("harbour", "school", "bridge", "market", "theatre", "library")
OUTLETS = ("Tidewater Post", "Island Wire", "Coast Herald")
QUESTIONS = (
    ("harbour committee meeting", Filters()),
    ("who repairs the bridge", Filters(outlets=("Island Wire",))),
    ("theatre tickets", Filters(since=date(2025, 3, 5), until=date(2025, 3, 20))),
    ("a storm in the night", Filters()),
)

State = tuple[Any, ...]


def drawn(name: str, among: int, some: int) -> list[int]:
    """All numbers from 1 to `among`, or `some` of them that follow from the seed and the name."""
    if FULL or among <= some:
        return list(range(1, among + 1))
    return sorted(random.Random(f"{SEED} {name}").sample(range(1, among + 1), some))


def report(number: int) -> Document:
    """Every fifth is a copy of the one before, as agencies' reports are."""
    text = number - 1 if number % 5 == 4 else number
    place = PLACES[text % len(PLACES)]
    return Document(
        f"The {place} committee met on day {text} to speak of matter {text}. Repairs of the {place} will take "
        f"{text + 3} weeks and cost {text * 7 + 20} thousand crowns. The council of the {place} will vote in May, and "
        f"the opposition asked for a report on tickets, ferries and the weather of week {text}.",
        title=f"Report {text} from the {place}", outlet=OUTLETS[number % len(OUTLETS)],
        published=date(2025, 3, 1) + timedelta(days=number), key=f"r{number}",
    )  # fmt: skip


def state(path: Path) -> State:
    """What an index holds and answers; the same for the same generation, however it came about."""
    with Index.open(path, EMBEDDER) as index:
        return state_of(index)


def made_anew(path: Path) -> State:
    """The state of the index once its derived files are made anew.

    Tantivy counts words of removed passages until it merges its files, so BM25's scores may differ a little.
    """
    shutil.rmtree(path / "lexical")
    (path / "vectors.faiss").unlink()
    return state(path)


def state_of(index: Index) -> State:
    """The state of an open index."""
    documents = tuple(sorted((document.id, document.source, document.blocks) for document in index.documents()))
    return documents, answers(index)


def answers(index: Index) -> tuple[Any, ...]:
    """Everything about every hit but what the number of a passage decides among equals."""
    return tuple(
        tuple(
            (hit.document, hit.passage, round(hit.score, 5), hit.copies)
            for hit in index.search(question, 5, filters)
        )
        for question, filters in QUESTIONS
    )  # fmt: skip


def make(place: Path) -> Path:
    """A new archive in `place`: an index of three generations, and beside it the folder that it mirrors."""
    news = place / "news"
    news.mkdir(parents=True)
    for name in PLACES[:4]:
        _write(news / f"{name}.txt", f"The {name} was closed on Monday. It opens again in June.")
    path = place / "index"
    with Index.create(path, EMBEDDER) as index:
        index.sync([news])
        index.add_documents([report(number) for number in range(20)])
        index.remove([report(7).id])
    return path


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    then = time.time() - 3600
    os.utime(path, (then, then))


@dataclass(frozen=True)
class Operation:
    """Something done to the archive in a folder, and what has to be there beforehand."""

    name: str
    act: Callable[[Path], None]
    prepare: Callable[[Path], None] = lambda place: None


def _opened(act: Callable[[Index], object]) -> Callable[[Path], None]:
    def acted(place: Path) -> None:
        with Index.open(place / "index", EMBEDDER) as index:
            act(index)

    return acted


def _add(index: Index) -> None:
    index.replace([report(3).id], [Document("A storm sank two boats in the night.", key="storm"), report(41)])


def _alter_news(place: Path) -> None:
    _write(place / "news" / "school.txt", "The school opened on Tuesday after a storm. Nobody was hurt.")
    _write(place / "news" / "mill.txt", "The mill was sold in the night.")
    (place / "news" / "bridge.txt").unlink()
    (place / "news" / "market.txt").rename(place / "news" / "fair.txt")


def _lengthen_the_tail(place: Path) -> None:
    """As far as it may grow before the file of vectors is written anew."""
    with Index.open(place / "index", EMBEDDER) as index:
        held = index.info().passages
        index.add_documents([Document(f"Notice {number} of the pilots.") for number in range(LEAST_TAIL - held)])


def _compact(place: Path) -> None:
    with backup.open_for_maintenance(place / "index") as engine:
        backup.compact(engine, place / "index")


def _leave_vectors(place: Path) -> None:
    with Index.open(place / "index", EMBEDDER) as index:
        index._engine.catalog.keep_vectors({b"left" * 8: EMBEDDER.embed_query("left by an interrupted run")})
        index.add_documents([report(50)])


def _undo(index: Index) -> None:
    index.undo()


def _back_up(place: Path) -> None:
    with backup.open_for_maintenance(place / "index") as engine:
        backup.back_up(engine, place / "copy")


def _damage(place: Path) -> None:
    shutil.rmtree(place / "index" / "lexical")
    (place / "index" / ".vectors.faiss.1").write_bytes(b"half a file")


def _create(place: Path) -> None:
    with Index.create(place / "new", EMBEDDER) as index:
        index.add_documents([report(1)])


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("nothing", lambda place: None),
        Operation("create", _create),
        Operation("add", _opened(_add)),
        Operation("fold", _opened(_add), _lengthen_the_tail),
        Operation("upgrade", _opened(lambda index: None), lambda place: as_format_2(place / "index")),
        Operation("sync", lambda place: _opened(lambda index: index.sync([place / "news"]))(place), _alter_news),
        Operation("remove", _opened(lambda index: index.remove([report(2).id, report(3).id]))),
        Operation("undo", _opened(_undo)),
        Operation("compact", _compact, _leave_vectors),
        Operation("backup", _back_up),
        Operation("repair", lambda place: repair(place / "index") and None, _damage),
    )
}
