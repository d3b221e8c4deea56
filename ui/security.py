"""What every request must pass and every response must carry, as one plain ASGI middleware."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import ConfigError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
MAX_BODY_BYTES = 256 * 1024

# Gradio's page compiles templates in the browser, so scripts need 'unsafe-inline' and 'unsafe-eval'; what keeps a
# document's text from becoming a script is that it is escaped. Nothing may be fetched from, or sent to, elsewhere.
CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "worker-src 'self' blob:",
))  # fmt: skip

# Nothing that is served has such an address; what would become of one is not left to those who would open files.
_NOT_A_NAME = re.compile(r"[\x00-\x1f\x7f\\]|//|(?:^|/)\.\.?(?:/|$)")

HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


def require_loopback(host: str) -> None:
    """Raise ConfigError unless only this machine can reach that address: there is no login."""
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host.strip("[]")).is_loopback:
            return
    except ValueError:
        pass
    raise ConfigError(
        f"{host!r} can be reached by other machines, and Dateline has no login: listen on 127.0.0.1 and put a proxy "
        "that asks for one in front, or forward the port with `ssh -L`"
    )


class Guard:
    """Checks the host, the origin, the path and the size of requests, and adds the security headers to responses."""

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: Sequence[str] = (), closed: Sequence[str] = (), open_: Sequence[str] = ()
    ) -> None:
        """Guard an application.

        `allowed_hosts` are names beside LOCAL_HOSTS, without port. Paths below a prefix in `closed` are not found
        unless they begin with one in `open_`.
        """
        self._app = app
        self._hosts = {host.casefold() for host in (*LOCAL_HOSTS, *allowed_hosts)}
        self._closed = tuple(closed)
        self._open = tuple(open_)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await _refuse(send_with_headers, *refusal)
            return
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send_with_headers)
            return
        body = await _read(scope, receive)
        if body is None:
            await _refuse(send_with_headers, 413, f"the body is larger than {MAX_BODY_BYTES:,} bytes: send less")
            return
        await self._app(scope, _replay(body, receive), send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if _name(host) not in self._hosts:
            return 400, "this server does not answer to that host name: use the address that it printed"
        origin = headers.get(b"origin")
        if scope["method"] not in {"GET", "HEAD"} and origin is not None and origin.partition("://")[2] != host:
            return 403, "the request comes from another site"
        path: str = scope["path"]
        if _NOT_A_NAME.search(path) or (path.startswith(self._closed) and not path.startswith(self._open)):
            return 404, "there is nothing at this address"
        return None


def _name(host: str) -> str:
    """A Host header without its port.

    >>> _name("[::1]:7860"), _name("LOCALHOST:80")
    ('[::1]', 'localhost')
    """
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).casefold()


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is known to be too large, whatever length was announced."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, then what still comes from the client."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


async def _refuse(send: Send, status: int, message: str) -> None:
    payload: dict[str, Any] = {"error": {"type": "RequestRefused", "message": message}}
    body = json.dumps(payload).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
