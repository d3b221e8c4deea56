"""The web application: what it answers, what it refuses, and what every response carries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import FakeChain, FakeCorpus, respond
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index.documents import Filters
from index.errors import ConfigError, IndexCorrupt
from index.reports import IndexInfo
from rag.answer import Answer
from rag.question.question import Turn
from ui.web.app import create_app
from ui.web.security import CONTENT_SECURITY_POLICY, MAX_BODY_BYTES, loopback_host

HERE = "http://127.0.0.1:7860"


class Breaking(FakeChain):
    """Fails in the way that the question names."""

    def answer(self, question: str, *args: Any, **kwargs: Any) -> Answer:
        if question == "corrupt":
            raise IndexCorrupt("the index at x fails its checks: run `dateline doctor`")
        if question == "bug":
            raise ZeroDivisionError("secret detail")
        return super().answer(question, *args, **kwargs)


@pytest.fixture(scope="module")
def chain() -> FakeChain:
    return Breaking(respond)


@pytest.fixture(scope="module")
def app(chain: FakeChain) -> FastAPI:
    return create_app(chain, examples=["Why is the pier <closed>?"], allowed_hosts=["news.example"])


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as made:
        yield made


def refusal_of(response: Any) -> str:
    """The message of an error, which is always JSON and never a traceback."""
    assert "Traceback" not in response.text
    assert "site-packages" not in response.text
    error = response.json()["error"]
    assert set(error) == {"type", "message"}
    return str(error["message"])


# What it answers


def test_the_address_leads_to_the_page(client: TestClient) -> None:
    response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "/ui/")
    assert "Dateline" in client.get("/ui/").text


def test_health_counts(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "documents": 3, "passages": 3, "generation": 1}


def test_health_of_an_index_that_cannot_be_read_is_not_ok() -> None:
    class Corrupt(FakeCorpus):
        broken = False

        def info(self) -> IndexInfo:
            if self.broken:
                raise IndexCorrupt("the index at x fails its checks: run `dateline doctor`")
            return super().info()

    corpus = Corrupt()
    app = create_app(FakeChain(respond, corpus))
    corpus.broken = True
    response = TestClient(app, base_url=HERE).get("/healthz")
    assert response.status_code == 503
    assert "cannot be read" in refusal_of(response)
    assert response.headers["retry-after"].isdigit()


def test_an_answer_is_the_json_that_every_interface_speaks(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "How much ice?"})
    assert response.status_code == 200
    assert response.json() == respond("How much ice?").to_json()


def test_history_and_filters_reach_the_chain(client: TestClient, chain: FakeChain) -> None:
    body = {
        "question": "And the pier?",
        "history": [{"question": "How much ice?", "answer": "Forty tonnes. [1]", "short_answer": "Forty tonnes"}],
        "filters": {"since": "2025-03-01", "outlets": ["Island Wire"], "kinds": ["article"]},
    }
    assert client.post("/v1/ask", json=body).status_code == 200
    question, history, filters = chain.asked[-1]
    assert (question, history) == ("And the pier?", (Turn("How much ice?", "Forty tonnes. [1]", "Forty tonnes"),))
    assert isinstance(filters, Filters)
    assert (str(filters.since), filters.outlets, filters.kinds) == ("2025-03-01", ("Island Wire",), ("article",))


def test_the_page_comes_with_everything_it_needs(client: TestClient) -> None:
    page = client.get("/ui/").text
    assert "fonts.googleapis" not in page
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert "Charter" in client.get("/ui/").text or "Charter" in client.get("/ui/config").text


def test_an_application_can_be_made_while_an_event_loop_runs() -> None:
    async def make() -> FastAPI:
        return create_app(FakeChain(respond))

    assert TestClient(asyncio.run(make()), base_url=HERE).get("/ui/").status_code == 200


# What it refuses


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/ui/", "/ui/config", "/nowhere", "/v1/ask", "/ui/gradio_api/upload", "/ui/theme.css"]
)
def test_every_response_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, follow_redirects=False).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.", "127.0.0.1@evil.example", "", "0.0.0.0:7860", "[::2]"],
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/healthz", headers={"host": host})
    assert response.status_code == 400
    assert "host name" in refusal_of(response)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:7860", "127.0.0.2:1", "[::1]", "[::1]:7860", "news.example:80"]
)
def test_our_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:7860", "", "127.0.0.1:7860"]
)
@pytest.mark.parametrize("path", ["/v1/ask", "/ui/gradio_api/queue/join"])
def test_a_foreign_origin_may_not_post(client: TestClient, path: str, origin: str) -> None:
    response = client.post(path, json={"question": "How much ice?"}, headers={"origin": origin})
    assert response.status_code == 403
    assert "another site" in refusal_of(response)


@pytest.mark.parametrize("path", ["/healthz", "/ui/", "/ui/config"])
def test_no_page_of_another_site_may_read(client: TestClient, path: str) -> None:
    for origin in ("http://localhost:3000", "https://127.0.0.1:7860"):
        response = client.get(path, headers={"origin": origin})
        assert response.status_code == 403
        assert not [name for name in response.headers if name.startswith("access-control-")]
    response = client.get(path, headers={"origin": HERE})
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_our_own_page_may_post(client: TestClient) -> None:
    assert client.post("/v1/ask", json={"question": "How much ice?"}, headers={"origin": HERE}).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"question": ""}, "no words"),
        ({"question": " \n "}, "no words"),
        ({"question": "🙂"}, "no words"),
        ({"question": "x" * 2001}, "2,001"),
        ({"question": "line\n" * 10_000}, "50,000"),
        ({}, "question"),
        ({"question": 7}, "question"),
        ({"question": "a", "k": 3}, "k"),
        ({"question": "a", "history": "b"}, "history"),
        ({"question": "a", "history": [{}] * 101}, "history"),
        ({"question": "a", "filters": {"since": "yesterday"}}, "since"),
        ({"question": "a", "filters": {"kinds": ["poem"]}}, "kinds"),
        ([], "dictionary"),
        (None, "body"),
    ],
)
def test_a_body_that_cannot_be_asked_is_told_what_is_wrong(client: TestClient, body: Any, said: str) -> None:
    response = client.post("/v1/ask", json=body)
    assert response.status_code == 422
    assert said in refusal_of(response)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"question": "\\ud800"}',
        b"[" * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_no_json_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert len(refusal_of(response)) < 500


@pytest.mark.parametrize("path", ["/v1/ask", "/ui/gradio_api/queue/join", "/nowhere"])
def test_a_body_over_the_limit_is_refused(client: TestClient, path: str) -> None:
    body = json.dumps({"question": "x" * MAX_BODY_BYTES}).encode()
    assert client.post(path, content=body).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 1024 for _ in range(40 * 1024))

    response = client.post(path, content=pieces())  # 40 MB, chunked: no length is announced
    assert response.status_code == 413
    assert "262,144" in refusal_of(response)


def taken_of_an_endless_body(app: FastAPI, *headers: tuple[bytes, bytes]) -> int:
    """How many bytes of a body without an end are received, counted at the protocol, until it is refused."""
    taken = 0
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 64 * 1024
        return {"type": "http.request", "body": b"x" * 64 * 1024, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/ask", "headers": [(b"host", b"localhost"), *headers]}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    return taken


def test_e3e_of_a_body_that_is_too_long_the_rest_is_received_within_bounds(app: FastAPI) -> None:
    assert 40_000_000 < taken_of_an_endless_body(app) < 70_000_000
    assert taken_of_an_endless_body(app, (b"content-length", b"300000"), (b"expect", b"100-continue")) == 0


def test_a_length_that_lies_is_refused(client: TestClient) -> None:
    response = client.post("/v1/ask", content=b"{}", headers={"content-length": "1e9"})
    assert response.status_code == 413


def test_an_index_that_fails_is_told_and_a_bug_is_not(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "corrupt"})
    assert response.status_code == 503
    assert "cannot be read" in refusal_of(response)
    response = client.post("/v1/ask", json={"question": "bug"})
    assert response.status_code == 500
    assert "secret" not in refusal_of(response)


@pytest.mark.parametrize(
    "path",
    [
        "upload", "upload_progress", "file=/etc/passwd", "file/etc/passwd", "proxy=http://x.hf.space/", "run/answer",
        "call/answer", "api/answer", "runs", "run-history/connect", "vibe-edit", "process_recording",
        "component_server",
        "stream/1", "custom_component/a/client/b/c", "dev/reload", "profiling/summary", "deep_link", "token", "user",
        "openapi.json", "queue/status",
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_is_closed(client: TestClient, path: str) -> None:
    for response in (client.get(f"/ui/gradio_api/{path}"), client.post(f"/ui/gradio_api/{path}")):
        assert response.status_code == 404
        assert refusal_of(response)


@pytest.mark.parametrize(
    "body",
    [
        {"fn_index": 999, "data": [], "session_hash": "x"},
        {"fn_index": "one", "data": [], "session_hash": "x"},
        {"fn_index": 0, "data": "text", "session_hash": "x"},
        {"data": None},
        {},
        [],
    ],
)
def test_nonsense_to_the_pages_own_queue_is_an_error_without_a_traceback(client: TestClient, body: Any) -> None:
    response = client.post("/ui/gradio_api/queue/join", json=body)
    assert 400 <= response.status_code < 500
    assert "Traceback" not in response.text
    assert "site-packages" not in response.text


def test_nothing_answers_a_websocket(app: FastAPI) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ui/queue/join", "headers": [(b"host", b"localhost")]}
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


# Where it listens


@pytest.mark.parametrize(
    ("host", "bare"),
    [("127.0.0.1", "127.0.0.1"), ("127.8.8.8", "127.8.8.8"), ("localhost", "localhost"), ("::1", "::1"),
     ("[::1]", "::1")],
)  # fmt: skip
def test_an_address_of_this_machine_is_fine(host: str, bare: str) -> None:
    assert loopback_host(host) == bare


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "news.example", "", "2130706433", "127.1", "[::]"])
def test_an_address_that_others_reach_is_refused_with_what_to_do(host: str) -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        loopback_host(host)
