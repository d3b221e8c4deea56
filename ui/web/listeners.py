"""Which pages listen to the answers that they asked for: nothing is computed for one that does not, or has gone."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

_STREAM = "/queue/data"


class Listeners:
    """Counts the open streams of each page by the name that it gave itself; use it from one event loop at a time."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, its streams counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].endswith(_STREAM):
                await app(scope, receive, send)
                return
            page = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
            self._count(page, 1)
            try:
                await app(scope, receive, send)
            finally:
                self._count(page, -1)

        return counted

    async def listening(self, page: str) -> None:
        """Wait until the page listens."""
        while not self._open[page]:
            await self._changed.wait()

    async def gone(self, page: str) -> None:
        """Wait until the page does not listen."""
        while self._open[page]:
            await self._changed.wait()

    def _count(self, page: str, streams: int) -> None:
        self._open[page] += streams
        if not self._open[page]:
            del self._open[page]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
