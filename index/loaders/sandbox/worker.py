"""The process that parses files for the index: contained before it reads a byte of them.

`sandbox` starts it. Its parsers may be taken over by a hostile file, so it holds no secrets: no environment, no open
files but its end of the connection.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from typing import BinaryIO

from index.containment.contain import allow_processor_time, contain
from index.errors import DatelineError
from index.loaders.detect import recognise
from index.loaders.sandbox.wire import OUT_OF_MEMORY, UNFORESEEN, frame, next_frame, read_request, refusal, reply

_MOST_SAID = 300


def serve_parser(connection: int, lifeline: int, memory: int, modules: str) -> None:
    """Parse the files that come over a connection until it ends.

    `memory` is the most bytes the process may have, `modules` the names of the loaders' modules with commas between.
    """
    _end_with(lifeline)
    for module in modules.split(","):
        # While their files can be read, wherever they lie. One that cannot be imported is told of when it is needed.
        with suppress(Exception):
            importlib.import_module(module)
    # Read and written like a file: a socket's own calls are refused.
    with open(connection, "rb") as requests, open(connection, "wb", closefd=False) as replies:
        replies.write(frame(json.dumps(dict(contain(memory, lifeline).missing)).encode()))
        replies.flush()
        while head := requests.read(4):
            length = int.from_bytes(head, "big")
            _serve(requests.read(length), next_frame(requests.read, 1 << 32), replies)


def _serve(head: bytes, data: bytes, replies: BinaryIO) -> None:
    """Answer one request."""
    content, loaders = read_request(head, data)
    allow_processor_time(content.limits.max_parse_seconds)
    try:
        for packed in reply(recognise(content, loaders).load(content)):
            replies.write(packed)
    except MemoryError:
        replies.write(refusal(OUT_OF_MEMORY, ""))
    except DatelineError as error:
        kind = OUT_OF_MEMORY if isinstance(error.__cause__, MemoryError) else type(error).__name__
        replies.write(refusal(kind, str(error)))
    except Exception as error:  # noqa: BLE001
        replies.write(refusal(UNFORESEEN, f"{type(error).__name__}: {error}"[:_MOST_SAID]))
    replies.flush()


def _end_with(lifeline: int) -> None:
    """End this process, whatever it is doing, when the other end of a pipe closes: by the kernel where it can do so."""
    try:
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        if hasattr(fcntl, "F_SETSIG"):
            # A signal that cannot be held up; macOS has but the usual one.
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    except (AttributeError, OSError):
        threading.Thread(target=lambda: os._exit(len(os.read(lifeline, 1))), daemon=True).start()
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit()
