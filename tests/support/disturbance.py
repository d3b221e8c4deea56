"""A process whose writes to one folder fail, or end it, at the n-th of them: at the border to the kernel.

The process puts a filter on its own system calls that asks another process what to do with each one that changes a
file (seccomp user notification, Linux 5.5 and later). So it does not matter who calls: Python, SQLite or Tantivy. What
lies outside the folder is let through uncounted.

Run as a program it forks such processes on request: a fork of the tests' own process, which has threads, may wait for
ever for a lock that one of these held.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Numbers of x86-64; the place of the path or of the descriptor among the arguments. A path may be relative to the
# descriptor of a folder: the calls named `...at` have their path second, and everything here gives absolute ones.
PATHS = {"open": (2, 0), "openat": (257, 1), "rename": (82, 0), "renameat": (264, 1), "renameat2": (316, 1),
         "unlink": (87, 0), "unlinkat": (263, 1), "mkdir": (83, 0), "mkdirat": (258, 1)}  # fmt: skip
DESCRIPTORS = {"write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "fsync": 74, "fdatasync": 75, "ftruncate": 77,
               "fallocate": 285}  # fmt: skip
_NAMES = {number: name for name, (number, _) in PATHS.items()} | {number: name for name, number in DESCRIPTORS.items()}
_MAKING = ("open", "openat", "mkdir", "mkdirat")
_FLAGS = {"open": 1, "openat": 2}

_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_ASKED = struct.Struct("=QIIiIQ6Q")
_REPLY = struct.Struct("=QqiI")
_CONTINUE = 1


@dataclass(frozen=True)
class Outcome:
    """What became of the process: the calls it made in the folder, its error, and whether it was disturbed."""

    calls: tuple[str, ...]
    error: str
    killed: bool
    disturbed: bool

    @property
    def kind(self) -> str:
        """The error's class, or nothing."""
        return self.error.partition(":")[0]


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


class Disturber:
    """Has operations of `faults` disturbed, one after the other."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        # One thread for the libraries too, so that the one that forks is the only one.
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
            env={**os.environ, **alone, "PYTHONPATH": str(root)},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def __call__(self, place: Path, operation: str, *, nth: int = 0, at: str = "", fault: int | None = None) -> Outcome:
        """As `disturbed`, with the operation of that name in that place."""
        assert self._server.stdin
        assert self._server.stdout
        asked = {"place": str(place), "operation": operation, "nth": nth, "at": at, "fault": fault}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        assert answer, f"the process that forks ended at {asked}"
        told: dict[str, Any] = json.loads(answer)
        return Outcome(**{**told, "calls": tuple(told["calls"])})

    def why_not(self) -> str:
        """Nothing, or why nothing can be disturbed here."""
        if sys.platform != "linux" or platform.machine() != "x86_64":
            return "system calls are filtered on Linux on x86-64 only"
        outcome = self(Path("/nowhere"), "nothing")
        return "" if outcome.error == "" and not outcome.killed else f"system calls cannot be filtered: {outcome.error}"


def serve() -> None:
    """Answer a request a line."""
    from faults import OPERATIONS

    for line in sys.stdin:
        asked = json.loads(line)
        place, act = Path(asked["place"]), OPERATIONS[asked["operation"]].act
        how = {name: asked[name] for name in ("nth", "at", "fault")}
        outcome = disturbed(place, lambda: act(place), **how)  # noqa: B023
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()


def disturbed(
    folder: Path,
    action: Callable[[], object],
    *,
    nth: int = 0,
    at: str = "",
    fault: int | None = None,
    seconds: float = 60.0,
) -> Outcome:
    """Run an action in a process of its own; its `nth` call that changes the folder fails with `fault`, or, without
    one, ends the process before it is made. With 0 nothing is disturbed, and the calls are counted.

    Libraries with threads make some calls now and then only, so a certain one is named by how it begins: `at`.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.settimeout(seconds)
    process = os.fork()
    if process == 0:
        ours.close()
        _act(theirs, action)
    theirs.close()
    try:
        return _watch(process, ours, str(folder.resolve()), nth, at, fault, seconds)
    finally:
        ours.close()


