"""The web server as a process that can be stopped: within seconds, with every answer delivered or its asker told."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn

from ui.cli.shell import INTERRUPTED, print_error
from ui.web.limiter import AnswerLimiter

_ANSWERS_SECONDS = 5.0
"""How long answers that are being computed may go on."""
_RESPONSES_SECONDS = 7
"""When responses that still have not ended are cut off."""
_PROCESS_SECONDS = 9.0
"""When the process ends whatever it does: a thread cannot be cut off."""


class Deadline:
    """Ends the process some seconds after it was set, unless what it is around has ended by then."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._timer:
            self._timer.cancel()

    def set(self, status: int) -> None:
        """End the process with that status after 9 seconds, or at once if this has been called before."""
        if self._timer:
            _leave(status, "stopped at once")
        self._timer = threading.Timer(_PROCESS_SECONDS, _leave, [status, "stopped; an answer was cut off"])
        self._timer.daemon = True
        self._timer.start()


def _leave(status: int, said: str) -> None:
    print_error(said)
    os._exit(status)


class StoppableServer(uvicorn.Server):
    """Runs until SIGTERM, after which `run` returns, or Ctrl-C, after which it raises KeyboardInterrupt.

    Questions that wait or come later are told that the server stops, and those being answered after 5 seconds. A second
    signal ends the process at once, and an answer that does not stop at all after the deadline.
    """

    def __init__(self, app: Any, limiter: AnswerLimiter, deadline: Deadline, **options: Any) -> None:
        """`options` are those of `uvicorn.Config`."""
        super().__init__(uvicorn.Config(app, timeout_graceful_shutdown=_RESPONSES_SECONDS, **options))
        self._limiter = limiter
        self._deadline = deadline

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal comes."""
        # uvicorn raises the signal again once it has ended, which by default would kill the process.
        before = signal.signal(signal.SIGTERM, lambda number, frame: None)
        try:
            super().run(sockets)
        finally:
            signal.signal(signal.SIGTERM, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, in time."""
        self._deadline.set(INTERRUPTED if sig == signal.SIGINT else 0)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, let what runs end, and tell the rest."""
        self._limiter.refuse()
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        cutting = asyncio.get_running_loop().call_later(_ANSWERS_SECONDS, self._limiter.cut_off)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()
            logging.getLogger("uvicorn.error").removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """That a response was cut off while the server stops is no fault whose traceback anybody needs."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
