"""Every address of the server that takes a name, given names that are paths: the list of addresses is the server's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from fakes import FakeChain, respond
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index.search import Index
from rag.feedback import FeedbackFile
from ui.web.app import create_app

HERE = "http://127.0.0.1:7860"
CANARY = "the canary that lies outside"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    (folder / "canary").write_text(CANARY)
    return folder


@pytest.fixture(scope="module")
def app(place: Path) -> FastAPI:
    return create_app(FakeChain(respond), feedback=FeedbackFile(place / "feedback.jsonl"))


def routes(found: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and address of an application, those of what is mounted in it or included by it among them."""
    for route in found:
        if hasattr(route, "original_router"):
            yield from routes(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "routes", None):
            yield from routes(route.routes, prefix + route.path)
        else:
            yield from ((method, prefix + route.path) for method in sorted(route.methods))


def names(canary: Path) -> list[str]:
    """Names as they stand in a request: plain, encoded once and encoded twice."""
    bad = ["..", "../..", f"..{canary}", "../" * 12 + str(canary)[1:], str(canary), "a/../../b", "..\\..\\b", "\x00",
           f"{canary}\x00.png", "a\x00b"]  # fmt: skip
    once = [quote(name, safe="") for name in bad]
    twice = [quote(name, safe="") for name in once]
    return [*(name.replace("\x00", "%00") for name in bad), *once, *twice, "%2e%2e%2f%2e%2e%2f", "%c0%ae%c0%ae%2fx"]


def addresses(pattern: str, name: str) -> str:
    """An address with the name in the place of each parameter, or behind it where it has none."""
    filled = re.sub(r"{[^}]*}", lambda _: name, pattern)
    return filled if filled != pattern else f"{pattern.rstrip('/')}/{name}"


async def asked(app: FastAPI, method: str, raw: str) -> tuple[int, bytes]:
    """Status and body, at the protocol: clients would tidy such an address up before they send it."""
    sent: list[dict[str, Any]] = []
    pending = [{"type": "http.request", "body": b"{}", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(raw), "raw_path": raw.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"127.0.0.1:7860"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 7860),
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_c2_the_list_of_addresses_is_complete(app: FastAPI) -> None:
    listed = {address for _, address in routes(app.routes)}
    assert {"/healthz", "/v1/ask", "/v1/feedback", "/ui/static/{path:path}"} <= listed
    assert len(listed) > 50


def test_c2_no_name_in_an_address_is_ever_a_path(app: FastAPI, place: Path) -> None:
    async def ask_all() -> list[tuple[str, str, str, int, bytes]]:
        return [
            (method, pattern, raw, *await asked(app, method, raw))
            for method, pattern in dict.fromkeys(routes(app.routes))
            for raw in (addresses(pattern, name) for name in names(place / "canary"))
        ]

    answers = asyncio.run(ask_all())
    assert [answer for answer in answers if answer[3] not in {404, 405, 422}] == []
    assert not [answer for answer in answers if CANARY.encode() in answer[4] or b"root:" in answer[4]]
    assert sorted(path.name for path in place.iterdir()) == ["canary", "feedback.jsonl.key"]


@pytest.mark.parametrize(
    "document",
    ["../x", "/etc/passwd", "a/b", "..", "\x00", "0" * 19 + "\x00", "%2e%2e%2f", "", "0" * 20 + "\n", "A" * 20],
)
def test_c2_a_document_in_a_body_is_an_id_or_refused(app: FastAPI, place: Path, document: str) -> None:
    citation = {"document": document, "start": 0, "end": 1, "quote": "x", "sha256": ""}
    body = {"question": "Why?", "answered": True, "confidence": 0.5, "verdict": "right", "citations": [citation]}
    response = TestClient(app, base_url=HERE).post("/v1/feedback", json=body)
    assert response.status_code == 422
    assert "citations.0.document" in response.json()["error"]["message"]
    assert not (place / "feedback.jsonl").exists()


@pytest.mark.parametrize("id", ["../x", "/etc/passwd", "..", "a\x00b", "0" * 19 + "/", "' OR 1 --", "%00"])
def test_c2_an_index_knows_no_document_by_a_path(index: Index, id: str) -> None:
    before = sorted(index.path.parent.rglob("*"))
    assert list(index.documents([id])) == []
    assert index.hits([(id, 0, 10)]) == {}
    assert index.remove([id]) == 0
    assert index.replace([id], []).replaced == 0
    assert sorted(index.path.parent.rglob("*")) == before
