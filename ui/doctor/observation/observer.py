"""Runs a program in a network of its own and says what it tried to reach."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index.errors import NotObservable
from ui.doctor.observation.packets import Attempt

QUIET_WHERE_SET = ("CI", "TF_BUILD", "GITHUB_ACTIONS")
"""Variables of build machines, on which libraries send nothing: taken away, or there would be nothing to see."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of the program, and what it and all its children tried to reach."""

    status: int
    output: str
    errors: str
    attempts: tuple[Attempt, ...]
    """Connections, datagrams and look-ups, each once, in their order; those to this machine among them."""


def observe(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    emptied: Sequence[str] = (),
) -> Observation:
    """Run `command` in `folder`, stopping it after so many seconds; it sees the folders `emptied` as empty ones.

    Raises NotObservable where this machine does not allow it, where the program takes too long, and where more was
    sent than could be read.
    """
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100
    kept = {name: value for name, value in environment.items() if name not in QUIET_WHERE_SET}
    with tempfile.TemporaryFile() as report:
        # The environment goes apart: the process that watches imports a package of ours and so alters its own.
        order = {
            "command": list(command),
            "environment": {**kept, "PYTHONPATH": paths},
            "emptied": list(emptied),
            "report": report.fileno(),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.doctor.observation.supervisor"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            pass_fds=[report.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(json.dumps(order), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise NotObservable(f"{command[0]} was not done after {seconds:g} s of watching its network use") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        report.seek(0)
        result = json.loads(report.read() or '{"refused": ""}')
    if "refused" in result:
        reason = result["refused"] or f"the process that watches ended with status {process.returncode}: {errors}"
        raise NotObservable(f"network use cannot be watched on this machine: {reason}")
    if result["lost"]:
        raise NotObservable(f"{result['lost']} packets were sent too fast to be read: what else was sent is not known")
    attempts = tuple(Attempt(**attempt) for attempt in result["attempts"])
    return Observation(result["status"], output, errors, attempts)
