"""Nothing looks a name up, opens a connection or leaves files about, native code included.

Each program here runs in a network of its own in which every address is this machine, and everything sent is recorded.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from journey import SERVED_SECONDS
from test_browser import CHROMIUM

from index.errors import NotObservable
from ui.doctor.observation.observer import Observation, observe

ROOT = Path(__file__).parent.parent
SECONDS = 280.0
EMPTIED = [
    folder
    for folder in ("/tmp", "/var/tmp", "/dev/shm")
    if not any(Path(folder) in Path(place).parents for place in (ROOT, sys.prefix, sys.base_prefix))
]
"""Folders for everybody's temporary files: empty for the programs here, which see only their own."""
TEMPORARY = "/tmp" if "/tmp" in EMPTIED else tempfile.mkdtemp()

NAMED_PLACES = ("desk/data/", ".cache/dateline/")
"""Where files may appear in a home folder: the index below the working folder, and the model cache."""

NATIVE_CALLS = """
import ctypes, struct, time
libc = ctypes.CDLL(None)
found = ctypes.c_void_p()
libc.getaddrinfo(b"native.example", b"443", None, ctypes.byref(found))
for family, address in ((2, bytes([9, 9, 9, 9])), (10, bytes(4) + bytes([0x20, 1, 0xD, 0xB8]) + bytes(11) + b"\\1")):
    target = struct.pack("=HH", family, 0x5000) + address + bytes(8)
    libc.connect(libc.socket(family, 1, 0), target, len(target) - (4 if family == 10 else 0))
"""
TELEMETRY = f"import time, onnxruntime; time.sleep({SERVED_SECONDS})"


def missing(reason: str) -> None:
    """On a build machine a check that cannot be made fails; elsewhere it is skipped, with the reason."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def watched() -> None:
    try:
        run(sys.executable, "-c", "")
    except NotObservable as error:
        missing(str(error))


@pytest.fixture(scope="module")
def telemetry(watched: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Observation]]:
    """A program that imports ONNX Runtime with its telemetry on, running while the others do."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(run, sys.executable, "-c", TELEMETRY, ORT_DISABLE_TELEMETRY="0")


def run(*command: str, **environment: str) -> Observation:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    places = {"HOME": f"{TEMPORARY}/elsewhere", "TMPDIR": TEMPORARY}
    return observe(
        command, environment={**kept, **places, **environment}, folder=ROOT, seconds=SECONDS, emptied=EMPTIED
    )


def test_the_whole_way_of_a_user_is_quiet(telemetry: Future[Observation]) -> None:
    if CHROMIUM is None:
        missing("no chromium on this machine")
    seen = run(sys.executable, str(ROOT / "tests" / "support" / "journey.py"), *(EMPTIED or [TEMPORARY]))
    assert seen.status == 0, seen.errors
    left = json.loads(seen.output)
    own = (f"connection to 127.0.0.1:{left['port']}",)
    assert [str(attempt) for attempt in seen.attempts if str(attempt) not in own] == []
    assert left["foreign"] == []
    assert [path for path in left["home"] if not path.startswith((*NAMED_PLACES, "desk/news/"))] == []
    assert left["elsewhere"] == []


def test_an_address_that_is_typed_is_all_that_is_looked_up(watched: None) -> None:
    """Every name is this machine here, where the guard lets nobody connect to."""
    command = ("index", "add", "https://news.example/story", "--index", f"{TEMPORARY}/index")
    seen = run(sys.executable, "-m", "ui.cli", *command, DATELINE_EMBEDDER="hashing")
    assert {str(attempt) for attempt in seen.attempts} == {"look-up of news.example"}
    assert "127.0.0.1" in seen.errors


def test_what_native_code_sends_is_seen(watched: None) -> None:
    seen = [str(attempt) for attempt in run(sys.executable, "-c", NATIVE_CALLS).attempts]
    assert seen == ["look-up of native.example", "connection to 9.9.9.9:80", "connection to [2001:db8::1]:80"]


def test_telemetry_that_is_on_is_seen(telemetry: Future[Observation]) -> None:
    """As long as ONNX Runtime has telemetry, the time that the server is watched for suffices to see it."""
    names = {attempt.name for attempt in telemetry.result().attempts}
    assert "mobile.events.data.microsoft.com" in names
