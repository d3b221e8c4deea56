"""HTTP as the server speaks it: what a client may hold open, and what goes wrong before there is a request."""

from __future__ import annotations

import asyncio

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.web.errors import RETRY_AFTER_SECONDS, error_body
from ui.web.security import HEADERS

_MOST_REFUSALS = 64
"""Connections beyond the limit that are told so; those beyond these are only closed."""


class Protocol(H11Protocol):
    """uvicorn's own, but for the words and headers of its refusals, and for limits on connections and slow senders.

    A subclass may set them: at most `most_connections` are served at once, and each request must have come whole after
    `seconds_to_send`.
    """

    most_connections = 400
    seconds_to_send = 20.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request; one connection too many is answered 503, one far too many is closed."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections + _MOST_REFUSALS:
            transport.abort()
        elif len(self.connections) > self.most_connections:
            self.app = _too_many_connections
        self._deadline = self.loop.call_later(self.seconds_to_send, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """Take what came; the time of a request runs from its first byte to its last, whoever reads it."""
        super().data_received(data)
        if self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._clear_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds_to_send, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._clear_deadline()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and close the connection."""
        self._refuse(400, b"Bad Request", error_body("InvalidRequest", msg))

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        begun = self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]
        if begun and self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            message = f"the request did not come whole within {self.seconds_to_send:g} seconds: send it at once"
            self._refuse(408, b"Request Timeout", error_body("RequestRefused", message))
        self.transport.close()

    def _refuse(self, status: int, reason: bytes, body: bytes) -> None:
        start = h11.Response(status_code=status, reason=reason, headers=_headers(body))
        for event in (start, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    """Those of a refusal after which the connection is closed."""
    own = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
    return [(name.encode(), value.encode()) for name, value in {**HEADERS, **own}.items()]


async def _too_many_connections(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in the application's place."""
    body = error_body("ServerBusy", "too many connections are open: close some, or try again in a moment")
    headers = [*_headers(body), (b"retry-after", str(RETRY_AFTER_SECONDS).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
