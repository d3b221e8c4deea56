"""Our web application: the page, the health check and the JSON endpoints, behind one guard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from index.documents import Filters
from index.offline import go_offline
from rag.feedback import FeedbackFile
from rag.receipts import Receipts
from ui.web.errors import error_responses, handle_errors
from ui.web.feedback_gate import FeedbackGate
from ui.web.limiter import AnswerLimiter
from ui.web.page.chat import StreamingChain
from ui.web.schema import AnswerBody, AskRequest, FeedbackRequest, HealthBody, VerdictBody, turns
from ui.web.security import Allowed, Guard

PAGE = "/ui"
# Gradio brings routes for uploads, proxies and much else; the page needs these few, `app_id` to find the server again.
_GRADIO = f"{PAGE}/gradio_api/"
_GRADIO_NEEDED = tuple(
    _GRADIO + name
    for name in ("queue/join", "queue/data", "cancel", "reset", "app_id", "startup-events", "run/predict")
)
_GRADIO_CLOSED = (_GRADIO, *(f"{PAGE}/{name}" for name in ("monitoring", "log", "svelte", "pwa_icon", "openapi.json")))

_CLIENT_GONE = 499
"""The status that nginx writes into its log for such a request; nobody receives it."""


class _GuardedApp(FastAPI):
    """An application all of which lies inside a guard, also what answers when it fails."""

    def __init__(self, guard: Callable[[ASGIApp], ASGIApp]) -> None:
        # What would redirect to an address without its slash would name this server, and not the proxy before it.
        super().__init__(title="Dateline", docs_url=None, redoc_url=None, redirect_slashes=False)
        self._guard = guard

    def build_middleware_stack(self) -> ASGIApp:
        """The guard around what FastAPI makes."""
        return self._guard(super().build_middleware_stack())


def create_app(
    chain: StreamingChain,
    *,
    examples: Sequence[str] = (),
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    feedback: FeedbackFile | None = None,
    gate: FeedbackGate | None = None,
    limiter: AnswerLimiter | None = None,
) -> FastAPI:
    """The web application over a chain.

    `examples` are questions offered on the page. `allowed_hosts` are the names, without port, that the server answers
    to beside this machine's own, `allowed_origins` the pages that may post beside its own, see `Guard`. Without a file
    of `feedback` readers are not asked whether an answer is right. Raises ConfigError for a wrong name or origin.
    `gate` says how much feedback is taken. `limiter` and `gate` are ones with their defaults unless they are given.
    """
    limiter = limiter or AnswerLimiter()
    gate = gate or FeedbackGate()
    receipts = Receipts.beside(feedback.path) if feedback else None
    go_offline()
    # Gradio reads its environment while it is imported, so it comes after the line above.
    from ui.web.page.page import STATIC, mount_page

    allowed = Allowed(frozenset(allowed_hosts), frozenset(allowed_origins))
    app = _GuardedApp(partial(Guard, allowed=allowed, closed=_GRADIO_CLOSED, open_=_GRADIO_NEEDED))
    handle_errors(app)

    @app.get("/", include_in_schema=False)
    @app.get(PAGE, include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse(f"{PAGE}/")

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> FileResponse:
        return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")

    @app.get("/healthz", response_description="The index can be read.", responses=error_responses())
    def health() -> HealthBody:
        """Whether the index can be read, and what it holds."""
        info = chain.index.info()
        return HealthBody(status="ok", documents=info.documents, passages=info.passages, generation=info.generation)

    @app.post(
        "/v1/ask",
        responses={200: {"model": AnswerBody, "description": "An answer, or a refusal."}, **error_responses(413, 422)},
    )
    async def ask(asked: AskRequest, request: Request) -> Response:
        """The answer to a question, with the exact characters it is quoted from."""

        def answer() -> JSONResponse:
            history = turns(asked.history)
            answered = chain.answer(
                asked.question, history, Filters(**dict(asked.filters)),
                asked_on=asked.asked, dates=asked.dates, most_read=limiter.most_read,
            )  # fmt: skip
            receipt = {"receipt": receipts.give(answered, history)} if receipts else {}
            return JSONResponse({**answered.to_json(full=asked.full), **receipt})

        return await _unless_gone(request, limiter.run(answer))

    @app.post(
        "/v1/feedback",
        status_code=201,
        response_description="The verdict is kept.",
        responses=error_responses(404, 413, 422, 429),
    )
    def judge(given: FeedbackRequest, request: Request) -> VerdictBody:
        """Keep whether an answer was right. Of a reader's verdicts on a question the last one counts."""
        if feedback is None or receipts is None:
            raise HTTPException(404, "feedback is not kept here: the server was started with --no-feedback")
        record = given.record(chain.index.info().generation)
        id = receipts.id_of(given.receipt, record)
        reader = request.client.host if request.client else ""
        record = replace(record, id=gate.admit(reader, record.standalone_question, id))
        feedback.append(record)
        return VerdictBody(id=record.id, time=record.time.isoformat())

    return mount_page(app, chain, examples, path=PAGE, limiter=limiter, receipts=receipts)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """The response that the work gives; the work is cancelled when the client of a request that was read is gone."""

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(left())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else Response(status_code=_CLIENT_GONE)
    finally:
        working.cancel()
        leaving.cancel()
