"""The one format of errors that the server sends, whatever made them: `{"error": {"type", "message"}}`.

A message tells a client what to do next. What only whoever runs the server may know, such as where its files lie, goes
into its log instead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from index.errors import (
    ConfigError,
    DatelineError,
    FeedbackStoreError,
    IndexLocked,
    IndexNotFound,
    IndexStateError,
    ModelError,
    ServerBusy,
    ServerStopping,
    TooMuchFeedback,
)

BROKEN = "Something went wrong while answering, and it has been logged. Ask again, or run `dateline doctor`."
RETRY_AFTER_SECONDS = 5
"""After how long a client that was told 503 may try again, where nothing says otherwise."""

RETRY_STATUSES = (429, 503)

_NAME_CHARACTERS = 80
_logger = logging.getLogger(__name__)

# The first that fits counts; other errors are about the request, and are told as they are.
_SERVER_FAULTS: tuple[tuple[type[DatelineError], str], ...] = (
    (IndexNotFound, "the archive is not there: wait until it has been made again, or tell whoever runs this server"),
    (IndexLocked, "the archive is being changed: try again in a moment"),
    (IndexStateError, "the archive cannot be read: whoever runs this server finds the reason in its log"),
    (ModelError, "the model cannot be used: whoever runs this server finds the reason in its log"),
    (FeedbackStoreError, "the feedback was not kept: whoever runs this server finds the reason in its log"),
    (ConfigError, "a setting is wrong: whoever runs this server finds the reason in its log"),
)


class ErrorDetail(BaseModel):
    """What went wrong: a name for programs and a sentence for people."""

    type: str = Field(description="`InvalidRequest`, `RequestRefused`, `InternalError` or the name of an error")
    message: str = Field(description="what is wrong, with which value, and what to do next")


class ErrorBody(BaseModel):
    """The body of every response with a status from 400 on."""

    error: ErrorDetail


_MEANINGS = {
    400: "The request is no HTTP, or names a host that this server does not answer to.",
    403: "The request comes from a page of another site.",
    404: "There is nothing at this address.",
    405: "The address takes another method; `Allow` names it.",
    408: "The request did not come whole in time.",
    413: "The body is too large.",
    422: "The request is understood and cannot be carried out.",
    429: "Too much in a short time; `Retry-After` says when to try again.",
    500: "The server has a fault.",
    503: "The archive, a model or a file cannot be used now; `Retry-After` says when to try again.",
}


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, as its OpenAPI description lists them: these, and those of every operation."""
    wait = {"Retry-After": {"description": "seconds, at least 1", "schema": {"type": "integer"}}}
    return {
        status: {
            "model": ErrorBody,
            "description": _MEANINGS[status],
            **({"headers": wait} if status in RETRY_STATUSES else {}),
        }
        for status in sorted({400, 403, 408, 500, 503, *statuses})
    }


def is_server_fault(error: DatelineError) -> bool:
    """Whether no other request would fare better, so that the answer is 503 and not 422."""
    return isinstance(error, (ServerBusy, ServerStopping, *(kind for kind, _ in _SERVER_FAULTS)))


def public_message(error: DatelineError) -> str:
    """What a client is told; a message about the server itself goes into the log, for it may name its files."""
    for kind, message in _SERVER_FAULTS:
        if isinstance(error, kind):
            _logger.error("%s: %s", type(error).__name__, error)
            return message
    return str(error)


def error_body(kind: str, message: str) -> bytes:
    """The format, in UTF-8; half a character that a request contained is shown as a question mark."""
    return json.dumps({"error": {"type": kind, "message": message}}, ensure_ascii=False).encode("utf-8", "replace")


def uniform_error(status: int, body: bytes) -> bytes:
    """The body of any error in the one format. The page also reads `detail`, in which Gradio puts what it says."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    error = found.get("error") if isinstance(found, Mapping) else None
    if isinstance(error, Mapping) and set(error) == {"type", "message"}:
        return body
    said = found.get("detail") if isinstance(found, Mapping) and status != 500 else None
    message = said if isinstance(said, str) else _MEANINGS.get(status, f"The request ended with status {status}.")
    kind = "InternalError" if status >= 500 else "InvalidRequest"
    return json.dumps({"error": {"type": kind, "message": message}, "detail": message}).encode()


def handle_errors(app: FastAPI) -> None:
    """Give the application's own errors their status and their words; none leaves with a traceback."""

    @app.exception_handler(DatelineError)
    async def expected(request: Request, error: DatelineError) -> JSONResponse:
        status = 503 if is_server_fault(error) else 429 if isinstance(error, TooMuchFeedback) else 422
        headers = {"retry-after": str(error.retry_after)} if isinstance(error, ServerBusy | TooMuchFeedback) else None
        return error_response(status, type(error).__name__, public_message(error), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = []
        for fault in error.errors()[:5]:
            place = ".".join(map(str, fault["loc"][1:])) or "body"
            place = place if len(place) <= _NAME_CHARACTERS else place[: _NAME_CHARACTERS - 1] + "…"
            details.append(f"{place}: {fault['msg']}")
        return error_response(422, "InvalidRequest", "; ".join(details))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return error_response(error.status_code, "InvalidRequest", str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return error_response(500, "InternalError", BROKEN)


def error_response(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A response in the format."""
    return JSONResponse({"error": {"type": kind, "message": message}}, status, headers=headers)
