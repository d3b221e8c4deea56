"""A web of our own: real servers on this machine under invented names, reached through the real fetcher."""

from __future__ import annotations

import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from index.fetching import network
from index.fetching.fetcher import Fetcher
from index.fetching.limits import FetchLimits
from index.fetching.network import Network

Answer = Callable[[str], bytes | Iterator[bytes]]
"""From a request's target to the bytes of a response, or to pieces that are sent one by one."""

SMALL = FetchLimits(
    max_wire_bytes=200_000, max_body_bytes=300_000, max_header_bytes=16_384, max_seconds=5.0, grace_seconds=0.4
)


def reply(body: bytes = b"", *headers: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    """A response with the length of its body stated."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Site:
    """A server that answers each connection once; a hasty one whatever it is sent, as if `/` had been asked for.

    `requests` are the heads of all requests so far.
    """

    answer: Answer
    context: ssl.SSLContext | None = None
    hasty: bool = False
    requests: list[str] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, plain: socket.socket) -> None:
        with suppress(OSError), plain:
            plain.settimeout(10)
            connection = self.context.wrap_socket(plain, server_side=True) if self.context else plain
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and not (self.hasty and head):
                    if not (piece := connection.recv(4096)):
                        return
                    head += piece
                self.requests.append("" if self.hasty else head.decode())
                answer = self.answer("/" if self.hasty else head.decode().split(" ")[1])
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    connection.sendall(piece)


@dataclass
class Web:
    """Sites by the names of their hosts, and all look-ups and connections that a fetcher made."""

    sites: dict[str, Site] = field(default_factory=dict)
    names: dict[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    """What the resolver says of a name, one answer after the other; the last again and again."""
    looked_up: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    trusted: ssl.SSLContext | None = None
    _ports: dict[str, int] = field(default_factory=dict)

    def fetcher(self, limits: FetchLimits = SMALL) -> Fetcher:
        return Fetcher(
            Network(
                resolve=self._resolve,
                connect=self._connect,
                secure=functools.partial(network.secure, context=self.trusted),
                sleep=self.waits.append,
            ),
            limits,
        )

    def _resolve(self, host: str, port: int, seconds: float) -> Sequence[str]:
        self.looked_up.append(host)
        if host in self.sites:
            return [self._address_of(host)]
        answers = list(self.names[host])
        return answers[min(self.looked_up.count(host), len(answers)) - 1]

    def _connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append(address)
        name = next(name for name in self.sites if self._address_of(name) == address)
        return socket.create_connection(("127.0.0.1", self._ports[name]), timeout=seconds)

    def _address_of(self, host: str) -> str:
        """Each site has an address of its own in a public network; nothing is ever sent there."""
        return f"9.9.9.{list(self.sites).index(host) + 1}"


@contextmanager
def web(**answers: Answer | bytes) -> Iterator[Web]:
    """Sites under the names of the arguments, such as news → news.example."""
    made = Web()
    listeners = []
    try:
        for name, answer in answers.items():
            host = f"{name}.example"
            site = Site((lambda target, bytes_=answer: bytes_) if isinstance(answer, bytes) else answer)
            listener = socket.create_server(("127.0.0.1", 0))
            listeners.append(listener)
            made.sites[host] = site
            made._ports[host] = listener.getsockname()[1]
            threading.Thread(target=site.serve, args=(listener,), daemon=True).start()
        yield made
    finally:
        for listener in listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def drip(head: bytes, piece: bytes, pause: float) -> Iterator[bytes]:
    """A response that never ends: its head, then the same piece for ever."""
    yield head
    while True:
        time.sleep(pause)
        yield piece
