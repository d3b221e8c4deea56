"""Answers the page's questions in their turn, as long as the page listens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from index.errors import DatelineError
from ui.web.limiter import AnswerLimiter
from ui.web.page.chat import Reply, SentConversation, StreamingChain, as_sentence, replies

_LISTENING_SECONDS = 3.0
"""Within which a page that has asked must listen; its script does so at once."""
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


class QueuedChain:
    """The chain behind the limiter, for pages that are known by a name that each gave itself."""

    def __init__(self, chain: StreamingChain, limiter: AnswerLimiter, listeners: Listeners) -> None:
        """Answer with a chain, as the limiter allows, whoever listens."""
        self._chain = chain
        self._limiter = limiter
        self._listeners = listeners

    async def replies(
        self, page: str, question: str, conversation: SentConversation, *, dates: bool
    ) -> AsyncGenerator[Reply]:
        """The reply as it grows, from the place in the queue on; it ends early, and so does the work, with the page."""
        try:
            await asyncio.wait_for(self._listeners.listening(page), _LISTENING_SECONDS)
        except TimeoutError:
            return

        def work() -> Iterator[Reply]:
            return replies(
                self._chain, question, conversation.history, number=conversation.number, dates=dates,
                most_read=self._limiter.most_read,
            )  # fmt: skip

        reply = Reply(question, ahead=self._limiter.ahead)
        yield reply
        gone = asyncio.ensure_future(self._listeners.gone(page))
        try:
            async with aclosing(self._limiter.stream(work)) as growing:
                while True:
                    following = asyncio.ensure_future(anext(growing))
                    await asyncio.wait({following, gone}, return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        following.cancel()
                        await asyncio.wait({following})
                        return
                    reply = following.result()
                    yield reply
        except StopAsyncIteration:
            return
        except DatelineError as error:
            yield replace(reply, problem=as_sentence(error), finished=True, again=True)
        finally:
            gone.cancel()
