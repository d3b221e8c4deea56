"""The page when the server stops, comes back or fails, and when it is loaded again: nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from fakes import FakeChain, respond
from playwright.sync_api import Browser, Page, expect
from test_browser import DESK, ask, browser, pytestmark, served, visit

from rag.answer import Answer
from rag.followups import REMEMBERED_TURNS

__all__ = ["browser", "pytestmark", "visit"]


FILL = """room => {
  let most = 0;
  for (let step = 2 ** 24; step >= 1; step /= 2)
    try {
      sessionStorage.setItem('taken', 'x'.repeat(most + step));
      most += step;
    } catch {}
  sessionStorage.setItem('taken', 'x'.repeat(most - room));
}"""
"""Leaves room for so many characters in what the browser keeps for the tab."""


class Restarted:
    """A server that can be stopped and started on the port it once got."""

    def __init__(self, chain: FakeChain) -> None:
        self.chain = chain
        self._running = ExitStack()
        self.address = self._running.enter_context(served(chain, "How much ice a day?"))

    def stop(self) -> None:
        self._running.close()

    def start(self, chain: FakeChain | None = None) -> None:
        port = urlsplit(self.address).port or 0
        self._running.enter_context(served(chain or self.chain, "How much ice a day?", port=port))


@pytest.fixture
def server() -> Iterator[Restarted]:
    made = Restarted(FakeChain(respond))
    yield made
    made.stop()


@pytest.fixture
def page(browser: Browser, server: Restarted) -> Iterator[Page]:
    """The page; its browser may say that the server cannot be reached, which is what is tried here."""
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.set_default_timeout(30_000)
    opened.goto(server.address)
    opened.get_by_label("Your question").wait_for()
    yield opened
    context.close()
    assert errors == []


def test_e10_a_restart_that_nobody_noticed_loses_nothing(page: Page, server: Restarted) -> None:
    ask(page, "Why is the pier closed?")
    server.stop()
    server.start(FakeChain(respond))
    ask(page, "And how much ice a day?")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator("#turn-1 .answer")).to_contain_text("closed the north pier on Monday.")
    expect(page.locator("#turn-2 .short")).to_have_text("forty tonnes")


def test_e10_the_new_server_is_told_the_conversation(page: Page, server: Restarted) -> None:
    ask(page, "Why is the pier closed?")
    ask(page, "What is the capital of Peru?")
    server.stop()
    other = FakeChain(respond)
    server.start(other)
    ask(page, "And how much ice a day?")
    ((_, history, _),) = other.asked
    assert [turn.question for turn in history] == ["Why is the pier closed?", "What is the capital of Peru?"]
    assert history[0].answer.startswith("The harbour council closed the north pier on Monday. [1]")
    assert history[1].answer == ""


def test_e10_a_question_that_is_asked_while_the_server_is_down_is_not_lost(page: Page, server: Restarted) -> None:
    ask(page, "Why is the pier closed?")
    server.stop()
    page.get_by_label("Your question").fill("And how much ice a day?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
    server.start()
    expect(page.get_by_text("Your question was not taken: it is in the box again.")).to_be_visible()
    assert page.get_by_label("Your question").input_value() == "And how much ice a day?"
    expect(page.locator("#turn-1 .answer")).to_contain_text("closed the north pier on Monday.")
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#turn-2 .short")).to_have_text("forty tonnes")
    expect(page.get_by_text("Your question was not taken")).to_have_count(0)


def test_e10_a_reload_keeps_the_conversation_and_its_context(page: Page, server: Restarted) -> None:
    ask(page, "Why is the pier closed?")
    ask(page, "🙂")
    page.reload()
    expect(page.locator("#turn-1 .source")).to_have_count(3)
    expect(page.locator("#turn-2 .problem")).to_contain_text("holds no words")
    expect(page.locator(".example").first).to_be_hidden()
    ask(page, "And how much ice a day?")
    assert [turn.question for turn in server.chain.asked[-1][1]] == ["Why is the pier closed?"]
    page.get_by_role("button", name="New conversation").click()
    page.reload()
    expect(page.locator(".example").first).to_be_visible()
    assert page.locator(".turn").count() == 0


def test_e10_a_tab_without_room_says_which_answers_are_gone(page: Page) -> None:
    ask(page, "Why is the pier closed?")
    page.evaluate(FILL, 3 * int(page.evaluate("sessionStorage.getItem('dateline-turn-1').length")))
    for _ in range(6):
        ask(page, "Why is the pier closed?")
    page.reload()
    expect(page.locator(".turn").first).to_be_visible()
    first, *others = page.locator(".turn").evaluate_all("all => all.map(turn => turn.id)")
    assert first != "turn-1"
    assert others[-1] == "turn-7"
    gone = int(first.removeprefix("turn-")) - 1
    expect(page.locator(".note-to-reader")).to_contain_text(f"the first {gone} answers")


def test_e9_what_failed_can_be_tried_again(page: Page, server: Restarted) -> None:
    def fail_once(question: str) -> Answer:
        server.chain.respond = respond
        raise ZeroDivisionError("secret detail")

    server.chain.respond = fail_once
    ask(page, "How much ice a day?")
    page.get_by_label("Your question").fill("a draft")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#turn-1 .short")).to_have_text("forty tonnes")
    expect(page.locator("#turn-1 .problem")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(1)
    assert page.get_by_label("Your question").input_value() == "a draft"
    assert page.get_by_role("button", name="Try again").count() == 0
    ask(page, "And why is the pier closed?")
    assert [turn.question for turn in server.chain.asked[-1][1]] == ["How much ice a day?"]


def test_only_the_last_turns_are_told_and_only_the_new_one_is_sent(page: Page, server: Restarted) -> None:
    told, sent = [], []
    page.on("request", lambda request: "/queue/join" in request.url and told.append(len(request.post_data or "")))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.dataReceived", lambda event: sent.append(event["dataLength"]))
    sizes = []
    for _ in range(REMEMBERED_TURNS + 6):
        before = sum(sent)
        ask(page, "How much ice a day?")
        page.wait_for_timeout(50)
        sizes.append(sum(sent) - before)
    assert len(server.chain.asked[-1][1]) == REMEMBERED_TURNS
    assert max(told[-3:]) < 4_000
    assert max(sizes[-3:]) < 2 * max(sizes[:3])
