"""The page in a real browser: a reader asks, reads and follows citations, and no document can do anything."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from fakes import ICE, PIER, VOTE, FakeChain, FakeCorpus, answer_quoting, refusal, respond
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_render import ATTACKS

from index.documents import Document
from rag.answer import Answer
from ui.web.app import create_app
from ui.web.page.chat import StreamingChain

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
# Of a busy machine; what is there at once costs nothing.
expect.set_options(timeout=20_000)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    # Gradio 6.31 counts its requests in a way that pandas 3 calls deprecated.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

# The least contrast, by WCAG 2.2, between the text of an element and what lies behind it.
CONTRAST = """selector => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  return Math.min(...[...document.querySelectorAll(selector)].map(element => {
    let behind = element, colour;
    do { colour = parse(getComputedStyle(behind).backgroundColor); behind = behind.parentElement; }
    while (behind && colour.length === 4 && colour[3] === 0);
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(colour)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
}"""


@contextmanager
def served(chain: StreamingChain, *examples: str, port: int = 0, **given: Any) -> Iterator[str]:
    """The application, made with what is given, on that port or a free one (0) of this machine; gives its address."""
    listening = socket.create_server(("127.0.0.1", port))
    app = create_app(chain, examples=examples, **given)
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def chain() -> FakeChain:
    return FakeChain(respond)


@pytest.fixture(scope="module")
def address(chain: FakeChain) -> Iterator[str]:
    with served(chain, "Why is the pier closed?", "How much ice a day?") as at:
        yield at


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page. Afterwards: nothing was asked of any other server, no error, no dialog."""
    contexts, trouble = [], []

    def open_page(address: str, viewport: dict[str, int] = DESK, scheme: str = "light", path: str = "/") -> Page:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        contexts.append(context)
        context.on("request", lambda r: r.url.startswith((address, "data:", "blob:")) or trouble.append(r.url))
        context.on("response", lambda r: r.status < 400 or trouble.append(f"{r.status} {r.url}"))
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and trouble.append(m.text))
        page.on("pageerror", lambda e: trouble.append(str(e)))
        page.on("dialog", lambda d: (trouble.append(d.message), d.dismiss()))
        page.set_default_timeout(30_000)
        page.goto(address + path)
        page.get_by_label("Your question").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def ask(page: Page, question: str) -> None:
    """Type a question, send it with Enter and wait until the answer is complete."""
    number = page.locator(".turn").count() + 1
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(f"#turn-{number} :is(.found, .problem)").first.wait_for()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, which must be seen."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab never came to {selector}")


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_an_answer_streams_in_with_its_sources(visit: Callable[..., Page]) -> None:
    with served(FakeChain(respond, pause=1.5)) as slow:
        page = visit(slow)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.get_by_role("button", name="Ask").click()
        answer = page.locator("#turn-1 .answer")
        expect(answer).to_contain_text("closed the north pier on Monday.")
        assert "Repairs will cost" not in answer.inner_text()
        assert page.locator("#src-1-1").is_visible()
        expect(answer).to_contain_text("Council to vote on pier repairs")
        expect(page.locator("#turn-1 .source")).to_have_count(3)
        expect(page.locator("#status")).to_have_text("Answer ready: 3 sentences, 3 sources")
        assert page.get_by_label("Your question").input_value() == ""
        assert "headline, not article text" in page.locator("#src-1-3").inner_text()
        page.context.close()


def test_a_click_on_a_citation_goes_to_its_highlighted_source(visit: Callable[..., Page], address: str) -> None:
    page = visit(address, {"width": 1280, "height": 420})
    ask(page, "Why is the pier closed?")
    page.get_by_role("link", name="[3]").click()
    card = page.locator("#src-1-3")
    expect(card).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').id") == "src-1-3"
    assert card.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert card.locator("mark").inner_text() == VOTE.text
    assert page.locator("#src-1-2 mark").inner_text() == "Repairs will cost 3.2 million crowns and take until June."
    expect(page.locator("#turn-1 .answer")).to_be_in_viewport()  # the answer stays beside its sources
    card.get_by_role("link", name="back to the answer").click()
    assert page.evaluate("document.querySelector(':target').id") == "mark-1-3"


def test_everything_works_with_the_keyboard_alone(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)

    tab_to(page, ".example")
    page.keyboard.press("Enter")
    page.locator("#turn-1 .found").wait_for()
    tab_to(page, "#mark-1-2")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(':target').id") == "src-1-2"
    tab_to(page, "#question textarea")
    page.keyboard.type("How much ice a day?")
    page.keyboard.press("Enter")
    page.locator("#turn-2 .found").wait_for()
    tab_to(page, "#clear")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)


