"""Nothing is lost: every write fails or is the last one, at every place; the disk is full; the process is killed."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faults
import pytest
from disturbance import Disturber, Outcome
from faults import EMBEDDER, FULL, OPERATIONS, SEED, State, drawn, report, state

from index.catalog.change_set import ChangeSet
from index.documents import Document
from index.errors import IndexNotFound, IndexStateError, IndexUnwritable
from index.maintenance import backup
from index.maintenance.integrity import check, repair
from index.search import Index

FAULTS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "SIGKILL": None}


INDEXES = ("index", "copy", "new")
EMPTY: State = ((), ((),) * len(faults.QUESTIONS))


class Place:
    """The archive before an operation, and the states before and after it."""

    def __init__(self, home: Path, name: str, disturbed: Disturber) -> None:
        self.operation = OPERATIONS[name]
        self._work, self._original = home / "work", home / "original"
        faults.make(self._work)
        self.operation.prepare(self._work)
        self._work.rename(self._original)
        before = self.fresh()
        self.old = self._states(before)
        clean = self.fresh()
        self.calls = disturbed(clean, name)
        assert self.calls.error == ""
        self.new = self._states(clean)

    def fresh(self) -> Path:
        """The archive as it is before the operation, always under the same name: a sync records whole paths."""
        if self._work.exists():
            shutil.rmtree(self._work)
        shutil.copytree(self._original, self._work)
        return self._work

    def _states(self, place: Path) -> dict[str, list[State | None]]:
        """What each index of the place may be: as it is, or with its derived files made anew."""
        states: dict[str, list[State | None]] = {}
        for name in INDEXES:
            states[name] = [_state(place / name)]
            if states[name] != [None]:
                states[name].append(faults.made_anew(place / name))
        return states

    def judge(self, place: Path, outcome: Outcome, fault: str) -> None:
        """The old or the new state and nothing else, `check` green, and the error one of ours that names the path."""
        said = f"{self.operation.name}, {fault} at call {len(outcome.calls)}: {outcome.calls[-1:]} {outcome.error}"
        if outcome.error:
            assert outcome.kind == "IndexUnwritable", said
            assert str(place) in outcome.error, said
            assert "MB are free" in outcome.error, said
        for name in INDEXES:
            now = _state(place / name)
            between = [EMPTY] if self.operation.name == "create" else []
            assert now in [*self.old[name], *self.new[name], *between], said
            # Whoever is told of no error relies on it.
            assert outcome.error or outcome.killed or now in self.new[name], said
            assert now is None or check(place / name) == [], said


def _state(path: Path) -> State | None:
    try:
        return state(path)
    except IndexNotFound:
        return None


@pytest.fixture(scope="module")
def disturbed() -> Iterator[Disturber]:
    with Disturber() as disturber:
        if reason := disturber.why_not():
            pytest.skip(reason)
        yield disturber


@pytest.fixture(scope="module", params=[name for name in OPERATIONS if name != "nothing"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, disturbed: Disturber) -> Place:
    return Place(tmp_path_factory.mktemp("faults"), request.param, disturbed)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", FAULTS)
def test_c5_whatever_write_fails_or_is_the_last_the_old_or_the_new_generation_opens(
    place: Place, fault: str, disturbed: Disturber
) -> None:
    count = len(place.calls.calls)
    for nth in drawn(f"{place.operation.name} {fault}", count, 3):
        work = place.fresh()
        outcome = disturbed(work, place.operation.name, nth=nth, fault=FAULTS[fault])
        place.judge(work, outcome, fault)


# Killed at any moment

STEPS = (
    faults.OPERATIONS["add"],
    faults.Operation("sync", faults.OPERATIONS["sync"].act, faults.OPERATIONS["sync"].prepare),
    faults.OPERATIONS["remove"],
    faults.OPERATIONS["compact"],
    faults.OPERATIONS["undo"],
)


TAKE_STEPS = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/support"]
from test_faults import take_steps
from pathlib import Path

print("ready", flush=True)
take_steps(Path(sys.argv[2]))
"""


def take_steps(place: Path) -> None:
    """Take all steps, and tell of each."""
    for step in STEPS:
        if step.name == "sync":
            step.prepare(place)
        step.act(place)
        sys.stdout.write(f"{step.name}\n")
        sys.stdout.flush()


