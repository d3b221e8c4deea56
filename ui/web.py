"""The page: layout and wiring, and the only import of Gradio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from gradio.route_utils import FnIndexInferError

from rag.question import Turn
from ui import render
from ui.chat import STOPPED, Chain, Reply, replies
from ui.http_errors import error_response
from ui.rating import rating

STATIC = Path(__file__).parent / "static"
_TYPED_CHARACTERS = 20_000
"""The most that the box takes: well above what may be asked, so that a long paste is refused and not cut in silence."""
_AT_ONCE = 4
_WAITING = 64
_FONTS = [gr.themes.Font(name) for name in ("system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")]

# A link to `#src-1-1` means this page whatever query its address has, which a <base> would drop. After a new question
# the page shows its beginning; while the answer grows the reader's place is left alone.
_PAGE_SCRIPT = """
document.querySelector('base')?.remove();
let shown = 0;
watch('value', () => {
  const turns = element.querySelectorAll('.turn');
  if (turns.length > shown) turns[turns.length - 1].scrollIntoView({ block: 'start' });
  shown = turns.length;
});
"""


@dataclass(frozen=True)
class _Session:
    """One reader's conversation: the turns that the chain is told, each turn's HTML, and the reply being written.

    `dated` is the last question if its dates were looked at. With `rates` a reader may say whether the last answer is
    right; `rated` is its HTML with the means to do so, until the next question.
    """

    rates: bool
    turns: tuple[Turn, ...] = ()
    shown: tuple[str, ...] = ()
    reply: Reply | None = None
    dated: str = ""
    rated: str = ""

    def with_reply(self, reply: Reply, history: Sequence[Turn]) -> _Session:
        """The conversation with a reply put last; a finished one is closed. `history` is what the chain was told."""
        if not reply.finished:
            return replace(self, reply=reply)
        number = len(self.shown) + 1
        turns = (*self.turns, reply.turn) if reply.turn else self.turns
        dated = reply.question if reply.answer and reply.answer.times else ""
        rated = ""
        if self.rates and reply.answer and not reply.problem:
            rated = render.turn(reply, number, rating(reply.answer, history, number))
        return _Session(self.rates, turns, (*self.shown, render.turn(reply, number)), dated=dated, rated=rated)

    @property
    def html(self) -> str:
        """All turns, oldest first."""
        if self.reply:
            return "".join([*self.shown, render.turn(self.reply, len(self.shown) + 1)])
        return "".join([*self.shown[:-1], self.rated] if self.rated else self.shown)


def mount_page(app: FastAPI, chain: Chain, examples: Sequence[str], *, path: str, rates: bool = False) -> FastAPI:
    """Mount the page on an application; with `rates` it asks whether answers are right."""

    async def mount() -> FastAPI:
        return _mount(app, build_page(chain, examples, rates=rates), path)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Where no event loop runs Gradio makes one for each of its locks and closes none of them.
        return asyncio.run(mount())
    return _mount(app, build_page(chain, examples, rates=rates), path)


def _mount(app: FastAPI, page: gr.Blocks, path: str) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path=path,
        theme=_theme(),
        css_paths=STATIC / "page.css",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        app_kwargs={"exception_handlers": {KeyError: _no_such_event, FnIndexInferError: _no_such_event}},
    )
    # So marked, the page asks the address that its reader opened, whatever a proxy has put into the Host header.
    page.config["is_colab"] = True
    return mounted


async def _no_such_event(request: Request, error: Exception) -> JSONResponse:
    """Gradio looks up what a request names, an event for example, without checking that it exists."""
    return error_response(404, "InvalidRequest", "the page has no such event: reload it")


def _theme() -> gr.themes.Base:
    """Paper and ink; the style sheet takes both from here, since they are also shown while the page loads."""
    theme: gr.themes.Base = gr.themes.Base(font=_FONTS, font_mono=[gr.themes.Font("monospace")])
    return theme.set(
        body_background_fill="#fbf9f4", body_background_fill_dark="#171614",
        body_text_color="#1d1b18", body_text_color_dark="#ece7dd",
    )  # fmt: skip


def build_page(chain: Chain, examples: Sequence[str], *, rates: bool = False) -> gr.Blocks:
    """The page over a chain."""
    script = _PAGE_SCRIPT + (STATIC / "rating.js").read_text("utf-8")
    bare: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
    page: gr.Blocks
    with gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True) as page:
        page.queue(max_size=_WAITING, default_concurrency_limit=_AT_ONCE, api_open=False)
        session = gr.State(_Session(rates))
        about, invitation = _opening(chain)
        masthead = gr.HTML(about, elem_id="masthead", **bare)
        with gr.Column(elem_id="empty") as empty:
            welcome = gr.HTML(invitation, **bare)
            offered = [gr.Button(example, elem_classes="example") for example in examples]
        conversation = gr.HTML("", elem_id="conversation", apply_default_css=False, js_on_load=script)
        status = gr.HTML("", html_template='<p role="status">${value}</p>', elem_id="status", **bare)
        with gr.Row(elem_id="composer"):
            box = gr.Textbox(
                label="Your question", placeholder="Ask the archive", max_lines=5,
                max_length=_TYPED_CHARACTERS, elem_id="question", scale=1,
            )  # fmt: skip
            ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=0)
            stop = gr.Button("Stop", visible=False, elem_id="stop", scale=0)
            clear = gr.Button("New conversation", visible=False, elem_id="clear", scale=0)
            undated = gr.Button("Ask without the dates", visible=False, elem_id="undated", scale=0)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs: Any = [session, conversation, status, box, ask, stop, clear, undated, empty]
        answer = partial(_answer, chain)
        asked = [gr.on([box.submit, ask.click], answer, [box, session], outputs, trigger_mode="once", **quiet)]
        asked += [button.click(answer, [button, session], outputs, trigger_mode="once", **quiet) for button in offered]
        asked += [undated.click(partial(_answer_undated, chain), session, outputs, trigger_mode="once", **quiet)]
        stop.click(_stop, session, outputs, cancels=asked, **quiet)
        clear.click(partial(_start_again, _Session(rates)), None, outputs, cancels=asked, **quiet)
        # Outside the queue: its stream of messages closes with the last event, and a question that is asked in that
        # moment would get no answer.
        page.load(partial(_opening, chain), None, [masthead, welcome], queue=False, **quiet)
    return page


def _opening(chain: Chain) -> tuple[str, str]:
    """What stands on the page before the first question, as the archive is now."""
    info = chain.index.info()
    return render.masthead(info), render.welcome(info)


def _answer(chain: Chain, question: str, session: _Session) -> Iterator[tuple[Any, ...]]:
    """Show a question at once and its answer as it grows."""
    if not question.strip():
        gr.Warning("Type a question first.", title="Nothing to ask")
        yield _screen(session, box=gr.skip())
        return
    typed: Any = ""
    history = session.turns
    for reply in replies(chain, question, history):
        session = session.with_reply(reply, history)
        yield _screen(session, render.announcement(reply), box=typed)
        typed = gr.skip()


def _answer_undated(chain: Chain, session: _Session) -> Iterator[tuple[Any, ...]]:
    """Ask the last question again, its dates being words like any other."""
    question, before = session.dated, session.turns[:-1]
    for reply in replies(chain, question, before, dates=False):
        session = session.with_reply(reply, before)
        yield _screen(session, render.announcement(reply), box=gr.skip())


def _stop(session: _Session) -> tuple[Any, ...]:
    """Close the reply as far as it has come; the generator behind it has been cancelled."""
    if session.reply:
        session = session.with_reply(replace(session.reply, problem=STOPPED, finished=True), session.turns)
    return _screen(session, STOPPED, box=gr.skip())


def _start_again(fresh: _Session) -> tuple[Any, ...]:
    return _screen(fresh, "New conversation", box="")


def _screen(session: _Session, said: str = "", *, box: Any) -> tuple[Any, ...]:
    """Values for every output, in their order."""
    busy, begun = session.reply is not None, bool(session.shown)
    return (
        session,
        session.html,
        said,
        box,
        gr.Button(visible=not busy),
        gr.Button(visible=busy),
        gr.Button(visible=begun and not busy),
        gr.Button(visible=bool(session.dated) and not busy),
        gr.Column(visible=not (busy or begun)),
    )
