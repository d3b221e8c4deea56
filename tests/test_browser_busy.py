"""The page while more questions come than can be answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from fakes import FakeChain, respond
from playwright.sync_api import Browser, Page, Route, expect
from test_browser import browser, pytestmark, served, visit

from ui.web.limiter import AnswerLimiter

__all__ = ["browser", "pytestmark", "visit"]


@contextmanager
def crowded(visit: Callable[..., Page], most_waiting: int) -> Iterator[Page]:
    """The page of a server that answers one question at a time, in seconds, with one more waiting already."""
    limiter = AnswerLimiter(at_once=1, most_waiting=most_waiting)
    with served(FakeChain(respond, pause=2.5), limiter=limiter) as address, ThreadPoolExecutor(2) as asking:
        page = visit(address)
        body = {"question": "Why is the pier closed?"}
        posted = [asking.submit(httpx.post, f"{address}/v1/ask", json=body, timeout=60) for _ in range(2)]
        while limiter.ahead < 2:
            assert not all(future.done() for future in posted)
            time.sleep(0.02)
        yield page
        assert [future.result().status_code for future in posted] == [200, 200]
        page.context.close()


def send(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")


def test_e6_a_question_that_waits_says_its_place(visit: Callable[..., Page]) -> None:
    with crowded(visit, most_waiting=64) as page:
        send(page, "How much ice a day?")
        expect(page.locator("#turn-1 .working")).to_contain_text("number 3 in the queue")
        expect(page.locator("#status")).to_contain_text("number 3 in the queue")
        assert page.get_by_label("Your question").input_value() == ""
        expect(page.locator("#turn-1 .short")).to_have_text("forty tonnes")
        expect(page.locator("#status")).to_have_text("Answer ready: 1 sentence, 1 source")


def test_e6_a_question_for_which_there_is_no_room_is_kept(visit: Callable[..., Page]) -> None:
    with crowded(visit, most_waiting=1) as page:
        send(page, "How much ice a day?")
        expect(page.locator("#turn-1 .problem")).to_contain_text("which is as many as may: ask again in")
        expect(page.locator("#status")).to_contain_text("which is as many as may: ask again in")
        expect(page.get_by_label("Your question")).to_have_value("How much ice a day?")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_e6_a_question_that_the_page_cannot_send_is_kept_and_said(browser: Browser) -> None:
    def full(route: Route) -> None:
        route.fulfill(status=503, json={"detail": "Queue is full."}, headers={"retry-after": "5"})

    with served(FakeChain(respond)) as address:
        page = browser.new_page()
        page.goto(address)
        send(page, "How much ice a day?")
        expect(page.locator("#turn-1 .short")).to_have_text("forty tonnes")
        page.route("**/queue/join*", full)
        send(page, "And the pier?")
        expect(page.locator("#status")).to_contain_text("Your question was not taken")
        assert page.get_by_label("Your question").input_value() == "And the pier?"
        for part in page.locator("#status, #conversation, #question").all():
            assert "Error" not in part.inner_text()
        expect(page.locator(".turn")).to_have_count(1)
        page.unroute("**/queue/join*")
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#turn-2 .answer")).to_be_visible()
        page.close()
