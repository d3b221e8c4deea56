"""Who is answered now, who waits and who is told to come back: one limiter for the page and the HTTP API.

Answers are computed by a few threads of their own, so that whatever else the server does (health, the page, static
files) neither waits for one of their threads nor for the processor.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio

from index.cancellation import Cancellation, cancellable
from index.errors import ServerBusy, ServerStopping
from index.processors import available_processors

_NICE = 5
"""How far the threads that compute stand back behind the one that serves, in the steps of `nice`."""
_SMOOTHING = 0.2
"""The weight of the latest answer in the mean time of an answer."""

T = TypeVar("T")


class AnswerLimiter:
    """Computes so many answers at once and lets so many questions wait; use it from one event loop at a time.

    Work is a plain function or generator. It runs in a thread, inside a `Cancellation` of its own that is set as soon
    as whoever awaits it is cancelled or stops iterating: then it stops at its next step, or never begins.
    """

    def __init__(self, *, at_once: int = 0, most_waiting: int = 64, most_read: int | None = None) -> None:
        """`at_once` 0 means one for each processor; `most_read` is what the property gives while many wait."""
        self._at_once = at_once or available_processors()
        self._most_waiting = most_waiting
        self._most_read = most_read
        self._places = anyio.CapacityLimiter(self._at_once)
        self._threads = ThreadPoolExecutor(self._at_once, "answer", _lower_priority)
        self._running: dict[Cancellation, asyncio.Queue[Any]] = {}
        self._refuses = False
        self._cut = False
        self._seconds = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """Questions that wait for a thread; the next one would wait behind so many."""
        return self._places.statistics().tasks_waiting

    @property
    def ahead(self) -> int:
        """Questions that have to be answered before one that comes now is begun; 0 if it is begun at once."""
        return 0 if self._places.available_tokens >= 1 else self.waiting + 1

    @property
    def most_read(self) -> int | None:
        """How many passages an answer that begins now should read: all (None), or few while half the places are taken.

        An answer a little less well read is worth more than one that comes late.
        """
        return self._most_read if 2 * self.waiting > self._most_waiting else None

    @property
    def retry_after(self) -> int:
        """The seconds, at least 1, until all questions here now are answered, by the pace of the latest answers."""
        ahead = self.waiting + self._places.borrowed_tokens
        return max(1, math.ceil(ahead * self._seconds / self._at_once))

    async def run(self, work: Callable[[], T]) -> T:
        """What the function returns. Raises what it raises, ServerBusy where as many wait as may, ServerStopping."""
        async with aclosing(self.stream(lambda: iter([work()]))) as results:
            (result,) = [result async for result in results]
        return result

    async def stream(self, work: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """What the generator yields, as it comes. Raises what it raises, and ServerBusy where as many wait as may.

        The generator is not held up by a slow taker: its thread is free for the next question once it has ended. Raises
        ServerStopping after `refuse`, unless it has begun, and after `cut_off`.
        """
        if self.waiting >= self._most_waiting and not self._places.available_tokens:
            raise ServerBusy(self.waiting, self.retry_after)
        place, own = object(), Cancellation()
        await self._places.acquire_on_behalf_of(place)
        try:
            if self._refuses:
                raise ServerStopping
            loop = asyncio.get_running_loop()
            items: asyncio.Queue[tuple[T, ...]] = asyncio.Queue()
            self._running[own] = items

            def compute() -> None:
                started = time.perf_counter()
                with cancellable(own):
                    for item in work():
                        loop.call_soon_threadsafe(items.put_nowait, (item,))
                        own.check()
                self._seconds += _SMOOTHING * (time.perf_counter() - started - self._seconds)

            computing = loop.run_in_executor(self._threads, compute)
            computing.add_done_callback(lambda _: items.put_nowait(()))
            try:
                while item := await items.get():
                    yield item[0]
                if self._cut and not computing.done():
                    raise ServerStopping
                await computing
            finally:
                own.cancel()
                if not self._cut:
                    with anyio.CancelScope(shield=True):
                        await asyncio.wait([computing])
                # Has been looked at, also where nobody is left to be told.
                computing.add_done_callback(lambda done: done.cancelled() or done.exception())
        finally:
            self._running.pop(own, None)
            self._places.release_on_behalf_of(place)

    def refuse(self) -> None:
        """Begin nothing any more, and tell those who wait."""
        self._refuses = True
        self._places.total_tokens = math.inf

    def cut_off(self) -> None:
        """Tell those whose answer is being computed that it will not come; their threads end when they can."""
        self._refuses = self._cut = True
        for own, items in self._running.items():
            own.cancel()
            items.put_nowait(())

    def close(self) -> None:
        """Cancel what is being computed and wait until it has stopped."""
        for own in tuple(self._running):
            own.cancel()
        self._threads.shutdown(cancel_futures=True)


def _lower_priority() -> None:
    """Give this thread, and those that it starts, less of the processor; elsewhere than on Linux it would be all."""
    if sys.platform == "linux":
        os.nice(_NICE)
