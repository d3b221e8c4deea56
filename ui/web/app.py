"""Our web application: the page, the health check and the JSON endpoints, behind one guard."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from index.documents import Filters, Kind
from index.offline import go_offline
from rag.feedback import MAX_CORRECTION, Citation, Feedback, FeedbackFile, Reason, Verdict, now
from rag.question.question import MAX_CHARACTERS, Turn
from rag.receipts import PATTERN, Receipts
from ui.web.answer_schema import AnswerBody, HealthBody, VerdictBody
from ui.web.disconnection import unless_gone
from ui.web.errors import documented, handle_errors
from ui.web.feedback_gate import FeedbackGate
from ui.web.limiter import AnswerLimiter
from ui.web.page.chat import Chain
from ui.web.security import Allowed, Guard

PAGE = "/ui"
# Gradio brings routes for uploads, proxies and much else; the page needs these few, `app_id` to find the server again.
_GRADIO = f"{PAGE}/gradio_api/"
_GRADIO_NEEDED = tuple(
    _GRADIO + name
    for name in ("queue/join", "queue/data", "cancel", "reset", "app_id", "startup-events", "run/predict")
)
_GRADIO_CLOSED = (_GRADIO, *(f"{PAGE}/{name}" for name in ("monitoring", "log", "svelte", "pwa_icon", "openapi.json")))


# Stated, so that programs know; what is beyond is refused with words of ours.
_QUESTION: Any = Field(
    json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": "[0-9A-Za-z]"},
    description="at least one letter or digit, of any script",
)


def _as_written(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value
    raise ValueError("write a day as in 2025-10-23")


# Else a number would be a day, counted in seconds since 1970.
Day = Annotated[date, BeforeValidator(_as_written, json_schema_input_type=date)]


class AskedTurn(BaseModel):
    """An earlier question, the text of its answer, and the short answer where it had one."""

    model_config = ConfigDict(extra="forbid")

    question: str
    answer: str = ""
    short_answer: str | None = None


class AskedFilters(BaseModel):
    """What a passage must satisfy; dates are inclusive."""

    model_config = ConfigDict(extra="forbid")

    since: Day | None = None
    until: Day | None = None
    outlets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    collections: tuple[str, ...] = ()


class Asked(BaseModel):
    """The body of `POST /v1/ask`."""

    model_config = ConfigDict(extra="forbid")

    question: str = _QUESTION
    history: list[AskedTurn] = Field(default=[], max_length=100, description="oldest first")
    filters: AskedFilters = AskedFilters()
    asked: Day | None = Field(default=None, description="the day of asking, from which dates such as 'last week' count")
    dates: bool = Field(default=True, strict=True, description="false: dates in the question are words like any other")
    full: bool = Field(
        default=False, strict=True, description="true: every passage read and every copy listed, however long the reply"
    )


class GivenCitation(BaseModel):
    """A place that an answer rests on; an entry of the answer's `sources` has these fields and others."""

    model_config = ConfigDict(extra="ignore")

    document: str = Field(pattern="^[0-9a-f]{20}$", description="the document's id")
    start: int = Field(strict=True, json_schema_extra={"minimum": 0})
    end: int = Field(strict=True, json_schema_extra={"minimum": 1})
    quote: str
    sha256: str


class GivenFeedback(BaseModel):
    """The body of `POST /v1/feedback`: fields of an answer as it was given, and the verdict on it."""

    model_config = ConfigDict(extra="forbid")

    question: str = _QUESTION
    standalone_question: str = Field(default="", description="the question as it stands alone; default: the question")
    history: list[AskedTurn] = Field(default=[], max_length=100, description="oldest first")
    answered: bool = Field(strict=True)
    answer: str = ""
    short_answer: str | None = None
    citations: list[GivenCitation] = Field(default=[], max_length=200, description="the answer's `sources`")
    confidence: float = Field(strict=True, json_schema_extra={"minimum": 0, "maximum": 1})
    verdict: Verdict
    reason: Reason | None = Field(default=None, description="only where the verdict is `wrong`")
    correction: str = Field(
        default="",
        json_schema_extra={"maxLength": MAX_CORRECTION},
        description="what would be right; only where the verdict is `wrong`",
    )
    receipt: str = Field(pattern=PATTERN, description="as it came with the answer; the same one changes the verdict")

    def record(self, index_generation: int) -> Feedback:
        """The record of it, made now. Raises FeedbackError for what contradicts itself or is too long."""
        return Feedback(
            id=self.receipt.partition(".")[0], time=now(), question=self.question,
            standalone_question=self.standalone_question or self.question, answered=self.answered, answer=self.answer,
            verdict=self.verdict, index_generation=index_generation, confidence=self.confidence,
            short_answer=self.short_answer, history=_turns(self.history),
            citations=tuple(Citation(**place.model_dump()) for place in self.citations), reason=self.reason,
            correction=self.correction.strip(),
        )  # fmt: skip


def _turns(told: Sequence[AskedTurn]) -> tuple[Turn, ...]:
    return tuple(Turn(turn.question, turn.answer, turn.short_answer or "") for turn in told)


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
    chain: Chain,
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

    @app.get("/healthz", responses={200: {"model": HealthBody}, **documented(400, 403, 500, 503)})
    def health() -> dict[str, Any]:
        """Whether the index can be read, and what it holds."""
        info = chain.index.info()
        return {
            "status": "ok",
            "documents": info.documents,
            "passages": info.passages,
            "generation": info.generation,
        }

    @app.post("/v1/ask", responses={200: {"model": AnswerBody}, **documented(400, 403, 413, 422, 500, 503)})
    async def ask(asked: Asked, request: Request) -> Response:
        """The answer to a question, with the exact characters it is quoted from."""

        def answer() -> JSONResponse:
            history = _turns(asked.history)
            answered = chain.answer(
                asked.question, history, Filters(**dict(asked.filters)),
                asked=asked.asked, dates=asked.dates, most_read=limiter.most_read,
            )  # fmt: skip
            receipt = {"receipt": receipts.give(answered, history)} if receipts else {}
            return JSONResponse({**answered.to_json(full=asked.full), **receipt})

        return await unless_gone(request, limiter.run(answer))

    @app.post(
        "/v1/feedback",
        status_code=201,
        responses={201: {"model": VerdictBody}, **documented(400, 403, 404, 413, 422, 429, 500, 503)},
    )
    def judge(given: GivenFeedback, request: Request) -> dict[str, str]:
        """Keep whether an answer was right. Of a reader's verdicts on a question the last one counts."""
        if feedback is None or receipts is None:
            raise HTTPException(404, "feedback is not kept here: the server was started with --no-feedback")
        record = given.record(chain.index.info().generation)
        id = receipts.id_of(given.receipt, record)
        reader = request.client.host if request.client else ""
        record = replace(record, id=gate.admit(reader, record.standalone_question, id))
        feedback.append(record)
        return {"id": record.id, "time": record.time.isoformat()}

    return mount_page(app, chain, examples, path=PAGE, limiter=limiter, receipts=receipts)
