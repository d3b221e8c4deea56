"""Who is answered, who waits and who is told to come back; and that nothing is computed for those who have gone."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from index.cancellation import cancellation
from index.errors import Cancelled, QuestionError, ServerBusy
from ui.web.limiter import AnswerLimiter

SOON = 10.0
"""Seconds after which a test no longer waits for what takes milliseconds."""


class Held:
    """Work that begins, and ends when it is let go or nobody waits for it; remembers who stopped it."""

    def __init__(self) -> None:
        self.begun = 0
        self.most_at_once = 0
        self.stopped = 0
        self.let_go = threading.Event()
        self._inside = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.begun += 1
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            while not self.let_go.wait(0.005):
                cancellation().check()
        except Cancelled:
            self.stopped += 1
            raise
        finally:
            with self._lock:
                self._inside -= 1
        return "done"


async def until(condition: object) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)


async def test_so_many_are_computed_at_once_and_the_others_wait_their_turn() -> None:
    work = Held()
    with AnswerLimiter(at_once=2, most_waiting=10) as limiter:
        asking = [asyncio.create_task(limiter.run(work)) for _ in range(8)]
        await until(lambda: work.begun == 2 and limiter.waiting == 6)
        work.let_go.set()
        assert await asyncio.gather(*asking) == ["done"] * 8
    assert (work.begun, work.most_at_once, limiter.waiting) == (8, 2, 0)


async def test_beyond_those_who_may_wait_the_server_is_busy() -> None:
    work = Held()
    with AnswerLimiter(at_once=1, most_waiting=3) as limiter:
        asking = [asyncio.create_task(limiter.run(work)) for _ in range(4)]
        await until(lambda: limiter.waiting == 3)
        with pytest.raises(ServerBusy, match=r"3 questions wait .* ask again in 4 seconds") as refused:
            await limiter.run(work)
        assert refused.value.retry_after == 4  # a second each until an answer has been timed
        work.let_go.set()
        await asyncio.gather(*asking)
        assert await limiter.run(work) == "done"


async def test_when_to_come_back_follows_the_pace() -> None:
    with AnswerLimiter(at_once=1, most_waiting=20) as limiter:
        for _ in range(30):
            await limiter.run(lambda: time.sleep(0.01))
        work = Held()
        asking = [asyncio.create_task(limiter.run(work)) for _ in range(20)]
        await until(lambda: limiter.waiting == 19)
        assert limiter.retry_after == 1  # twenty answers of 10 ms each
        work.let_go.set()
        await asyncio.gather(*asking)


async def test_with_none_waiting_allowed_the_second_is_refused() -> None:
    work = Held()
    with AnswerLimiter(at_once=1, most_waiting=0) as limiter:
        asking = asyncio.create_task(limiter.run(work))
        await until(lambda: work.begun == 1)
        with pytest.raises(ServerBusy):
            await limiter.run(work)
        work.let_go.set()
        assert await asking == "done"


async def test_who_waits_and_goes_is_never_computed_and_who_is_computed_is_stopped() -> None:
    work = Held()
    with AnswerLimiter(at_once=2, most_waiting=100) as limiter:
        asking = [asyncio.create_task(limiter.run(work)) for _ in range(40)]
        await until(lambda: work.begun == 2 and limiter.waiting == 38)
        for asker in asking:
            asker.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        assert (work.begun, work.stopped, limiter.waiting) == (2, 2, 0)
        work.let_go.set()
        assert await limiter.run(work) == "done"


async def test_a_stream_is_taken_as_it_grows_and_stops_with_its_taker() -> None:
    made: list[int] = []

    def growing() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number
            time.sleep(0.002)

    with AnswerLimiter(at_once=1) as limiter:
        stream = limiter.stream(growing)
        assert [await anext(stream) for _ in range(3)] == [0, 1, 2]
        await stream.aclose()
        assert 3 <= len(made) < 500
        assert [item async for item in limiter.stream(lambda: iter("abc"))] == ["a", "b", "c"]


async def test_errors_come_out_and_leave_the_place_free() -> None:
    def fail() -> None:
        raise QuestionError("no words")

    with AnswerLimiter(at_once=1, most_waiting=0) as limiter:
        for _ in range(3):
            with pytest.raises(QuestionError, match="no words"):
                await limiter.run(fail)
        assert await limiter.run(lambda: 7) == 7


async def test_less_is_read_while_more_than_half_of_the_places_are_taken() -> None:
    work = Held()
    with AnswerLimiter(at_once=1, most_waiting=4, most_read=6) as limiter:
        asking = []
        seen = []
        for _ in range(5):
            asking.append(asyncio.create_task(limiter.run(work)))
            await until(lambda: limiter.waiting == len(asking) - 1)
            seen.append(limiter.most_read)
        assert seen == [None, None, None, 6, 6]
        work.let_go.set()
        await asyncio.gather(*asking)
        assert limiter.most_read is None


async def test_closing_stops_what_is_computed() -> None:
    work = Held()
    limiter = AnswerLimiter(at_once=1)
    asking = asyncio.create_task(limiter.run(work))
    await until(lambda: work.begun == 1)
    await asyncio.to_thread(limiter.close)
    with pytest.raises(Cancelled):
        await asking
    assert work.stopped == 1


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
async def test_threads_that_compute_stand_back_behind_the_one_that_serves() -> None:
    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with AnswerLimiter(at_once=1) as limiter:
        computing = await limiter.run(own)
    assert computing > own() or own() == 19
