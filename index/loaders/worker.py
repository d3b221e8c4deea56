"""The process that parses files for the index: it has little memory and time, and may write and start nothing.

`sandbox` starts it. Its parsers may be taken over by a hostile file, so it holds no secrets: no environment, no open
files but its end of the connection.
"""

from __future__ import annotations

import fcntl
import importlib
import math
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress
from io import BufferedRWPair
from typing import Any

from index.errors import DatelineError
from index.loaders import LOADERS
from index.loaders.detect import recognise
from index.loaders.wire import OUT_OF_MEMORY, READY, UNFORESEEN, frame, next_frame, read_request, refusal, reply

_MOST_OPEN_FILES = 64
_MOST_SAID = 300
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FORBIDDEN = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.kill", "os.killpg",
    "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.truncate", "shutil.rmtree",
})  # fmt: skip
"""What no parser has to do, by the names of Python's audit events."""


def main(connection: int, lifeline: int, memory: int) -> None:
    """Parse the files that come over a connection until it ends; `memory` is the most bytes the process may have."""
    _end_with(lifeline)
    for target in LOADERS.values():
        # While compiled modules can still be written; a loader that needs more than is installed is told of later.
        with suppress(ImportError):
            importlib.import_module(target.partition(":")[0])
    _confine(memory)
    with socket.socket(fileno=connection) as channel, channel.makefile("rwb") as stream:
        stream.write(frame(READY))
        stream.flush()
        while head := stream.read(4):
            _serve(stream, head)


def _serve(stream: BufferedRWPair, start: bytes) -> None:
    """Answer one request, of whose head the first bytes are read already."""
    length = int.from_bytes(start, "big")
    content, loaders = read_request(stream.read(length), next_frame(stream.read, 1 << 32))
    _allow_processor_time(content.limits.max_parse_seconds)
    try:
        for packed in reply(recognise(content, loaders).load(content)):
            stream.write(packed)
    except MemoryError:
        stream.write(refusal(OUT_OF_MEMORY, ""))
    except DatelineError as error:
        kind = OUT_OF_MEMORY if isinstance(error.__cause__, MemoryError) else type(error).__name__
        stream.write(refusal(kind, str(error)))
    except Exception as error:  # noqa: BLE001
        stream.write(refusal(UNFORESEEN, f"{type(error).__name__}: {error}"[:_MOST_SAID]))
    stream.flush()


def _end_with(lifeline: int) -> None:
    """Let the kernel end this process, whatever it is doing, when the other end of a pipe closes."""
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit()


def _confine(memory: int) -> None:
    """Take away what parsing does not need. macOS does not keep the limit on memory."""
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_OPEN_FILES)
    sys.dont_write_bytecode = True
    sys.addaudithook(_watch)


def _limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (allowed, allowed))


def _allow_processor_time(seconds: float) -> None:
    """From now on; the kernel ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what goes through Python; machine code that took the process over is held by the limits alone."""
    if event in _FORBIDDEN or (event == "open" and arguments[2] & _WRITING):
        raise PermissionError(f"{event} is not for parsers")
