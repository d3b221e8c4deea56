"""`dateline serve` in a process of its own, as people start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

QUICK = {"DATELINE_EMBEDDER": "hashing", "DATELINE_READER": "similarity"}
"""Settings under which a server starts at once and needs no model."""


@dataclass(frozen=True)
class Serving:
    """A running server: the address that it printed, and its process."""

    address: str
    process: subprocess.Popen[str]


@contextmanager
def serving(index: Path, *options: str, seconds: float = 60, settings: Mapping[str, str] = QUICK) -> Iterator[Serving]:
    """A server on a free port; it is stopped at the end."""
    command = [sys.executable, "-c", "from ui.cli import app; app()", "serve", "--index", str(index), "--port", "0"]
    process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True, env={**os.environ, **settings})
    late = threading.Timer(seconds, process.kill)
    late.start()
    try:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"Dateline is at (\S+)", line):
                break
        else:
            raise AssertionError(f"the server did not start: {said}")
        late.cancel()
        yield Serving(found[1], process)
    finally:
        late.cancel()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()
