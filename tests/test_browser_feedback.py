"""The verdict on an answer in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fakes import FakeChain, respond
from playwright.sync_api import Browser, Page, expect
from test_browser import CONTRAST, DESK, PHONE, ask, browser, hostile, overflow, pytestmark, served, tab_to, visit
from test_render import ATTACKS

from rag.feedback import Feedback, FeedbackFile
from rag.question.question import Turn

__all__ = ["browser", "pytestmark", "visit"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FeedbackFile]]:
    """The address of an application, and where it keeps what it is told."""
    kept = FeedbackFile(tmp_path_factory.mktemp("feedback") / "feedback.jsonl")
    with served(FakeChain(respond), feedback=kept) as at:
        yield at, kept


@pytest.fixture
def file(site: tuple[str, FeedbackFile]) -> FeedbackFile:
    """Not there yet."""
    site[1].path.unlink(missing_ok=True)
    return site[1]


@pytest.fixture
def address(site: tuple[str, FeedbackFile], file: FeedbackFile) -> str:
    return site[0]


def judge(page: Page, name: str) -> None:
    """Press a button and wait until the verdict is noted."""
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".rating-said")).to_contain_text("Thank you, noted.")


def last(file: FeedbackFile) -> Feedback:
    return file.read().records[-1]


def test_right_is_noted_with_one_press(visit: Callable[..., Page], address: str, file: FeedbackFile) -> None:
    page = visit(address)
    ask(page, "How much ice a day?")
    judge(page, "Right")
    assert (last(file).verdict, last(file).short_answer) == ("right", "forty tonnes")
    assert page.locator(".why").is_hidden()


def test_not_right_is_noted_at_once_and_a_reason_may_follow(
    visit: Callable[..., Page], address: str, file: FeedbackFile
) -> None:
    page = visit(address)
    ask(page, "How much ice a day?")
    judge(page, "Not right")
    assert (last(file).verdict, last(file).reason, last(file).correction) == ("wrong", None, "")
    page.get_by_role("radio", name="Outdated").check()
    page.get_by_label("What would be right?").fill("fifty tonnes\nsince May")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".why")).to_be_hidden()
    expect(page.get_by_role("button", name="Not right")).to_be_focused()
    assert (last(file).reason, last(file).correction.split()) == ("outdated", ["fifty", "tonnes", "since", "May"])
    page.get_by_role("button", name="Not right").click()  # opens the form again, with what was said
    assert page.get_by_role("radio", name="Outdated").is_checked()
    judge(page, "Right")
    assert page.locator(".why").is_hidden()
    kept = file.read()
    assert [record.verdict for record in kept.current] == ["right"]
    assert len(kept.records) == 3


def test_the_next_question_closes_the_verdict_on_the_last_one(
    visit: Callable[..., Page], address: str, file: FeedbackFile
) -> None:
    page = visit(address)
    ask(page, "How much ice a day?")
    judge(page, "Not right")
    page.get_by_label("What would be right?").fill("half a thought")
    ask(page, "Why is the pier closed?")
    expect(page.locator("#turn-1 .rating")).to_have_count(0)
    expect(page.locator("#turn-2 .rating")).to_have_count(1)
    expect(page.locator("#turn-2 [aria-pressed=true]")).to_have_count(0)
    assert page.get_by_label("What would be right?").input_value() == ""
    judge(page, "Right")
    record = last(file)
    assert record.question == "Why is the pier closed?"
    assert record.history == (Turn("How much ice a day?", "It makes forty tonnes of ice a day. [1]", "forty tonnes"),)
    assert len(record.citations) == 3
    assert len({record.id for record in file.read().records}) == 2
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".rating")).to_have_count(0)
    ask(page, "How much ice a day?")
    judge(page, "Right")
    assert last(file).history == ()


def test_what_is_typed_stays_when_an_empty_question_is_sent(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, "How much ice a day?")
    judge(page, "Not right")
    page.get_by_label("What would be right?").fill("fifty tonnes")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Type a question first.")).to_be_visible()
    assert page.get_by_label("What would be right?").input_value() == "fifty tonnes"


def test_a_refusal_has_reasons_of_its_own(visit: Callable[..., Page], address: str, file: FeedbackFile) -> None:
    page = visit(address)
    ask(page, "What is the capital of Peru?")
    judge(page, "Not right")
    assert page.get_by_role("radio").count() == 2
    page.get_by_role("radio", name="Should have answered").check()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".why")).to_be_hidden()
    assert (last(file).answered, last(file).reason) == (False, "should_have_answered")


def test_there_is_nothing_to_judge_before_the_answer_is_whole_or_where_it_failed(
    visit: Callable[..., Page], file: FeedbackFile
) -> None:
    with served(FakeChain(respond, pause=0.5), feedback=file) as slow:
        page = visit(slow)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.keyboard.press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        assert page.locator(".rating").count() == 0
        expect(page.locator("#turn-1 .rating")).to_have_count(1)
        ask(page, "🙂")
        expect(page.locator("#turn-2 .problem")).to_be_visible()
        assert page.locator(".rating").count() == 0
        page.context.close()


def test_the_keyboard_is_enough(visit: Callable[..., Page], address: str, file: FeedbackFile) -> None:
    page = visit(address)
    ask(page, "How much ice a day?")

    tab_to(page, ".verdict[value=right]")
    tab_to(page, ".verdict[value=wrong]")
    page.keyboard.press("Enter")
    expect(page.locator(".rating-said")).to_contain_text("Thank you")
    tab_to(page, "[name=reason]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name=correction]")
    page.keyboard.type("fifty tonnes")
    tab_to(page, ".send")
    page.keyboard.press("Space")
    expect(page.locator(".why")).to_be_hidden()
    assert (last(file).reason, last(file).correction) == ("not_in_source", "fifty tonnes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_row_can_be_read_and_fits(
    visit: Callable[..., Page], address: str, scheme: str, viewport: dict[str, int]
) -> None:
    page = visit(address, viewport, scheme)
    ask(page, "Why is the pier closed?")
    judge(page, "Not right")
    for selector in (
        ".rating-question", ".verdict", ".rating-said", ".why legend", ".why fieldset label", ".why > label",
        ".why textarea", ".send",
    ):  # fmt: skip
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector
    assert overflow(page) <= 0
    for button in page.locator(".verdict, .send").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    group = page.get_by_role("group", name="Is this right?")
    expect(group.get_by_role("button")).to_have_count(3)
    expect(page.get_by_role("button", name="Not right")).to_have_attribute("aria-expanded", "true")


def test_a_verdict_that_cannot_be_kept_is_told_and_the_page_goes_on(
    browser: Browser, address: str, file: FeedbackFile
) -> None:
    # Not with `visit`: the browser itself reports a response that is an error.
    page = browser.new_page()
    page.goto(address)
    ask(page, "How much ice a day?")
    file.path.mkdir()  # where the file should be, so that it cannot be written
    page.get_by_role("button", name="Right", exact=True).click()
    expect(page.locator(".rating-said")).to_contain_text("Not noted: the feedback was not kept: whoever runs")
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    page.route("**/v1/feedback", lambda route: route.abort())
    page.get_by_role("button", name="Not right").click()
    expect(page.locator(".rating-said")).to_have_text("Not noted: the server cannot be reached")
    page.get_by_label("What would be right?").fill("fifty tonnes")
    page.unroute("**/v1/feedback")
    page.route("**/v1/feedback", lambda route: route.fulfill(status=502, body="<html>"))
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".rating-said")).to_have_text("Not noted: the server answered 502")
    page.unroute("**/v1/feedback")
    file.path.rmdir()
    page.get_by_role("button", name="Send").click()  # what was typed is still there
    expect(page.locator(".why")).to_be_hidden()
    assert last(file).correction == "fifty tonnes"
    ask(page, "Why is the pier closed?")
    expect(page.locator("#turn-2 .source")).to_have_count(3)
    page.context.close()


def test_no_document_can_do_anything_in_the_row(visit: Callable[..., Page], file: FeedbackFile) -> None:
    with served(FakeChain(hostile), feedback=file) as attacked:
        page = visit(attacked, PHONE)
        for question in ("Show me", "refuse"):
            ask(page, question)
            judge(page, "Not right")
            page.get_by_label("What would be right?").fill(" ".join(ATTACKS))
            page.get_by_role("button", name="Send").click()
            expect(page.locator(".why")).to_be_hidden()
        page.wait_for_timeout(300)
        # Dialogs, errors and requests elsewhere are checked for every page when it is closed.
        assert page.evaluate("document.body.dataset.hit") is None
        assert page.locator("#conversation :is(script, img, svg, math, iframe, style, video)").count() == 0
        assert page.locator("#conversation :is(form, textarea)").count() == 2
        assert "${alert(1)} ${HOME}" in last(file).correction
        ask(page, "long")
        assert overflow(page) <= 0
        page.context.close()
