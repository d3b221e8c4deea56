"""Measure one index as a whole, from adding to compacting: `python scripts/bench_catalog.py 10000 100000 1000000`.

The texts are invented by seed and made on the way: words drawn by Zipf's law, each document of about ten passages on
terms of its own. The hashing embedder stands for the model, so what is measured is all but the encoder. Every step runs
in a process of its own, whose peak memory it gives. Prints a Markdown table; `--write` names a file for the figures.
Every time stands beside the processor time of it, in all threads: compare that where other work takes the cores too.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from eval.studies.scale import apart, most_resident
from index.atomic_files import folder_bytes
from index.documents import Document, Filters
from index.embedders.hashing import HashingEmbedder
from index.maintenance import backup
from index.maintenance.integrity import check
from index.search import Index
from rag.assemble import build_chain
from rag.config import Settings

SIZES = (10_000, 100_000)

OF_A_COMMIT = 10_000
"""Documents of a commit, about 100,000 passages."""

SYNCED = 1_000
"""Files of the folder that is synced, each about ten passages, besides the documents that are added."""

EDITS, SEARCHES, ASKED = 5, 200, 30

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
_WORDS = 50_000
_OWN_WORDS = 20
"""Words that a document uses often, and few others do."""
_SENTENCES = 24
_FIRST_DAY = date(2020, 1, 1)
_DAYS = 2_000


class Took(NamedTuple):
    """How long something took: seconds by the clock, and seconds of the processor."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.processor:.2f})"


class Archive:
    """Invented documents: the same number gives the same text."""

    def __init__(self) -> None:
        draw = np.random.default_rng(0)
        # As in any language, what is said often is short.
        lengths = 1 + (np.log10(np.arange(1, _WORDS + 1)) / 1.6).astype(int)
        self._words = np.array(["".join(draw.choice(_SYLLABLES, length)) for length in lengths])
        self._sums = np.cumsum(1 / np.arange(1, _WORDS + 1))

    def document(self, number: int) -> Document:
        """One of about ten passages."""
        draw = np.random.default_rng((1, number))
        text = self.text(draw)
        day = _FIRST_DAY + timedelta(days=number % _DAYS)
        return Document(text, title=text[: text.index(".")], outlet=f"Outlet {number % 50}", published=day)

    def text(self, draw: np.random.Generator) -> str:
        """Sentences in paragraphs of four."""
        own = draw.integers(1000, _WORDS, _OWN_WORDS)
        sentences = []
        for length in draw.integers(10, 35, _SENTENCES):
            places = np.searchsorted(self._sums, draw.random(length) * self._sums[-1])
            telling = draw.random(length) < 0.15
            places[telling] = own[draw.integers(0, _OWN_WORDS, telling.sum())]
            sentences.append(" ".join(self._words[places]).capitalize() + ".")
        return "\n\n".join(" ".join(sentences[start : start + 4]) for start in range(0, _SENTENCES, 4))

    def question(self, number: int) -> str:
        """A question after words of a document."""
        draw = np.random.default_rng((2, number))
        telling = self._words[draw.integers(1000, _WORDS, 3)]
        return f"Who said that {' '.join(telling)} {self._words[draw.integers(0, 200)]}?"


