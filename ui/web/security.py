"""What every request must pass and every response must carry, as one plain ASGI application around all others."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import ConfigError
from ui.web.errors import RETRY_AFTER_SECONDS, RETRY_STATUSES, error_body, uniform_error

MAX_BODY_BYTES = 256 * 1024
_DRAINED_BYTES = 64 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024

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

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

# Nothing that is served has such an address; what would become of one is not left to those who would open files.
_NOT_A_NAME = re.compile(r"[\x00-\x1f\x7f\\]|//|(?:^|/)\.\.?(?:/|$)")
_HOST = re.compile(r"[0-9a-z](?:[0-9a-z.-]*[0-9a-z])?|\[[0-9a-f:.]+\]")
_ORIGIN = re.compile(rf"https?://(?:{_HOST.pattern})(?::[0-9]{{1,5}})?")
# Gradio believes these of anybody. Whom they name is settled before a request comes here, by whom its sender trusts.
_FORWARDED = ("x-forwarded-", "forwarded", "x-gradio-server")


def loopback_host(host: str) -> str:
    """The address to listen on, without brackets. Raises ConfigError unless only this machine can reach it."""
    if _is_local(host):
        return host.removeprefix("[").removesuffix("]")
    raise ConfigError(
        f"{host!r} can be reached by other machines, and Dateline has no login: listen on 127.0.0.1 and put a proxy "
        "that asks for one in front (docs/proxy.md), or forward the port with `ssh -L`"
    )


def _is_local(host: str) -> bool:
    """Whether a host, in brackets or without, is this machine by its name or a loopback address.

    >>> _is_local("127.0.0.2"), _is_local("[::1]"), _is_local("127.0.0.1.example"), _is_local("0.0.0.0")
    (True, True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def host_in_address(host: str) -> str:
    """A host as it stands in an address and in a Host header.

    >>> host_in_address("::1"), host_in_address("127.0.0.2")
    ('[::1]', '127.0.0.2')
    """
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True)
class Allowed:
    """Whom the server answers to beside this machine's own names.

    `hosts` are names without port; pages from there may post, by http or https. `origins` are those of other pages that
    may, such as "https://news.example". Raises ConfigError for what is no name or origin.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for values, form, wanted in (
            (self.hosts, _HOST, "a host name without a port, such as news.example"),
            (self.origins, _ORIGIN, "an origin such as https://news.example"),
        ):
            for value in sorted(values):
                if not form.fullmatch(value):
                    raise ConfigError(f"{value!r} cannot be allowed: give {wanted}, in small letters")


class Guard:
    """Checks the host, the origin, the path and the body of requests, and makes all responses carry the same headers.

    Errors leave in one format, whatever made them. Nothing but a page of this server may read what it answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed: Allowed | None = None,
        closed: Sequence[str] = (),
        open_: Sequence[str] = (),
    ) -> None:
        """Guard an application. Paths below a prefix in `closed` are not found unless they begin with one in `open_`.

        Without `allowed` only this machine is answered.
        """
        self._app = app
        self._allowed = allowed or Allowed()
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
        guarded = _Response(send)
        if refusal := self._refusal(scope):
            await guarded.refuse(*refusal)
            return
        passed = [
            (name, value) for name, value in scope["headers"] if not name.decode("latin-1").startswith(_FORWARDED)
        ]
        scope = {**scope, "headers": passed}
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, guarded.send)
            return
        body = await _read(scope, receive)
        if body is None:
            await guarded.refuse(413, f"the body is larger than {MAX_BODY_BYTES:,} bytes: send less")
            return
        if _holds_half_a_character(body):
            await guarded.refuse(422, "the body holds half a character (U+D800 to U+DFFF): send whole ones")
            return
        await self._app(scope, _replay(body, receive), guarded.send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = _name(host)
        if not _is_local(name) and name not in self._allowed.hosts:
            return 400, (
                "this server does not answer to that host name: use the address that it printed, or start it with "
                "--allow-host"
            )
        origin = headers.get("origin")
        # A proxy may speak https with the browser and http with us.
        schemes = {scope.get("scheme", "http")} if _is_local(name) else {"http", "https"}
        if origin is not None and origin not in self._allowed.origins | {f"{scheme}://{host}" for scheme in schemes}:
            return 403, "the request comes from another site: start the server with --allow-origin if it may"
        path: str = scope["path"]
        if _NOT_A_NAME.search(path) or (path.startswith(self._closed) and not path.startswith(self._open)):
            return 404, "there is nothing at this address"
        return None


class _Response:
    """Sends a response with our headers; of an error the body is kept back until it can be put into our format."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._error: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Pass on what the application sends."""
        if message["type"] == "http.response.start":
            _set_headers(message)
            if message["status"] >= 400:
                self._error = message
                return
        elif self._error and message["type"] == "http.response.body":
            self._body += message.get("body", b"")[: _MAX_ERROR_BYTES - len(self._body)]
            if not message.get("more_body", False):
                await self._send_error(self._error)
            return
        await self._send(message)

    async def refuse(self, status: int, message: str) -> None:
        """Answer in the application's place."""
        headers = [(b"connection", b"close")] if status == 413 else []
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": error_body("RequestRefused", message)})

    async def _send_error(self, start: Message) -> None:
        body = uniform_error(start["status"], self._body)
        headers = MutableHeaders(scope=start)
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
        if start["status"] in RETRY_STATUSES:
            headers.setdefault("retry-after", str(RETRY_AFTER_SECONDS))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _set_headers(start: Message) -> None:
    start["headers"] = list(start.get("headers", ()))
    headers = MutableHeaders(scope=start)
    for name in [name for name in headers if name.startswith("access-control-")]:
        del headers[name]
    headers.update(HEADERS)


def _name(host: str) -> str:
    """A Host header without its port.

    >>> _name("[::1]:7860"), _name("LOCALHOST:80")
    ('[::1]', 'localhost')
    """
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).casefold()


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or None for one that is too large, whatever length was announced.

    Of what is too large the rest is received as well, within bounds: a client that is still sending would otherwise
    find its connection reset, and never read why.
    """
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    fits = length.isdigit() and int(length) <= MAX_BODY_BYTES
    if not fits and "expect" in headers:
        return None  # it sends nothing until it is told to
    body = bytearray()
    received, more = 0, True
    while more and received <= _DRAINED_BYTES:
        message = await receive()
        part = message.get("body", b"")
        received += len(part)
        fits = fits and received <= MAX_BODY_BYTES
        if fits:
            body += part
        more = message["type"] == "http.request" and message.get("more_body", False)
    return bytes(body) if fits else None


def _holds_half_a_character(body: bytes) -> bool:
    """Whether JSON holds a surrogate without its partner, which is no text and cannot be written anywhere."""
    if not any(sign in body for sign in (b"\\", b"\xed", b"\x00")):
        return False
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        # What is no JSON is refused by whoever reads it.
        return False
    return False


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, then what still comes from the client."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
