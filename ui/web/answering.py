"""Answers the page's questions in their turn, as long as the page listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace

from index.errors import DatelineError
from ui.web.limiter import AnswerLimiter
from ui.web.listeners import Listeners
from ui.web.page.chat import Chain, Reply, replies, sentence
from ui.web.page.told import Told

_LISTENING_SECONDS = 3.0
"""Within which a page that has asked must listen; its script does so at once."""


class Answering:
    """The chain behind the limiter, for pages that are known by a name that each gave itself."""

    def __init__(self, chain: Chain, limiter: AnswerLimiter, listeners: Listeners) -> None:
        """Answer with a chain, as the limiter allows, whoever listens."""
        self._chain = chain
        self._limiter = limiter
        self._listeners = listeners

    async def replies(self, page: str, question: str, told: Told, *, dates: bool) -> AsyncGenerator[Reply]:
        """The reply as it grows, from the place in the queue on; it ends early, and so does the work, with the page."""
        try:
            await asyncio.wait_for(self._listeners.listening(page), _LISTENING_SECONDS)
        except TimeoutError:
            return

        def work() -> Iterator[Reply]:
            return replies(
                self._chain, question, told.history, number=told.number, dates=dates, most_read=self._limiter.most_read
            )

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
            yield replace(reply, problem=sentence(error), finished=True, again=True)
        finally:
            gone.cancel()
