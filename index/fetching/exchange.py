"""One request and its response over one connection: HTTP/1.1 by the standard library, every byte counted and timed."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from index.errors import FetchError
from index.fetching.address import Address
from index.fetching.decoding import Unpacker
from index.fetching.limits import FetchDeadline, FetchLimits
from index.fetching.network import Network

_BUFFER = 8 * 1024
_AT_ONCE = 64 * 1024
_REQUEST = (
    "GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Dateline\r\nAccept: {accept}\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: close\r\n\r\n"
)
ACCEPT = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Response:
    """A response whose body is whole, or was not read because its status makes it useless."""

    status: int
    reason: str
    headers: http.client.HTTPMessage
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header's value, the first where there are many; "" without one."""
        return (self.headers.get(name) or "").strip()


def exchange(
    address: Address, ips: Sequence[str], network: Network, limits: FetchLimits, deadline: FetchDeadline
) -> Response:
    """Get an address from the first of the host's checked addresses that takes a connection.

    The body is read for status 200 only. Raises FetchError for whatever goes wrong, and for all that is not whole.
    """
    where = str(address)
    try:
        with _connected(address, ips, network, limits, deadline) as connection:
            request = _REQUEST.format(target=address.target, host=address.authority, accept=ACCEPT)
            connection.settimeout(deadline.left(where))
            connection.sendall(request.encode("ascii"))
            wire = _Wire(connection, where, limits, deadline)
            with http.client.HTTPResponse(cast(socket.socket, wire), method="GET") as reply:
                reply.begin()
                wire.headers_read()
                body = _body(reply, where, limits) if reply.status == http.client.OK else b""
                return Response(reply.status, " ".join(reply.reason.split())[:80], reply.headers, body)
    except TimeoutError as error:
        raise limits.exceeded("max_seconds", where) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{where} cannot be fetched ({_said(error)}): try again later") from error


def _connected(
    address: Address, ips: Sequence[str], network: Network, limits: FetchLimits, deadline: FetchDeadline
) -> socket.socket:
    """A connection to one of the addresses, encrypted where the scheme asks for it."""
    failure: OSError | None = None
    for ip in ips:
        seconds = min(limits.connect_seconds, deadline.left(str(address)))
        try:
            connection = network.connect(ip, address.port, seconds)
        except OSError as error:
            failure = error
            continue
        if address.scheme == "http":
            return connection
        try:
            connection.settimeout(deadline.left(str(address)))
            return network.secure(connection, address.host)
        except OSError as error:
            connection.close()
            raise FetchError(
                f"{address} cannot be fetched: no secure connection ({_said(error)}); check the address"
            ) from error
        except BaseException:
            connection.close()
            raise
    raise FetchError(f"{address} cannot be fetched: no connection ({_said(failure)}); try again later")


def _body(reply: http.client.HTTPResponse, where: str, limits: FetchLimits) -> bytes:
    """The whole body, unpacked."""
    unpacker = Unpacker((reply.getheader("Content-Encoding") or "").strip().lower(), where, limits)
    if (reply.length or 0) > limits.max_wire_bytes:
        raise limits.exceeded("max_wire_bytes", where)
    while piece := reply.read(_AT_ONCE):
        unpacker.feed(piece)
    # Read in pieces, a body that ends too soon is not told apart from one that is whole.
    if reply.length:
        raise FetchError(f"{where} ended {reply.length:,} bytes too soon and was dropped: try again later")
    return unpacker.finished()


class _Wire(io.RawIOBase):
    """What a response reads from: a connection that stops at the limits. Stands where a socket is expected."""

    def __init__(self, connection: socket.socket, where: str, limits: FetchLimits, deadline: FetchDeadline) -> None:
        self._connection = connection
        self._where = where
        self._limits = limits
        self._deadline = deadline
        self._limit = "max_header_bytes"
        self._received = 0
        self._since = deadline.clock()

    def makefile(self, mode: str) -> io.BufferedReader:
        """The stream that the response reads."""
        return io.BufferedReader(self, _BUFFER)

    def headers_read(self) -> None:
        """From here on the limit is that of the whole response."""
        self._limit = "max_wire_bytes"

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """The next bytes. Raises FetchError at a limit, and where they come too slowly."""
        view = memoryview(cast(bytearray, buffer))
        elapsed = self._deadline.clock() - self._since
        least = (elapsed - self._limits.grace_seconds) * self._limits.min_bytes_per_second
        if elapsed > self._limits.grace_seconds and self._received < least + self._limits.min_bytes_per_second:
            raise self._limits.exceeded("min_bytes_per_second", self._where)
        # A trickle must be noticed when the grace ends, though no byte comes.
        self._connection.settimeout(min(self._deadline.left(self._where), self._limits.grace_seconds))
        try:
            number = self._connection.recv_into(view)
        except TimeoutError:
            self._deadline.left(self._where)
            raise self._limits.exceeded("min_bytes_per_second", self._where) from None
        if not number and self._limit == "max_header_bytes":
            raise FetchError(f"{self._where} ended too soon, within its headers: try again later")
        self._received += number
        if self._received > getattr(self._limits, self._limit):
            raise self._limits.exceeded(self._limit, self._where)
        return number


def _said(error: Exception | None) -> str:
    """What an error says, in printable ASCII and on one line."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words.encode("ascii", "backslashreplace").decode()[:160]
