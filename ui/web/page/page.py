"""The page: layout and wiring, and the only import of Gradio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from gradio.route_utils import FnIndexInferError

from index.errors import QuestionError
from rag.followups import REMEMBERED_TURNS
from rag.receipts import Receipts
from ui.web.errors import error_response
from ui.web.limiter import AnswerLimiter
from ui.web.page import render
from ui.web.page.chat import SentConversation, StreamingChain, as_sentence
from ui.web.page.queued import Listeners, QueuedChain
from ui.web.page.rating import rating

STATIC = Path(__file__).parent / "static"
_TYPED_CHARACTERS = 20_000
"""The most that the box takes: well above what may be asked, so that a long paste is refused and not cut in silence."""
_ASKED_AT_ONCE = 100
"""Events that Gradio hands on, most of which wait: how many are answered, and how many may wait, the limiter says."""
_MORE = 64
_SESSIONS = 200
"""Pages of which Gradio keeps what it keeps of them; nothing of ours, so that to be forgotten costs a page nothing."""
_FONTS = [gr.themes.Font(name) for name in ("system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")]


def mount_page(
    app: FastAPI,
    chain: StreamingChain,
    examples: Sequence[str],
    *,
    path: str,
    limiter: AnswerLimiter,
    receipts: Receipts | None = None,
) -> FastAPI:
    """Mount the page on an application; with `receipts` it asks whether answers are right."""
    listeners = Listeners()
    app.add_middleware(listeners.around)
    queued = QueuedChain(chain, limiter, listeners)

    async def mount() -> FastAPI:
        return _mount(app, build_page(chain, queued, examples, receipts=receipts), path)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Where no event loop runs Gradio makes one for each of its locks and closes none of them.
        return asyncio.run(mount())
    return _mount(app, build_page(chain, queued, examples, receipts=receipts), path)


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


def build_page(
    chain: StreamingChain, queued: QueuedChain, examples: Sequence[str], *, receipts: Receipts | None = None
) -> gr.Blocks:
    """The page over a chain, and over what answers from it."""
    script = "".join((STATIC / name).read_text("utf-8") for name in ("page.js", "rating.js"))
    bare: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
    page: gr.Blocks
    with gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True) as page:
        page.max_threads = _ASKED_AT_ONCE
        page.queue(max_size=_MORE, default_concurrency_limit=None, api_open=False)
        page.state_session_capacity = _SESSIONS
        about, invitation = _opening(chain)
        masthead = gr.HTML(about, elem_id="masthead", **bare)
        # What the turns are is the script's: the template does not depend on the value, which is the latest turn alone.
        conversation = gr.HTML(
            "", html_template='<div id="turns"></div>', elem_id="conversation", apply_default_css=False,
            js_on_load=script, remembered=REMEMBERED_TURNS,
        )  # fmt: skip
        with gr.Column(elem_id="empty"):
            welcome = gr.HTML(invitation, **bare)
            offered = [gr.Button(example, elem_classes="example") for example in examples]
        status = gr.HTML("", html_template='<p role="status">${value}</p>', elem_id="status", **bare)
        with gr.Row(elem_id="composer"):
            box = gr.Textbox(
                label="Your question", placeholder="Ask the archive", max_lines=5,
                max_length=_TYPED_CHARACTERS, elem_id="question", scale=1,
            )  # fmt: skip
            ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=0)
            stop = gr.Button("Stop", elem_id="stop", scale=0)
            clear = gr.Button("New conversation", elem_id="clear", scale=0)
            undated = gr.Button("Ask without the dates", elem_id="undated", scale=0)
        earlier = gr.JSON({"number": 1, "turns": []}, visible=False)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        once: dict[str, Any] = {"outputs": [conversation, status, box], "trigger_mode": "once", **quiet}
        answer = partial(_answer, queued, receipts)
        typed: dict[str, Any] = {"fn": answer(), "js": "question => dateline.ask(question)", **once}
        asked = [
            gr.on([box.submit, ask.click], inputs=[box, earlier], **typed),
            conversation.submit(answer(retyped=True), [box, earlier], js="() => dateline.again()", **once),
            undated.click(answer(retyped=True, dates=False), [box, earlier], js="() => dateline.undated()", **once),
            *(button.click(inputs=[button, earlier], **typed) for button in offered),
        ]
        for event in asked:
            # It was refused before any of our code saw it.
            event.failure(None, None, status, js="() => dateline.refused()", **quiet)
        stop.click(None, None, status, js="() => dateline.stop()", cancels=asked, **quiet)
        clear.click(None, None, [status, box], js="() => dateline.clear()", cancels=asked, **quiet)
        # Outside the queue: its stream of messages closes with the last event, and a question that is asked in that
        # moment would get no answer.
        page.load(partial(_opening, chain), None, [masthead, welcome], queue=False, **quiet)
        # Whoever was quick to type keeps what is typed.
        page.load(None, box, box, js="typed => typed || (sessionStorage.getItem('dateline-question') ?? '')", **quiet)
    return page


def _opening(chain: StreamingChain) -> tuple[str, str]:
    """What stands on the page before the first question, as the archive is now."""
    info = chain.index.info()
    return render.masthead(info), render.welcome(info)


def _answer(
    queued: QueuedChain, receipts: Receipts | None, *, dates: bool = True, retyped: bool = False
) -> Callable[..., AsyncIterator[tuple[Any, ...]]]:
    """An event that shows a question at once and its answer as it grows: conversation, status and box.

    With `retyped` the question was not in the box, which keeps what is in it.
    """

    async def answer(question: str, sent: object, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        if not question.strip():
            gr.Warning("Type a question first.", title="Nothing to ask")
            yield gr.skip(), gr.skip(), gr.skip()
            return
        try:
            conversation = SentConversation.read(sent)
        except QuestionError as error:
            raise gr.Error(as_sentence(error), print_exception=False) from error
        empty, full = (gr.skip(), gr.skip()) if retyped else ("", question)
        box = empty
        async with aclosing(queued.replies(request.session_hash or "", question, conversation, dates=dates)) as growing:
            async for reply in growing:
                judged = reply.answer if reply.finished and not reply.problem else None
                row = rating(judged, conversation.history, conversation.number, receipts) if judged and receipts else ""
                refused = reply.again and not reply.answer
                yield render.turn(reply, conversation.number, row), render.announcement(reply), full if refused else box
                box = gr.skip()

    return answer