def test_a_conversation_keeps_every_turns_own_sources(
    visit: Callable[..., Page], chain: FakeChain, address: str
) -> None:
    page = visit(address, path="/ui/?from=elsewhere")  # a query must not make a citation reload the page
    ask(page, "Why is the pier closed?")
    page.locator("#mark-1-1").click()
    ask(page, "And how much ice a day?")
    assert [turn.question for turn in chain.asked[-1][1]] == ["Why is the pier closed?"]
    assert page.evaluate("document.querySelector(':target').id") == "src-1-1"
    expect(page.locator("#turn-2 .question")).to_be_in_viewport()
    page.locator("#mark-2-1").click()
    expect(page.locator("#src-2-1")).to_be_in_viewport()
    assert "Ice plant opens" in page.locator(":target").inner_text()
    page.locator("#mark-1-1").click()
    assert "North pier closed" in page.locator(":target").inner_text()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".example").first).to_be_visible()
    ask(page, "How much ice a day?")
    assert chain.asked[-1][1] == ()


def test_two_readers_have_two_conversations(visit: Callable[..., Page], chain: FakeChain, address: str) -> None:
    one, other = visit(address), visit(address)
    ask(one, "Why is the pier closed?")
    ask(other, "How much ice a day?")
    assert chain.asked[-1][1] == ()
    assert "pier" not in other.locator("#conversation").inner_text()


def test_an_example_is_a_question(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="How much ice a day?").click()
    expect(page.locator("#turn-1 .short")).to_have_text("forty tonnes")
    expect(page.locator(".example").first).to_be_hidden()


def test_what_is_not_in_the_corpus_is_said_plainly(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, "What is the capital of Peru?")
    expect(page.locator("#turn-1 .absent")).to_contain_text("Not in the corpus.")
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_visible()
    expect(page.locator("#turn-1 .source")).to_have_count(2)
    expect(page.locator("#status")).to_have_text("Not in the corpus")


