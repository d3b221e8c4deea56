"""A server that is told to stop ends in time: with pages open, answers running, and requests that do not end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import ARCHIVE
from fakes import FakeChain, respond
from playwright.sync_api import Browser, Page, expect
from servers import QUICK
from test_browser import ask, browser, pytestmark, served

from index.embedders.hashing import HashingEmbedder
from index.search import Index

__all__ = ["browser", "pytestmark"]

IN_TIME = 10.0
SLOW = [sys.executable, str(Path(__file__).parent / "support" / "slow_server.py")]


@dataclass
class Server:
    """A process, the address that it printed, and what it said afterwards."""

    process: subprocess.Popen[str]
    address: str
    said: list[str]

    def stop(self, number: int) -> tuple[int, float]:
        """Its exit status after that signal, and the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(30)
        return status, time.monotonic() - started


@contextmanager
def started(command: Sequence[str], **environment: str) -> Iterator[Server]:
    """A server as a process, which is killed at the end if it still runs."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert process.stderr is not None
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(process.stderr or ()))
    try:
        for line in process.stderr:
            if found := re.search(r"Dateline is at (http\S+)/", line):
                reading.start()
                yield Server(process, found[1], said)
                return
            said.append(line)
        raise AssertionError(f"it did not start: {said}")
    finally:
        process.kill()
        process.wait()
        if reading.ident:
            reading.join()
        process.stderr.close()


def slow(pause: float, at_once: int = 4, port: int = 0) -> list[str]:
    return [*SLOW, str(port), str(pause), str(at_once)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def post(address: str, question: str) -> httpx.Response:
    return httpx.post(f"{address}/v1/ask", json={"question": question}, timeout=60)


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_e11_an_open_page_does_not_keep_the_server(page: Page, tmp_path: Path, number: int, status: int) -> None:
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        made.add_documents(ARCHIVE)
    command = [sys.executable, "-c", "from ui.cli import app; app()", "serve", "--index", str(tmp_path / "index")]
    with started([*command, "--port", "0"], **QUICK) as server:
        page.goto(server.address)
        page.get_by_label("Your question").wait_for()
        ask(page, "Why is the pier closed?")
        # The other stream of Gradio's that never ends is closed.
        assert httpx.get(f"{server.address}/ui/gradio_api/heartbeat/x").status_code == 404
        ended, seconds = server.stop(number)
        assert (ended, seconds < IN_TIME) == (status, True)
    assert "Traceback" not in "".join(server.said)


def test_e11_answers_that_end_in_time_are_delivered(page: Page, asking: ThreadPoolExecutor) -> None:
    with started(slow(1.2)) as server:
        page.goto(server.address)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        posted = asking.submit(post, server.address, "Why is the pier closed?")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        expect(page.locator("#turn-1 .source")).to_have_count(3)
        expect(page.locator("#turn-1 .found")).to_be_visible()
        assert posted.result().status_code == 200
        assert server.process.wait(IN_TIME) == 0
    assert "Traceback" not in "".join(server.said)


def test_e11_what_cannot_end_in_time_is_told_so_and_can_be_had_after_a_restart(
    page: Page, asking: ThreadPoolExecutor
) -> None:
    with started(slow(25, at_once=2)) as server:
        page.goto(server.address)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        posted = [asking.submit(post, server.address, "Why is the pier closed?") for _ in range(3)]
        time.sleep(1)
        began = time.monotonic()
        status, seconds = server.stop(signal.SIGTERM)
        assert (status, seconds < IN_TIME) == (0, True)
        told = [future.result() for future in posted]
        assert {(response.status_code, response.json()["error"]["type"]) for response in told} == {
            (503, "ServerStopping")
        }
        assert all(int(response.headers["retry-after"]) > 0 for response in told)
        # Who waited for a place is told at once.
        assert sorted(response.elapsed.total_seconds() for response in told)[0] < 1 + seconds / 2
        assert time.monotonic() - began < IN_TIME + 1
        expect(page.locator("#turn-1 .problem")).to_contain_text(
            "The server is being stopped: ask again when it is back."
        )
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
    assert "Traceback" not in "".join(server.said)
    with started(slow(0, port=urlsplit(server.address).port or 0)):
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#turn-1 .source")).to_have_count(3)
        expect(page.locator("#turn-1 .problem")).to_have_count(0)


def test_e10_an_answer_that_a_kill_cut_off_says_so_and_can_be_had(page: Page) -> None:
    with started(slow(25)) as server:
        page.goto(server.address)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        server.process.kill()
    with started(slow(0, port=urlsplit(server.address).port or 0)):
        expect(page.locator("#turn-1 .problem")).to_contain_text("lost before this answer was complete")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#turn-1 .source")).to_have_count(3)
        expect(page.locator(".turn")).to_have_count(1)


def test_a_second_signal_ends_it_at_once(asking: ThreadPoolExecutor) -> None:
    with started(slow(25)) as server:
        lost: Future[httpx.Response] = asking.submit(post, server.address, "Why is the pier closed?")
        time.sleep(1)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        status, seconds = server.stop(signal.SIGINT)
        assert (status, seconds < 2) == (130, True)
        assert isinstance(lost.exception(), httpx.HTTPError)
    assert "Traceback" not in "".join(server.said)


def test_e6_what_nobody_listens_to_is_not_computed() -> None:
    chain = FakeChain(respond)
    with served(chain) as address:
        join = httpx.get(f"{address}/ui/config").json()
        event = next(found for found in join["dependencies"] if [t[1] for t in found["targets"]][:1] == ["submit"])
        for number in range(20):
            body = {
                "data": ["Why is the pier closed?", {"number": 1, "turns": []}],
                "fn_index": event["id"], "session_hash": f"nobody{number}",
            }  # fmt: skip
            assert httpx.post(f"{address}/ui/gradio_api/queue/join", json=body).status_code == 200
        time.sleep(5)
        assert chain.asked == []