@contextmanager
def stepping(place: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that takes the steps, from when it is ready."""
    tests = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_STEPS, tests, place], stdout=subprocess.PIPE, text=True, cwd=tests.parent,
        env={**os.environ, "PYTHONPATH": str(tests.parent)},
    )  # fmt: skip
    with process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process


def _steps_taken(process: subprocess.Popen[str]) -> int:
    return len(process.communicate()[0].splitlines())


@pytest.mark.timeout(3600)
def test_c4_whoever_is_killed_at_any_moment_leaves_the_old_or_the_new_generation(tmp_path: Path) -> None:
    work, original, recorded = tmp_path / "work", tmp_path / "original", tmp_path / "recorded"
    path = faults.make(work)
    shutil.copytree(work, original)
    states = [_both(path, recorded)]
    for step in STEPS:
        if step.name == "sync":
            step.prepare(work)
        step.act(work)
        states.append(_both(path, recorded))
    _reset(work, original)
    with stepping(work) as process:
        started = time.monotonic()
        assert _steps_taken(process) == len(STEPS)
        seconds = time.monotonic() - started
    draw = random.Random(SEED)
    for _ in range(100 if FULL else 6):
        _reset(work, original)
        moment = draw.uniform(0, seconds)
        with stepping(work) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            taken = _steps_taken(process)
        allowed = [one for both in states[taken : taken + 2] for one in both]
        assert state(path) in allowed, f"killed after {moment:.3f} s, {taken} steps taken"
        assert check(path) == []


def _reset(work: Path, original: Path) -> None:
    shutil.rmtree(work)
    shutil.copytree(original, work)


def _both(path: Path, recorded: Path) -> list[State]:
    """The state of an index, and that of a copy with its derived files made anew."""
    shutil.copytree(path, recorded)
    try:
        return [state(path), faults.made_anew(recorded)]
    finally:
        shutil.rmtree(recorded)


@pytest.mark.parametrize("way", ["repair", "write"])
def test_c4_what_a_killed_writer_left_is_listed_and_cleaned(disturbed: Disturber, tmp_path: Path, way: str) -> None:
    path = faults.make(tmp_path / "work")
    outcome = disturbed(tmp_path / "work", "compact", at="rename index/.vectors.faiss.")
    left = next(path.glob(".vectors.faiss.*"))
    assert outcome.killed
    assert (left.name, "dateline index repair") in {(problem.where, problem.cure) for problem in check(path)}
    if way == "repair":
        assert f"removed the unfinished file {left.name}" in repair(path)
    else:
        with Index.open(path, EMBEDDER) as index:
            index.add_documents([report(60)])
    assert not left.exists()
    assert check(path) == []


def test_c4_a_file_that_is_being_written_is_not_called_left_over(tmp_path: Path) -> None:
    path = faults.make(tmp_path)
    (path / f".vectors.faiss.{os.getpid()}").write_bytes(b"half a file")
    with backup.open_for_maintenance(path) as engine, engine.writing():
        assert check(path) == []
    assert [problem.where for problem in check(path)] == [f".vectors.faiss.{os.getpid()}"]


# A full disk


MANY = 60


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """Nearly all of the disk is taken by another file; `left` bytes are free."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(shutil.disk_usage(disk).free - left, 0)))
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("left", [0, 16_384, 65_536, 131_072, 262_144, 393_216] if FULL else [0, 65_536, 262_144])
def test_c6_on_a_full_disk_the_old_generation_is_served_and_the_error_says_how_much_is_needed(
    disk: Path, left: int
) -> None:
    path = faults.make(disk)
    many = [report(number) for number in range(100, 100 + MANY)]
    with Index.open(path, EMBEDDER) as index:
        old = faults.answers(index)
        with filled(disk, left):
            with pytest.raises(IndexUnwritable, match=r"(?s)/index/.*MB are free") as refused:
                index.add_documents(many)
            assert faults.answers(index) == old
            assert opened_or_refused(path) in (23, 23 + MANY)
        stored = "is stored" in str(refused.value)
    with Index.open(path, EMBEDDER) as index:
        assert len(list(index.documents())) == (23 + MANY if stored else 23)
        assert stored or faults.answers(index) == old
        index.add_documents(many)
        assert len(list(index.documents())) == 23 + MANY
    assert check(path) == []


def opened_or_refused(path: Path) -> int:
    """Documents that whoever opens the index now finds; 23 where it is refused by name."""
    try:
        return len(state(path)[0])
    except IndexStateError as error:
        return 23 if str(path) in str(error) else -1


def test_c6_a_change_that_cannot_fit_is_refused_before_anything_is_written(disk: Path) -> None:
    path = faults.make(disk)
    long = Document("The tide came in at noon and went out at dusk. " * 40_000, key="long")
    with Index.open(path, EMBEDDER) as index, filled(disk, 1_500_000):
        before = sorted((file.name, file.stat().st_size) for file in path.iterdir())
        with pytest.raises(IndexUnwritable, match="no space left"):
            index._engine.commit(index_change(long))
        assert sorted((file.name, file.stat().st_size) for file in path.iterdir()) == before


def index_change(document: Document) -> ChangeSet:
    return ChangeSet(added=[(document, [])])
