"""Errors: one format, whatever made them, with the same headers, and nothing of the server in their words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import FakeChain, respond
from fastapi.testclient import TestClient
from test_api import HERE, Breaking, refusal_of

from index.errors import (
    ConfigError,
    DatelineError,
    FeedbackStoreError,
    IndexCorrupt,
    IndexLocked,
    IndexNotFound,
    ModelError,
)
from rag.answer import Answer
from ui.web.app import create_app
from ui.web.security import CONTENT_SECURITY_POLICY


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Breaking(respond)), base_url=HERE, raise_server_exceptions=False) as made:
        yield made


def test_e3c_a_response_to_a_bug_carries_the_headers_too(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "bug"})
    assert response.status_code == 500
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "error", [IndexCorrupt, IndexNotFound, IndexLocked, ModelError, FeedbackStoreError, ConfigError]
)
def test_q8_no_message_names_a_file_of_the_server_and_the_log_does(
    caplog: pytest.LogCaptureFixture, error: type[DatelineError]
) -> None:
    class Failing(FakeChain):
        def answer(self, *args: Any, **kwargs: Any) -> Answer:
            raise error("cannot read /srv/archive/catalog.sqlite")

    with TestClient(create_app(Failing(respond)), base_url=HERE) as client:
        response = client.post("/v1/ask", json={"question": "Why?"})
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "/" not in refusal_of(response)
    assert "/srv/archive/catalog.sqlite" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/ask", "POST"), ("DELETE", "/v1/feedback", "POST"), ("POST", "/healthz", "GET"),
     ("GET", "/ui/gradio_api/queue/join", "POST")],
)  # fmt: skip
def test_e3f_a_wrong_method_is_told_which_one_is_right(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert refusal_of(response)


@pytest.mark.parametrize("path", ["/ui/gradio_api/queue/data", "/ui/assets/nothing.js", "/nowhere", "/v1/ask/"])
def test_q4_every_error_has_the_one_format(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert 400 <= response.status_code < 500
    assert response.headers["content-type"] == "application/json"
    assert refusal_of(response)


@pytest.mark.parametrize("body", [{"data": []}, {"fn_index": None, "data": []}, {"fn_index": 999, "data": []}])
@pytest.mark.parametrize("path", ["run/predict", "queue/join"])
def test_e3d_an_event_that_the_page_does_not_have_is_not_found(client: TestClient, path: str, body: Any) -> None:
    response = client.post(f"/ui/gradio_api/{path}", json={**body, "session_hash": "x"})
    assert 400 <= response.status_code < 500
    assert refusal_of(response)


def test_q5_a_time_that_ends_before_it_begins_is_refused(client: TestClient) -> None:
    filters = {"since": "2025-03-11", "until": "2025-03-10"}
    response = client.post("/v1/ask", json={"question": "Why?", "filters": filters})
    assert response.status_code == 422
    assert "swap them" in refusal_of(response)


HALF = (
    {"question": "Why\ud800?"},
    {"question": "Why?", "history": [{"question": "\udfff"}]},
    {"question": "Why?", "history": [{"question": "a", "answer": "\ud800"}]},
    {"question": "Why?", "history": [{"question": "a", "short_answer": "\ud800"}]},
    {"question": "Why?", "filters": {"outlets": ["\ud800"]}},
    {"question": "Why?", "filters": {"collections": ["\ud800"]}},
    {"question": "Why?", "filters": {"kinds": ["\ud800"]}},
    {"question": "Why?", "asked": "\ud800"},
    {"question": "Why?", "\ud800": 1},
    {"data": ["\ud800"], "fn_index": 0, "session_hash": "x"},
)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/feedback", "/ui/gradio_api/queue/join", "/ui/gradio_api/run/predict"])
@pytest.mark.parametrize("body", HALF)
@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-16"])
def test_e3b_half_a_character_anywhere_is_refused(client: TestClient, path: str, body: Any, encoding: str) -> None:
    text = json.dumps(body, ensure_ascii=encoding == "ascii").encode(encoding, "surrogatepass")
    response = client.post(path, content=text, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert "half a character" in refusal_of(response)
