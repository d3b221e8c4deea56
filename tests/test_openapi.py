"""The description of the HTTP API, held against what the server does."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import ICE, FakeChain, refusal, respond
from fastapi.testclient import TestClient
from test_api import HERE

from index.documents import Filters
from index.search import Index
from rag.answer import Answer
from rag.assemble import build_chain
from rag.config import Settings
from ui.web.app import create_app
from ui.web.errors import ErrorBody
from ui.web.schema import AnswerBody

ERRORS = {
    "/healthz": {"400", "403", "408", "500", "503"},
    "/v1/ask": {"400", "403", "408", "413", "422", "500", "503"},
    "/v1/feedback": {"400", "403", "404", "408", "413", "422", "429", "500", "503"},
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    with TestClient(create_app(FakeChain(respond)), base_url=HERE) as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_q3_every_operation_says_which_errors_it_sends_and_in_which_format(description: dict[str, Any]) -> None:
    assert set(description["paths"]) == set(ERRORS)
    for path, methods in description["paths"].items():
        for operation in methods.values():
            responses = operation["responses"]
            assert {status for status in responses if status >= "400"} == ERRORS[path]
            for status, response in responses.items():
                schema = response["content"]["application/json"]["schema"]
                # Nothing beside the model: it alone says what is sent.
                assert set(schema) == {"$ref"}
                assert schema["$ref"].endswith("/ErrorBody") == (status >= "400")
                assert ("Retry-After" in response.get("headers", {})) == (status in {"429", "503"})
    assert "HTTPValidationError" not in str(description)


def test_q2_limits_are_stated(description: dict[str, Any]) -> None:
    asked = description["components"]["schemas"]["AskRequest"]["properties"]
    judged = description["components"]["schemas"]["FeedbackRequest"]["properties"]
    assert (asked["question"]["minLength"], asked["question"]["maxLength"]) == (1, 2000)
    assert asked["history"]["maxItems"] == 100
    assert judged["correction"]["maxLength"] == 2000
    assert (judged["confidence"]["minimum"], judged["confidence"]["maximum"]) == (0, 1)


@pytest.mark.parametrize(
    "body",
    [{"question": "Why?", "dates": 0}, {"question": "Why?", "dates": "true"}, {"question": "Why?", "asked": 0.5}],
)
def test_q2_what_the_description_does_not_allow_is_refused(body: dict[str, Any]) -> None:
    with TestClient(create_app(FakeChain(respond)), base_url=HERE) as client:
        assert client.post("/v1/ask", json={"question": "Why?", **body}).status_code == 422


def matches(answer: Answer) -> bool:
    """Whether an answer's JSON has what the description says, and nothing else."""
    sent = answer.to_json()
    return AnswerBody.model_validate(sent).model_dump(mode="json", exclude_unset=True) == sent


@pytest.mark.parametrize("answer", [respond("pier?"), respond("ice?"), refusal("Who?", ICE), refusal("Who?")])
def test_q3_an_answer_is_as_described(answer: Answer) -> None:
    assert matches(answer)


def test_q3_answers_of_a_real_archive_are_as_described(index: Index) -> None:
    chain = build_chain(index, Settings.load(embedder="hashing", reader="similarity", threshold=0.0))
    for question in ("How much ice does the plant make?", "What happened in March 2025?", "What is the latest?"):
        assert matches(chain.answer(question))
        assert matches(chain.answer(question, filters=Filters(kinds=("article",), outlets=("Island Wire",))))


@pytest.mark.parametrize(
    ("status", "path", "given"),
    [
        (400, "/healthz", {"headers": {"host": "elsewhere.example"}}),
        (403, "/healthz", {"headers": {"origin": "https://elsewhere.example"}}),
        (413, "/v1/ask", {"content": b"x" * 300_000}),
        (422, "/v1/ask", {"json": {}}),
        (422, "/v1/ask", {"json": {"question": ""}}),
        (404, "/v1/feedback", {"json": {
            "question": "Why?", "answered": True, "confidence": 0.5, "verdict": "right",
            "receipt": f"{'0' * 32}.{'0' * 32}",
        }}),
    ],
)  # fmt: skip
def test_q3_an_error_is_as_described(description: dict[str, Any], status: int, path: str, given: Any) -> None:
    method = "get" if path == "/healthz" else "post"
    with TestClient(create_app(FakeChain(respond)), base_url=HERE) as client:
        response = client.request(method, path, **given)
    assert response.status_code == status
    assert str(status) in description["paths"][path][method]["responses"]
    assert ErrorBody.model_validate(response.json()).model_dump() == response.json()
