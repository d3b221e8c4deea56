"""Eight readers ask without a pause while a writer commits twenty generations."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from faults import EMBEDDER, FULL

from index.catalog.catalog import Catalog
from index.documents import Document
from index.lexical import Lexical
from index.maintenance.integrity import check
from index.search import Index
from index.vectors.faiss import FaissVectors

ROOT = Path(__file__).parent.parent
READERS = 8
GENERATIONS = 20
OF_A_GENERATION = 6
FILES_OF_A_SNAPSHOT = 10
"""The catalog, its log and its shared memory, the vectors, and the six of Tantivy's files that hold a segment."""

QUESTION = "report of the watch at the lighthouse"

# Parts of several generations, and copies of one text, would show in one answer. After the last generation a reader has
# to have seen it.
READ = """
import json, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/support"]
from test_readers_and_a_writer import seen_in
from faults import EMBEDDER
from index.search import Index

with Index.open(Path(sys.argv[1]), EMBEDDER) as index:
    print("open", flush=True)
    seen = []
    while not seen or seen[-1] < int(sys.argv[3]):
        seen.append(seen_in(index))
    print(json.dumps(seen))
"""


def generation(number: int) -> list[Document]:
    """Documents that say which generation they belong to; half of them fill the space of several passages."""
    watches = ("dawn", "noon", "dusk", "night", "storm", "fog")
    return [
        Document(
            f"The {watch} report of the watch at the lighthouse, number {number}, tells of {number * 7 + place} ships. "
            + f"Ships of the {watch} carried {watch} cargo to port {number}. " * (40 if place % 2 else 1),
            title=f"{watch} watch", key=f"{number}",
        )
        for place, watch in enumerate(watches)
    ]  # fmt: skip


def seen_in(index: Index) -> int:
    """Which generation an answer is of. Raises AssertionError where it is of several, or of part of one."""
    hits = index.search(QUESTION, 50, copies_apart=True)
    numbers = {hit.document.key for hit in hits}
    assert len(numbers) == 1, numbers
    assert len({hit.document.id for hit in hits}) == OF_A_GENERATION
    return int(numbers.pop())


def written(index: Index, count: int) -> None:
    """Commit generations after the first, each in the place of the one before."""
    for number in range(1, count + 1):
        index.replace([document.id for document in index.documents()], generation(number))


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    with Index.create(path, EMBEDDER) as index:
        index.add_documents(generation(0))
    return path


@pytest.mark.timeout(600)
def test_c8_threads_that_read_see_whole_generations_and_leave_no_memory_behind(first: Path) -> None:
    # A process of its own: memory that other tests' libraries take meanwhile must not count.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests/support"))),
        # With an arena for each thread glibc keeps up to 70 MB of what was freed, as chance has it.
        "MALLOC_ARENA_MAX": "1",
    }
    code = "import sys, pathlib, test_readers_and_a_writer as t; t.read_by_threads(pathlib.Path(sys.argv[1]))"
    run = subprocess.run([sys.executable, "-c", code, str(first)], env=environment, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 0, run.stderr


def read_by_threads(first: Path) -> None:
    """Raises AssertionError where an answer is of several generations, or where something is left behind."""
    with Index.open(first, EMBEDDER) as index:
        _read_while_written(index, GENERATIONS if FULL else 5)
        base, alive = _resident(), _alive()
        for _ in range(5 if FULL else 1):
            _read_while_written(index, GENERATIONS)
        # Nothing of the snapshots in between is left; what allocators hold or not is one writer's 64 MB at most.
        assert _alive() == alive
        assert len(_open_files(first)) <= FILES_OF_A_SNAPSHOT
        assert _resident() - base < 64 * 1024 * 1024
    # The words of the last snapshot are mapped until the index goes.
    del index
    gc.collect()
    assert _open_files(first) == []
    assert check(first) == []


def _read_while_written(index: Index, count: int) -> None:
    errors: list[BaseException] = []
    seen: list[list[int]] = [[] for _ in range(READERS)]
    stop = threading.Event()

    def read(mine: list[int]) -> None:
        try:
            while not stop.is_set():
                mine.append(seen_in(index))
        except BaseException as error:  # noqa: BLE001 - the test's own thread raises it
            errors.append(error)

    index.replace([document.id for document in index.documents()], generation(0))
    threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    try:
        written(index, count)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    for mine in seen:
        assert mine
        assert mine == sorted(mine)
    assert seen_in(index) == count


def _alive() -> Counter[type]:
    """How many parts of snapshots there are."""
    gc.collect()
    # Their types, as some libraries' objects warn when they are asked for their class.
    return Counter(kind for kind in map(type, gc.get_objects()) if kind in (Catalog, Lexical, FaissVectors))


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _open_files(folder: Path) -> list[str]:
    """The files below a folder that this process has open or mapped."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(descriptor.readlink()))
        except FileNotFoundError:  # that of the listing itself
            continue
    maps = [line.split(maxsplit=5)[-1].strip() for line in Path("/proc/self/maps").read_text().splitlines()]
    return sorted(name for name in {*links, *maps} if name.startswith(f"{folder}/"))


@pytest.mark.timeout(600)
def test_c8_processes_that_read_see_whole_generations_to_the_last_one(first: Path) -> None:
    readers = READERS if FULL else 3
    command = [sys.executable, "-c", READ, str(first), str(ROOT / "tests"), str(GENERATIONS)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(readers)
    ]
    try:
        for reader in running:
            assert reader.stdout
            assert reader.stdout.readline() == "open\n", reader.communicate()[1]
        with Index.open(first, EMBEDDER) as index:
            written(index, GENERATIONS)
        for reader in running:
            out, err = reader.communicate(timeout=300)
            assert reader.returncode == 0, err
            seen: Sequence[int] = json.loads(out)
            assert list(seen) == sorted(seen)
            assert seen[-1] == GENERATIONS
    finally:
        for reader in running:
            reader.kill()
            reader.communicate()
    assert check(first) == []
