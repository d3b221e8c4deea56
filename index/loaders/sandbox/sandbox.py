"""Foreign files are parsed by other processes, so that a parser that hangs, crashes or swells costs one file.

The parsers are started as new programs (never forked from this process, whose threads a fork would break), serve one
file after the other, and are replaced after a failure and after many files. Each file has a deadline by the clock;
what else a parser is held to, by the kernel and by itself, is in `index.containment`.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

import index.errors as errors
from index.containment import LAYERS, Containment
from index.loaders.base import DEFAULT_LIMITS, Content, Loaded
from index.loaders.sandbox.wire import OUT_OF_MEMORY, frame, next_frame, read_reply, request

_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.InputError, errors.EmptyInput, errors.NotText, errors.UnsupportedFormat, errors.MalformedInput,
        errors.TooLarge, errors.ParserFailed, errors.MissingExtra, errors.UnknownName,
    )
}  # fmt: skip
"""What a parser may refuse a file with, by name."""

_START = """
import sys
sys.path[:] = sys.argv[5:]
from index.loaders.sandbox.worker import serve_parser
serve_parser(*map(int, sys.argv[1:4]), sys.argv[4])
"""
_START_SECONDS = 60.0
_MOST_WORKERS = min(4, os.cpu_count() or 1)
_MOST_FILES = 1_000
"""A parser is replaced after so many, with whatever it holds of them."""

_KEPT = ("LD_LIBRARY_PATH", "TZ")
"""Of the environment: what Python may need to start, and what dates depend on."""

_MEBIBYTE = 1024 * 1024
_MOST_REPLY = 512 * _MEBIBYTE
"""Bytes of documents that are taken from one file."""

_MOST_SAID = 2_000
_FAULTS = (ValueError, TypeError, KeyError, RecursionError, OverflowError, struct.error)
"""What reading a reply that is none can raise."""


class _Lost(Exception):
    """A worker is gone or not to be used again; the message says why, as the end of "its parser …"."""


class _Worker:
    """A process that parses one file at a time. Not for two threads at once."""

    def __init__(self, memory: int, modules: str) -> None:
        """With so many bytes of memory, for loaders in these modules. Raises ConfigError where it does not start."""
        self.made_for = memory, modules
        self.served = 0
        self._channel, theirs = socket.socketpair()
        ending, lifeline = os.pipe()
        self._lifeline = os.fdopen(lifeline, "wb", buffering=0)
        fds = (theirs.fileno(), ending)
        paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-I", "-X", "utf8", "-c", _START, *map(str, (*fds, memory, modules)), *paths],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=fds,
                    cwd="/",
                    env={name: os.environ[name] for name in _KEPT if name in os.environ},
                    # Ctrl-C is for the process that asks; and a parser has no business with the terminal.
                    start_new_session=True,
                )
            finally:
                os.close(ending)
        self._deadline = time.monotonic() + _START_SECONDS
        try:
            missing = json.loads(next_frame(self._read, _MOST_SAID))
            self.containment = Containment({layer: str(missing[layer]) for layer in LAYERS})
        except BaseException as error:
            self.stop()
            if not isinstance(error, (_Lost, OSError, *_FAULTS)):
                raise
            raise errors.ConfigError(
                f"the process that parses files does not start ({error}): check that "
                f"`{sys.executable} -I -c 'import index.loaders.sandbox.worker'` works"
            ) from error

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def parse(self, content: Content, loaders: Mapping[str, str]) -> Loaded | tuple[str, str]:
        """The documents, or the kind and message of a refusal. Raises TimeoutError and _Lost."""
        self.served += 1
        self._deadline = time.monotonic() + content.limits.max_parse_seconds
        with suppress(ConnectionError):  # a worker that is gone is told apart when it is read from
            self._channel.settimeout(self._remaining())
            self._channel.sendall(request(content, loaders) + frame(content.data))
        try:
            answer = read_reply(self._read, content, _MOST_REPLY)
        except _FAULTS as error:
            raise _Lost(f"gave back what is no document ({error})") from error
        if not isinstance(answer, Loaded) and answer[0] == OUT_OF_MEMORY:
            raise _Lost(f"needed more than {self.made_for[0] // _MEBIBYTE:,} MiB of memory")
        return answer

    def stop(self) -> None:
        """End the process and let go of everything."""
        self._process.kill()
        self._process.wait()
        self._channel.close()
        self._lifeline.close()

    def leave(self) -> None:
        """Let go of a process that belongs to the process that this one was forked from."""
        self._process.returncode = 0
        self._channel.close()
        self._lifeline.close()

    def _remaining(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            self._channel.settimeout(self._remaining())
            try:
                part = self._channel.recv(min(size - len(found), _MEBIBYTE))
            except ConnectionError:
                part = b""
            if not part:
                raise _Lost(self._fate())
            found += part
        return bytes(found)

    def _fate(self) -> str:
        """How the process ended, now that its end of the connection is closed."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "closed its connection"
        if status >= 0:
            return f"ended with status {status}"
        if -status == signal.SIGXCPU:
            raise TimeoutError
        return f"crashed (signal {-status}, {signal.Signals(-status).name})"


