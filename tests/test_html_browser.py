"""The page of a run in a real browser, opened from a file: it finds, filters, orders, and no text can do anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_runs import PIER, bad, good, hostile, report
from playwright.sync_api import Browser, Page, expect
from test_browser import CHROMIUM, CONTRAST, DESK, PHONE, browser, overflow
from test_render import ATTACKS

from eval.html.page import render
from eval.report import Report

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """Opens the page of some runs. Afterwards: one request, for the page itself, and no error, violation or dialog."""
    contexts, trouble, asked = [], [], []

    def open_page(*runs: Report, viewport: dict[str, int] = DESK, scheme: str = "light") -> Page:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(render(runs, [f"run {n}" for n in range(len(runs))]), "utf-8", "surrogatepass")
        context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective, e.blockedURI))"
        )
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []
    assert len(asked) == len(contexts)
    assert all(url.startswith("file://") for url in asked)


def shown(page: Page) -> list[str]:
    """The questions that can be seen, in their order."""
    return page.locator(".question:not([hidden]) > summary .text").all_text_contents()


def test_an_opened_question_shows_its_passages_with_gold_and_citations_marked(visit: Visit) -> None:
    page = visit(good())
    expect(page.locator("ol.found > li")).to_have_count(0)
    question = page.locator(".question", has_text="Why is the pier closed?")
    question.locator("> summary").click()
    first = question.locator("ol.found > li").first
    expect(first.locator("blockquote")).to_have_text(PIER)
    expect(first.locator("mark")).to_have_text("Engineers had found cracks in four pillars.")
    expect(first.locator("mark")).to_have_class("gold cited")
    expect(first.locator(".meta")).to_have_text("Tidewater Post, 2025-03-04 · pier · score 1 · dense 1 · read 1")
    # What holds neither evidence nor a citation is folded away.
    assert [row.get_attribute("open") for row in question.locator("ol.found details").all()] == ["", None]
    question.locator("> summary").click()
    question.locator("> summary").click()
    expect(question.locator("ol.found > li")).to_have_count(2)


def test_questions_are_found_by_text_type_and_outcome(visit: Visit) -> None:
    page = visit(good(), bad())
    assert len(shown(page)) == 3
    page.get_by_role("searchbox").fill("CLOSED pier")
    expect(page.locator("#shown")).to_have_text("2 of 3 questions")
    page.get_by_role("searchbox").fill("tuesday")
    expect(page.locator("#shown")).to_have_text("1 of 3 questions")
    assert shown(page) == ["When was the pier closed?"]
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#shown")).to_have_text("3 questions")
    page.get_by_label("Outcome of run 0").select_option("right")
    page.get_by_label("Outcome of run 1").select_option("wrong")
    assert shown(page) == ["Why is the pier closed?"]
    page.get_by_label("Type").select_option("who")
    expect(page.locator("#shown")).to_have_text("0 of 3 questions")


def test_questions_are_put_in_order(visit: Visit) -> None:
    page = visit(good(), bad())
    why, when, mayor = "Why is the pier closed?", "When was the pier closed?", "Who is the mayor?"
    assert shown(page) == [when, why, mayor]
    page.get_by_label("Order").select_option("as in the benchmark")
    assert shown(page) == [why, when, mayor]
    page.get_by_label("Order").select_option("largest loss first: run 1")
    assert shown(page) == [why, mayor, when]
    page.get_by_label("Order").select_option("largest gain first: run 1")
    assert shown(page) == [when, why, mayor]


def test_a_link_leads_to_a_question(visit: Visit) -> None:
    page = visit(good())
    page.evaluate("location.hash = '#q2'")
    expect(page.locator("#q2")).to_have_attribute("open", "")
    expect(page.locator("#q2 ol.found > li")).to_have_count(1)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_text_of_a_corpus_can_do_anything(visit: Visit, viewport: dict[str, int]) -> None:
    runs = [
        hostile(attack) for attack in [*ATTACKS, "</script><script>alert(1)</script>", "\x00\x07\x1b[31m\r\n\u2028"]
    ]
    together = report(*(made.cases[0] for made in runs))
    page = visit(together, together, viewport=viewport)
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    page.wait_for_timeout(300)
    expect(page.locator("ol.found > li")).to_have_count(2 * len(runs))
    # Dialogs, errors, violations and requests are checked for every page when it is closed.
    assert page.evaluate("document.body.dataset.hit") is None
    assert page.locator("main :is(script, img, iframe, math, style, video, object)").count() == 0
    assert page.locator("script").count() == 2
    assert overflow(page) <= 0
    written = page.locator("ol.found blockquote").first
    assert written.text_content() == ATTACKS[0] or written.text_content() in ATTACKS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_against_what_lies_behind_it(visit: Visit, scheme: str) -> None:
    page = visit(good(), bad(), scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    for selector in (
        "h1", ".kicker", ".hash", "nav a", ".part > p", ".summary td", ".summary small", ".group th", ".says",
        ".settings td", "mark", ".tag", ".text", ".gave", ".score", ".verdict", ".facts dt", ".cite", ".sources small",
        ".scores dt", ".timings", ".meta", ".rank", "blockquote", ".meanings dd", "#tools span",
    ):  # fmt: skip
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector


@pytest.mark.parametrize("runs", [1, 3])
def test_a_phone_needs_no_sideways_scrolling(visit: Visit, runs: int) -> None:
    page = visit(*[good(), bad(), good()][:runs], viewport=PHONE)
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    page.wait_for_timeout(200)
    assert overflow(page) <= 0


def test_lines_are_told_apart_without_colour(visit: Visit) -> None:
    page = visit(good(), bad())
    dashes = (
        page.locator("#plots .drawing")
        .first.locator(".line")
        .evaluate_all("all => all.map(line => getComputedStyle(line).strokeDasharray)")
    )
    assert len(dashes) == len(set(dashes)) == 2
