"""Measure what an edit, an opening and a check cost in a large index: `python scripts/bench_sync.py 100000`.

The texts are invented and the hashing embedder stands for the model, so what is measured is all but the encoder.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from index.checking import check
from index.embedders.hashing import HashingEmbedder
from index.search import Index

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
_SENTENCES_OF_A_PASSAGE = 8


def timed(what: str, action: Callable[[], object]) -> None:
    """Run an action and print the seconds it took."""
    start = time.perf_counter()
    action()
    print(f"{what:<44} {time.perf_counter() - start:8.3f} s", flush=True)


def write_archive(folder: Path, passages: int) -> None:
    """Files of ten passages each, in folders of a thousand, last changed an hour ago."""
    made = random.Random(1)  # noqa: S311
    then = time.time() - 3600
    for number in range(passages // 10):
        path = folder / str(number // 1000) / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(_paragraph(made) for _ in range(10)), "utf-8")
        os.utime(path, (then, then))


def _paragraph(made: random.Random) -> str:
    words = ["".join(made.choices(_SYLLABLES, k=3)) for _ in range(_SENTENCES_OF_A_PASSAGE * 6)]
    return " ".join(" ".join(words[n : n + 6]).capitalize() + "." for n in range(0, len(words), 6))


def main(passages: int) -> None:
    """Make an archive, index it, and time what follows."""
    with tempfile.TemporaryDirectory() as place:
        news, path = Path(place, "news"), Path(place, "index")
        write_archive(news, passages)
        with Index.create(path, HashingEmbedder(), budget=120) as index:
            timed("first sync", lambda: index.sync([news]))
            print(f"{index.info().passages} passages, {index.info().size_bytes / 1e6:.0f} MB")
        with Index.open(path, HashingEmbedder()) as index:
            timed("sync of nothing", lambda: index.sync([news]))
            for edit in range(3):
                file = news / "0" / f"{edit}.txt"
                file.write_text(file.read_text("utf-8") + "\n\nThe quokka festival opened.", "utf-8")
                timed("sync of one edited file, then found", lambda: (index.sync([news]), index.search("quokka", 1)))
                timed("add of that file alone", lambda file=file: index.add([file]))  # type: ignore[misc]
            timed("undo", index.undo)
        timed("open", lambda: Index.open(path, HashingEmbedder()).close())
        timed("check", lambda: print(check(path) or "all is well"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