def test_a_question_that_cannot_be_asked_is_explained(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Type a question first.")).to_be_visible()
    assert page.locator(".turn").count() == 0
    ask(page, "🙂")
    expect(page.locator("#turn-1 .problem")).to_contain_text("The question holds no words")
    ask(page, "x" * 1_000_000)
    expect(page.locator("#turn-2 .problem")).to_contain_text("the limit is 2,000")
    assert overflow(page) <= 0


def test_stop_keeps_what_is_there(visit: Callable[..., Page]) -> None:
    with served(FakeChain(respond, pause=2.0)) as slow:
        page = visit(slow)
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.keyboard.press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#turn-1 .problem")).to_have_text("Stopped.")
        expect(page.get_by_role("button", name="Ask")).to_be_visible()
        page.wait_for_timeout(2500)
        assert "Repairs" not in page.locator("#turn-1 .answer").inner_text()
        page.context.close()


def test_a_failure_is_a_sentence_and_the_page_goes_on(visit: Callable[..., Page]) -> None:
    def fail_on_ice(question: str) -> Answer:
        if "ice" in question:
            raise ZeroDivisionError("secret detail")
        return respond(question)

    with served(FakeChain(fail_on_ice)) as failing:
        page = visit(failing)
        ask(page, "How much ice a day?")
        expect(page.locator("#turn-1 .problem")).to_contain_text("Something went wrong while answering")
        assert "secret" not in page.content()
        ask(page, "Why is the pier closed?")
        expect(page.locator("#turn-2 .source")).to_have_count(3)
        page.context.close()


def test_an_empty_archive_says_how_to_fill_it(visit: Callable[..., Page]) -> None:
    with served(FakeChain(refusal, FakeCorpus(0))) as empty:
        page = visit(empty)
        expect(page.get_by_role("heading", name="Nothing indexed yet")).to_be_visible()
        ask(page, "Anything there?")
        expect(page.locator("#turn-1 .problem")).to_contain_text("dateline index add PATH")
        page.context.close()


def test_the_page_opens_with_what_is_indexed_now_and_without_a_stream(visit: Callable[..., Page]) -> None:
    corpus = FakeCorpus(0)
    with served(FakeChain(respond, corpus)) as growing:
        corpus.documents = 3
        page = visit(growing)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        expect(page.locator(".holdings")).to_contain_text("2 articles and 1 headline")
        expect(page.get_by_role("heading", name="Ask the archive")).to_be_visible()
        # A question that is asked while a stream of messages closes would be lost.
        assert not [url for url in asked if "/queue/" in url]
        assert [url for url in asked if url.endswith("/run/predict")]
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_against_what_lies_behind_it(visit: Callable[..., Page], address: str, scheme: str) -> None:
    page = visit(address, scheme=scheme)
    for selector in (".masthead h1", ".holdings", ".welcome p", ".example", "#question label span", "#ask"):
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector
    ask(page, "How much ice a day?")
    ask(page, "Why is the pier closed?")
    page.locator("#turn-2 .found summary").click()
    page.locator("#mark-2-3").click()
    for selector in (
        ".question", ".short", ".answer", ".cite", ".sources h3", ".source h4", ".meta", ".kind", ".passage", "mark",
        ".number", ".found summary", ".facts dt", ".facts dd", ".ranks td", ".snippet", "#clear",
    ):  # fmt: skip
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector


def test_the_page_names_its_parts(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    assert page.title() == "Dateline"
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["Dateline"]
    ask(page, "Why is the pier closed?")
    expect(page.get_by_role("complementary", name="Sources for question 1")).to_be_visible()
    for button in page.get_by_role("button").all():
        assert button.inner_text().strip() or button.get_attribute("aria-label")
    assert "2 articles and 1 headline, from 2 outlets" in page.locator(".holdings").inner_text()
    page.locator("#turn-1 .found summary").click()
    expect(page.get_by_role("columnheader", name="meaning")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(visit: Callable[..., Page], address: str, scheme: str) -> None:
    page = visit(address, PHONE, scheme)
    assert overflow(page) <= 0
    ask(page, "Why is the pier closed?")
    page.locator("#turn-1 .found summary").click()
    ask(page, "What is the capital of Peru?")
    page.locator("#turn-2 .found summary").click()
    assert overflow(page) <= 0
    below = page.locator("#turn-1 .sources").bounding_box()
    above = page.locator("#turn-1 .answer").bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] > above["y"] + above["height"]


def hostile(question: str) -> Answer:
    """Every attack at once, in every field of a document that an answer can show."""
    if "long" in question:
        word = "x" * 100_000 + " a" + "\u0301" * 10_000
        return answer_quoting(
            question, (Document(word, title=word, outlet=word, url=f"https://{'x' * 300}.example"), word)
        )
    document = Document(
        "\n".join(ATTACKS), title=" ".join(ATTACKS), outlet=" ".join(ATTACKS), url="javascript:alert(1)"
    )
    quotes = [(document, attack) for attack in ATTACKS]
    answer = answer_quoting(question, *quotes, (PIER, "Engineers had found cracks in four pillars."))
    if "refuse" in question:
        return refusal(question, document, ICE)
    return replace(answer, short_answer=" ".join(ATTACKS), standalone_question=" ".join(ATTACKS))


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_document_can_do_anything(visit: Callable[..., Page], viewport: dict[str, int]) -> None:
    with served(FakeChain(hostile), *ATTACKS[:3]) as attacked:
        page = visit(attacked, viewport)
        ask(page, "Show me")
        ask(page, "refuse")
        ask(page, "long")
        for attack in ATTACKS[:6]:
            ask(page, attack)
        page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
        page.wait_for_timeout(500)
        # Dialogs, errors and requests elsewhere are checked for every page when it is closed.
        assert page.evaluate("document.body.dataset.hit") is None
        assert page.locator("#conversation :is(script, img, svg, math, iframe, form, input, style, video)").count() == 0
        assert page.locator(".turn [style]:not(.bar *)").count() == 0
        links = page.locator("#conversation a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert links
        assert all(link.startswith(("#src-", "#mark-", "https://")) for link in links)
        shown = page.locator("#turn-1 .answer").text_content() or ""
        assert "${alert(1)} ${HOME} {{constructor.constructor('alert(1)')()}} `${1}`" in shown
        assert "<script>document.body.dataset.hit=1</script>" in shown
        assert "(3) (1)" in shown
        assert overflow(page) <= 0
        expect(page.get_by_role("button", name="Ask")).to_be_in_viewport()
        page.locator("#mark-1-18").click()
        expect(page.locator("#src-1-18")).to_be_in_viewport()
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".turn")).to_have_count(0)
        page.context.close()