def _act(theirs: socket.socket, action: Callable[[], object]) -> None:
    said = ""
    try:
        listener = _filter()
        socket.send_fds(theirs, [b"f"], [listener])
        os.close(listener)
        action()
    except BaseException as error:  # noqa: BLE001 - the other process is told
        said = f"{type(error).__name__}: {error}"
        if os.environ.get("DATELINE_FAULTS_TRACE"):
            traceback.print_exc()
    try:
        theirs.sendall(b"e" + said.encode("utf-8", "replace"))
    finally:
        os._exit(0)


def _filter() -> int:
    """Have every call of `_NAMES` asked for; gives the descriptor to listen at."""
    numbers = sorted(_NAMES)
    load, equal, give = 0x20, 0x15, 0x06
    steps = [_Instruction(load, 0, 0, 0)]
    steps += [_Instruction(equal, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [_Instruction(give, 0, 0, 0x7FFF0000), _Instruction(give, 0, 0, 0x7FC00000)]
    program = _Program(len(steps), (_Instruction * len(steps))(*steps))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "prctl")
    listener = int(library.syscall(317, 1, 8, ctypes.byref(program)))  # seccomp, SET_MODE_FILTER, NEW_LISTENER
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return listener


def _watch(
    process: int, ours: socket.socket, folder: str, nth: int, at: str, fault: int | None, seconds: float
) -> Outcome:
    calls: list[str] = []
    said = b""
    listener = -1
    first, descriptors, _, _ = socket.recv_fds(ours, 65536, 1)
    if descriptors:
        listener = descriptors[0]
    else:
        said = first
    killed = False
    poll = select.poll()
    poll.register(ours, select.POLLIN)
    if listener >= 0:
        poll.register(listener, select.POLLIN)
    try:
        while True:
            ready = dict(poll.poll(seconds * 1000))
            if not ready:
                os.kill(process, signal.SIGKILL)
                raise AssertionError(f"nothing for {seconds:g} s after {calls[-3:]}")
            if ready.get(listener, 0) & select.POLLIN:
                killed |= _answer(listener, process, folder, nth, at, fault, calls)
            elif ours.fileno() in ready:
                more = ours.recv(65536)
                if not more:
                    break
                said += more
    finally:
        if listener >= 0:
            os.close(listener)
        os.waitpid(process, 0)
    return Outcome(tuple(calls), said[1:].decode("utf-8", "replace"), killed, 0 < nth <= len(calls))


def _answer(listener: int, process: int, folder: str, nth: int, at: str, fault: int | None, calls: list[str]) -> bool:
    """Answer one question; gives whether the process was ended."""
    asked = bytearray(_ASKED.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, asked)
    except OSError:  # the one who asked is gone
        return False
    id, thread, _, number, _, _, *arguments = _ASKED.unpack(asked)
    call = _described(_NAMES[number], thread, arguments, folder)
    reply = _REPLY.pack(id, 0, 0, _CONTINUE)
    if call:
        calls.append(call)
        if len(calls) == nth or (at and call.startswith(at)):
            if fault is None:
                os.kill(process, signal.SIGKILL)
                return True
            name, _, path = call.partition(" ")
            roomless = name.startswith("unlink") or (name in _MAKING and os.path.exists(f"{folder}/{path}"))  # noqa: PTH110
            # What is there already is not made, or removed, for lack of room.
            told = errno.EIO if fault == errno.ENOSPC and roomless else fault
            reply = _REPLY.pack(id, 0, -told, 0)
    try:
        fcntl.ioctl(listener, _ANSWER, bytearray(reply))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
    return False


def _described(name: str, thread: int, arguments: list[int], folder: str) -> str:
    """The call and the file below the folder that it changes; nothing where it changes none."""
    try:
        if name in DESCRIPTORS:
            path = str(Path(f"/proc/{thread}/fd/{arguments[0]}").readlink())
        else:
            if name in _FLAGS and not arguments[_FLAGS[name]] & (os.O_CREAT | os.O_TRUNC):
                return ""
            path = _text(thread, arguments[PATHS[name][1]])
    except OSError:
        return ""
    return f"{name} {path[len(folder) + 1 :] or '.'}" if f"{path}/".startswith(f"{folder}/") else ""


def _text(thread: int, address: int) -> str:
    with open(f"/proc/{thread}/mem", "rb", 0) as memory:  # noqa: PTH123 - unbuffered
        memory.seek(address)
        try:
            data = memory.read(4096)
        except OSError:  # the string ends before a page that is not there
            memory.seek(address)
            data = memory.read(4096 - address % 4096)
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    serve()