class Sandbox:
    """Workers for as many threads as ask, a few at a time; each keeps its worker while it waits."""

    def __init__(self, most_workers: int = _MOST_WORKERS, most_files: int = _MOST_FILES) -> None:
        self._most_workers = most_workers
        self._most_files = most_files
        self._all: set[_Worker] = set()
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all workers: a process that was forked must not share those of the other one."""
        for worker in self._all:
            worker.leave()
        self._places = threading.BoundedSemaphore(self._most_workers)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._all = set()

    def parse(self, content: Content, loaders: Mapping[str, str]) -> Loaded:
        """The documents of a file, by the first of `loaders` (name -> "module:attribute") that recognises it.

        Raises InputError, and ConfigError where this installation cannot read it.
        """
        made_for = content.limits.max_parse_bytes, _modules(loaders)
        with self._places:
            worker = self._take(*made_for)
            try:
                if worker.served:
                    with suppress(_Lost):
                        return self._asked(worker, content, loaders)
                    # What an earlier file left behind may be at fault.
                    worker = self._started(*made_for)
                return self._asked(worker, content, loaders)
            except _Lost as lost:
                raise errors.ParserFailed(
                    f"{content.label} cannot be read: its parser {lost}; check that the file opens elsewhere, and save "
                    "it again or split it"
                ) from lost
            except TimeoutError:
                raise errors.ParserFailed(
                    f"{content.label} took longer than {content.limits.max_parse_seconds:g} s to read and was stopped: "
                    "split it into smaller files"
                ) from None

    def containment(self, loaders: Mapping[str, str]) -> Containment:
        """What holds the processes that these loaders parse in. Raises ConfigError where none starts."""
        with self._places:
            worker = self._take(DEFAULT_LIMITS.max_parse_bytes, _modules(loaders))
            with self._lock:
                self._idle.append(worker)
            return worker.containment

    def close(self) -> None:
        """Stop all workers."""
        with self._lock:
            workers, self._idle, self._all = list(self._all), [], set()
        for worker in workers:
            worker.stop()

    def _take(self, memory: int, modules: str) -> _Worker:
        """A worker that waits and was made for the same; a new one where there is none."""
        worker, gone = None, []
        with self._lock:
            while self._idle and worker is None:
                candidate = self._idle.pop()
                if candidate.made_for == (memory, modules) and candidate.alive:
                    worker = candidate
                else:
                    gone.append(candidate)
        for other in gone:
            self._drop(other)
        return worker or self._started(memory, modules)

    def _started(self, memory: int, modules: str) -> _Worker:
        worker = _Worker(memory, modules)
        with self._lock:
            self._all.add(worker)
        return worker

    def _asked(self, worker: _Worker, content: Content, loaders: Mapping[str, str]) -> Loaded:
        try:
            answer = worker.parse(content, loaders)
        except BaseException:
            # Also for Ctrl-C: what it answers from now on would belong to this file.
            self._drop(worker)
            raise
        if worker.served < self._most_files:
            with self._lock:
                self._idle.append(worker)
        else:
            self._drop(worker)
        if isinstance(answer, Loaded):
            return answer
        kind, message = answer
        if kind not in _KINDS:
            raise errors.ParserFailed(f"{content.label} cannot be read: its parser failed ({message[:_MOST_SAID]})")
        raise _KINDS[kind](message[:_MOST_SAID])

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.stop()


def _modules(loaders: Mapping[str, str]) -> str:
    """The names of the modules that a contained process has to have imported, as they are handed to it."""
    return ",".join(sorted({target.partition(":")[0] for target in loaders.values()}))


_SHARED = Sandbox()
atexit.register(_SHARED.close)
os.register_at_fork(after_in_child=_SHARED.start_anew)


def parse(content: Content, loaders: Mapping[str, str]) -> Loaded:
    """The documents of a file, parsed by a process of its own; see `Sandbox.parse`."""
    return _SHARED.parse(content, loaders)


def containment(loaders: Mapping[str, str]) -> Containment:
    """What holds the processes that parse files here. Raises ConfigError where none starts."""
    return _SHARED.containment(loaders)
