"""The three acts that touch the network, each a function that can be exchanged: resolve, connect, secure."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.errors import FetchError
from index.fetching.guard import Resolve

Connect = Callable[[str, int, float], socket.socket]
"""From a checked address, a port and seconds to wait to a connection."""

Secure = Callable[[socket.socket, str], socket.socket]
"""From a connection and the host's name to one that is encrypted and whose certificate was verified for that name."""


def resolve_host(host: str, port: int, seconds: float) -> Sequence[str]:
    """The addresses that the system's resolver gives for a name. Raises FetchError, also where it takes too long."""
    answers: queue.Queue[list[str] | OSError | UnicodeError] = queue.Queue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The system's resolver cannot be interrupted; a thread that nobody waits for can be left behind.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.01, seconds))
    except queue.Empty:
        raise FetchError(f"the name {host} was not resolved in {seconds:.0f} seconds: try again later") from None
    if isinstance(answer, Exception):
        raise FetchError(f"the name {host} cannot be resolved ({answer}): check its spelling and your connection")
    return answer


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection to an address, which is never looked up again. Raises OSError."""
    return socket.create_connection((address, port), timeout=seconds)


def secure(connection: socket.socket, host: str, context: ssl.SSLContext | None = None) -> socket.socket:
    """TLS over a connection, with the system's certificate authorities unless a context is given. Raises OSError."""
    chosen = context or ssl.create_default_context()
    # A connection that ends without a farewell may have been cut: the body must not count as whole.
    return chosen.wrap_socket(connection, server_hostname=host, suppress_ragged_eofs=False)


@dataclass(frozen=True, slots=True)
class Network:
    """How the network is reached. No setting changes any of it; tests exchange the parts for their own."""

    resolve: Resolve = resolve_host
    connect: Connect = connect
    secure: Secure = secure
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


SYSTEM = Network()
