"""Nothing is lost: every write fails or is the last one, at every place; the disk is full; the process is killed."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import faults
from disturbance import Outcome, disturbed, is_possible
from faults import EMBEDDER, FULL, OPERATIONS, SEED, State, drawn, report, state
from index import keeping
from index.checking import check, repair
from index.documents import Document
from index.errors import IndexNotFound, IndexStateError, IndexUnwritable
from index.search import Index

FAULTS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "SIGKILL": None}


INDEXES = ("index", "copy", "new")
EMPTY: State = ((), ((),) * len(faults.QUESTIONS))


class Place:
    """The archive before an operation, and the states before and after it."""

    def __init__(self, home: Path, name: str) -> None:
        self.operation = OPERATIONS[name]
        self._work, self._original = home / "work", home / "original"
        faults.make(self._work)
        self.operation.prepare(self._work)
        self._work.rename(self._original)
        before = self.fresh()
        self.old = self._states(before)
        clean = self.fresh()
        self.calls = disturbed(clean, lambda: self.operation.act(clean))
        assert self.calls.error == ""
        self.new = self._states(clean)

    def fresh(self) -> Path:
        """The archive as it is before the operation, always under the same name: a sync records whole paths."""
        shutil.rmtree(self._work, ignore_errors=True)
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
def possible() -> None:
    if reason := is_possible():
        pytest.skip(reason)


@pytest.fixture(scope="module", params=OPERATIONS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, possible: None) -> Place:
    return Place(tmp_path_factory.mktemp("faults"), request.param)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", FAULTS)
def test_c5_whatever_write_fails_or_is_the_last_the_old_or_the_new_generation_opens(place: Place, fault: str) -> None:
    count = len(place.calls.calls)
    for nth in drawn(f"{place.operation.name} {fault}", count, 3):
        work = place.fresh()
        outcome = disturbed(work, lambda work=work: place.operation.act(work), nth=nth, fault=FAULTS[fault])  # type: ignore[misc]
        place.judge(work, outcome, fault)