def main() -> None:
    """Measure each size in a folder of its own, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="passages")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    figures = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="dateline-catalog-") as place:
            figures.append(measure(size, Path(place)))
        if given.write:
            given.write.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(table(figures))


def measure(size: int, place: Path) -> dict[str, Any]:
    """All steps at one size, each told of as it is done."""
    figures: dict[str, Any] = {"date": date.today().isoformat(), "asked_for": size}
    for step in (add, opening, search, ask, edit, bytes_of_parts, whole, compact):
        figures[step.__name__] = json.loads(apart(_with_memory, step, place, size))
        print(size, step.__name__, json.dumps(figures[step.__name__]), flush=True)
    return figures


def _with_memory(step: Callable[[Path, int], dict[str, Any]], place: Path, size: int) -> str:
    return json.dumps({**step(place, size), "peak_mib": round(most_resident())})


def add(place: Path, size: int) -> dict[str, Any]:
    """Commit upon commit until there are so many passages; the folder that is synced comes first."""
    archive, news = Archive(), place / "news"
    news.mkdir()
    then = time.time() - 3600
    for number in range(min(SYNCED, size // 100)):
        _write(news / f"{number}.txt", archive.text(np.random.default_rng((3, number))), then)
    documents = map(archive.document, range(size))
    with Index.create(place / "index", HashingEmbedder()) as index:
        index.sync([news])
        first = done = index.info().passages
        commits: list[Took] = []
        while done < size:
            portion = list(islice(documents, min(OF_A_COMMIT, 1 + (size - done) // 10)))
            commits.append(_took(lambda portion=portion: index.add_documents(portion)))  # type: ignore[misc]
            done = index.info().passages
            print(f"  {done} passages, {commits[-1]}, {most_resident():.0f} MiB", flush=True)
    clock, processor = (sum(part) for part in zip(*commits, strict=True))
    rates = {"a_second": (done - first) / clock, "a_processor_second": (done - first) / processor}
    return {"passages": done, **rates, "commits": commits}


def opening(place: Path, size: int) -> dict[str, Any]:
    """From nothing to the first hits."""
    question, opened = Archive().question(0), []
    return {
        "opened": _took(lambda: opened.append(_opened(place))),
        "first_search": _took(lambda: opened[0].search(question)),
    }


def search(place: Path, size: int) -> dict[str, Any]:
    """Questions one after the other, unfiltered and of one month in about 65."""
    archive = Archive()
    month = Filters(since=_FIRST_DAY + timedelta(days=300), until=_FIRST_DAY + timedelta(days=330))
    with _opened(place) as index:
        index.search(archive.question(SEARCHES))
        return {
            name: _percentiles(lambda n, f=filters: index.search(archive.question(n), 12, f), SEARCHES)  # type: ignore[misc]
            for name, filters in (("all", None), ("of_a_month", month))
        }


def ask(place: Path, size: int) -> dict[str, Any]:
    """Questions through the whole chain with the packaged reader."""
    archive = Archive()
    with _opened(place) as index:
        chain = build_chain(index, Settings())
        chain.answer(archive.question(ASKED))
        return _percentiles(lambda number: chain.answer(archive.question(number)), ASKED)


def edit(place: Path, size: int) -> dict[str, Any]:
    """One file of the synced folder changes; it is then found."""
    news = place / "news"
    with _opened(place) as index:
        nothing = _took(lambda: index.sync([news]))
        synced, found = [], []
        for number in range(EDITS):
            file = news / f"{number}.txt"
            _write(file, f"{file.read_text('utf-8')}\n\nThe quokka festival opened, said {number}.", time.time())
            synced.append(_took(lambda: index.sync([news])))
            found.append(_took(lambda: index.search("quokka festival", 1)))
            if "quokka" not in index.search("quokka festival", 1)[0].document.text:
                raise SystemExit("the edit is not found")
        return {
            "sync_of_nothing": nothing, "sync": _middle(synced), "found": _middle(found), "undo": _took(index.undo),
        }  # fmt: skip


def bytes_of_parts(place: Path, size: int) -> dict[str, Any]:
    """Bytes a passage, by file and, of the catalog, by table with its indexes."""
    folder = place / "index"
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as catalog:
        passages = catalog.execute("SELECT count(*) FROM passages").fetchone()[0]
        vectors = catalog.execute("SELECT count(*) FROM vectors").fetchone()[0]
        tables = catalog.execute(
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m USING (name) GROUP BY 1 ORDER BY 2"
        ).fetchall()
    files = {
        "catalog": (folder / "catalog.sqlite").stat().st_size, "vectors": (folder / "vectors.faiss").stat().st_size,
        "lexical": folder_bytes(folder / "lexical"),
    }  # fmt: skip
    return {
        "passages": passages,
        "files": {name: round(count / passages, 1) for name, count in files.items()},
        "tables": {name: round(count / passages, 1) for name, count in tables if count > passages},
        "bytes_a_vector": round(dict(tables)["vectors"] / vectors, 1),
    }


def whole(place: Path, size: int) -> dict[str, Any]:
    """The check of all that there is."""
    problems: list[Any] = []
    took = _took(lambda: problems.extend(check(place / "index")))
    return {"took": took, "problems": len(problems)}


def compact(place: Path, size: int) -> dict[str, Any]:
    """Giving back the space of what nothing needs."""
    done: list[backup.Compaction] = []
    with backup.open_for_maintenance(place / "index") as engine:
        took = _took(lambda: done.append(backup.compact(engine, place / "index")))
    return {"took": took, "before": done[0].before_bytes, "after": done[0].after_bytes}


def table(figures: list[dict[str, Any]]) -> str:
    """A row for each thing measured, a column for each size."""
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "passages": lambda f: f"{f['add']['passages']:,}",
        "added a second": lambda f: f"{f['add']['a_second']:,.0f} ({f['add']['a_processor_second']:,.0f})",
        "opened": lambda f: str(Took(*f["opening"]["opened"])),
        "first search": lambda f: str(Took(*f["opening"]["first_search"])),
        "search, p50 / p95": lambda f: _pair(f["search"]["all"]),
        "search of a month": lambda f: _pair(f["search"]["of_a_month"]),
        "question answered": lambda f: _pair(f["ask"]),
        "sync of nothing": lambda f: str(Took(*f["edit"]["sync_of_nothing"])),
        "sync of one edited file": lambda f: str(Took(*f["edit"]["sync"])),
        "undo": lambda f: str(Took(*f["edit"]["undo"])),
        "check": lambda f: str(Took(*f["whole"]["took"])),
        "compact": lambda f: str(Took(*f["compact"]["took"])),
        **{
            f"bytes a passage: {part}": lambda f, part=part: f"{f['bytes_of_parts']['files'][part]:,.0f}"  # type: ignore[misc]
            for part in ("catalog", "vectors", "lexical")
        },
        "bytes a vector in the catalog": lambda f: f"{f['bytes_of_parts']['bytes_a_vector']:,.0f}",
        "most memory, MiB: add, search, edit, check, compact": lambda f: ", ".join(
            f"{f[step]['peak_mib']:,}" for step in ("add", "search", "edit", "whole", "compact")
        ),
    }
    lines = [f"| {name} | {' | '.join(map(shown, figures))} |" for name, shown in rows.items()]
    return "\n".join([lines[0], "|---|" + "---:|" * len(figures), *lines[1:]])


def _pair(took: dict[str, list[float]]) -> str:
    (p50, of_p50), (p95, of_p95) = ((1000 * seconds for seconds in took[name]) for name in ("p50", "p95"))
    return f"{p50:.0f} / {p95:.0f} ms ({of_p50:.0f} / {of_p95:.0f})"


def _opened(place: Path) -> Index:
    return Index.open(place / "index", HashingEmbedder())


def _write(file: Path, text: str, then: float) -> None:
    file.write_text(text, "utf-8")
    os.utime(file, (then, then))


def _percentiles(action: Callable[[int], object], count: int) -> dict[str, Took]:
    times = [_took(lambda n=number: action(n)) for number in range(count)]  # type: ignore[misc]
    return {name: Took(*np.percentile(times, share, axis=0)) for name, share in (("p50", 50), ("p95", 95))}


def _middle(times: list[Took]) -> Took:
    return Took(*map(median, zip(*times, strict=True)))


def _took(action: Callable[[], object]) -> Took:
    clock, processor = time.perf_counter(), time.process_time()
    action()
    return Took(time.perf_counter() - clock, time.process_time() - processor)


if __name__ == "__main__":
    main()
