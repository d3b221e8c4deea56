"""What a client may hold open: connections, half-sent requests, and more than it may send. Real sockets throughout."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import httpx
import pytest
import uvicorn
from fakes import FakeChain, respond
from fastapi import FastAPI

from ui.web.app import create_app
from ui.web.protocol import Protocol
from ui.web.security import HEADERS, MAX_BODY_BYTES

QUESTION = b'{"question": "How much ice?"}'
HEAD = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
WHOLE = HEAD + b"content-length: %d\r\n\r\n%b" % (len(QUESTION), QUESTION)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(FakeChain(respond))


@contextmanager
def served(app: FastAPI, *, connections: int = 400, seconds: float = 20) -> Iterator[int]:
    """The application on a free port within these limits."""

    class Limited(Protocol):
        most_connections = connections
        seconds_to_send = seconds

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Limited, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def opened(port: int, *sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    for piece in sent:
        connection.sendall(piece)
    return connection


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def assert_refused(response: bytes, status: int) -> dict[str, str]:
    """A whole response in the format of errors, with every header; gives the error."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert first.startswith(f"HTTP/1.1 {status} ")
    assert headers.items() >= {name: value.lower() for name, value in HEADERS.items()}.items()
    error: dict[str, str] = json.loads(body)["error"]
    assert set(error) == {"type", "message"}
    assert ("retry-after" in headers) == (status == 503)
    return error


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET / HT",),
        (HEAD,),
        (HEAD, b"content-length: 400\r\n\r\n{"),
        (HEAD, b"transfer-encoding: chunked\r\n\r\n4\r\n{"),
    ],
)
def test_e6e_a_half_sent_request_is_cut_with_a_reason(app: FastAPI, pieces: Sequence[bytes]) -> None:
    with served(app, seconds=0.3) as port:
        started = time.monotonic()
        with closing(opened(port, *pieces)) as connection:
            error = assert_refused(received(connection), 408)
        assert "within 0.3 seconds" in error["message"]
        assert 0.25 < time.monotonic() - started < 8


def test_e6e_sending_a_byte_now_and_then_gains_no_time(app: FastAPI) -> None:
    with served(app, seconds=0.5) as port, closing(opened(port, HEAD)) as connection:
        started = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - started < 8:
                connection.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() - started < 6


def test_e6e_many_that_send_nothing_are_closed_and_others_are_answered(app: FastAPI) -> None:
    with served(app, seconds=0.5) as port:
        idle = [opened(port) for _ in range(150)]
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        assert {received(connection) for connection in idle} == {b""}
        for connection in idle:
            connection.close()


def test_a_second_request_on_a_connection_is_timed_as_well(app: FastAPI) -> None:
    with served(app, seconds=0.4) as port, closing(opened(port, WHOLE)) as connection:
        first = b""
        while not first.endswith(b"}"):
            first += connection.recv(65_536)
        assert first.startswith(b"HTTP/1.1 200 ")
        connection.sendall(HEAD)
        assert "within 0.4 seconds" in assert_refused(received(connection), 408)["message"]


def test_an_answer_may_take_longer_than_its_request(app: FastAPI) -> None:
    slow = create_app(FakeChain(respond, pause=0.5))
    with served(slow, seconds=0.2) as port:
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/ask", json={"question": "Why is the pier closed?"}, timeout=10)
        assert answer.status_code == 200
        assert len(answer.json()["sentences"]) == 3


def test_e6e_a_connection_too_many_is_told_so_and_one_far_too_many_is_closed(app: FastAPI) -> None:
    with served(app, connections=3) as port:
        held = [opened(port, HEAD) for _ in range(3)]
        with closing(opened(port, WHOLE)) as connection:
            assert assert_refused(received(connection), 503)["type"] == "ServerBusy"
        many = [opened(port) for _ in range(120)]
        with closing(opened(port)) as connection:
            assert received(connection) == b""
        for connection in [*held, *many]:
            connection.close()
        for _ in range(100):
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                break
            time.sleep(0.02)
        else:
            pytest.fail("the server did not notice that the connections were closed")


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 1_000_000, 40_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_e3e_a_client_that_is_still_sending_can_read_why_it_is_refused(app: FastAPI, size: int, chunked: bool) -> None:
    piece = b"x" * 65_536

    def pieces() -> Iterator[bytes]:
        yield from (piece for _ in range(size // len(piece) + 1))

    with served(app) as port:
        body = pieces() if chunked else b"x" * size
        response = httpx.post(f"http://127.0.0.1:{port}/v1/ask", content=body, timeout=20)
    assert response.status_code == 413
    assert "262,144" in response.json()["error"]["message"]
