"""`POST /v1/feedback`: what it keeps, what it refuses, and that a page without feedback has none."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import ICE, PIER, FakeChain, answer_quoting, refusal, respond
from fastapi.testclient import TestClient
from test_api import HERE, refusal_of
from test_render import ATTACKS

from index.documents import Document
from rag.answer import Answer
from rag.feedback import Citation, FeedbackFile
from rag.question.question import Turn
from rag.receipts import Receipts
from ui.web.app import create_app
from ui.web.feedback_gate import FeedbackGate
from ui.web.page.chat import Reply
from ui.web.page.rating import feedback_fields, rating
from ui.web.page.render import turn
from ui.web.security import MAX_BODY_BYTES


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, FeedbackFile]]:
    """An application, which takes longer to make than to ask, and where it keeps what it is told."""
    kept = FeedbackFile(tmp_path_factory.mktemp("feedback") / "feedback.jsonl")
    gate = FeedbackGate(a_minute=10_000, all_a_minute=10_000)
    with TestClient(create_app(FakeChain(respond), feedback=kept, gate=gate), base_url=HERE) as made:
        yield made, kept


@pytest.fixture
def file(served: tuple[TestClient, FeedbackFile]) -> FeedbackFile:
    """Not there yet."""
    served[1].path.unlink(missing_ok=True)
    return served[1]


@pytest.fixture
def client(served: tuple[TestClient, FeedbackFile], file: FeedbackFile) -> TestClient:
    """Asks as if for the first time."""
    served[0].cookies.clear()
    return served[0]


RECEIPTS = Receipts(b"0" * 32)
FIELDS = ("question", "standalone_question", "answered", "answer", "short_answer", "confidence")


def body(
    client: TestClient, question: str = "How much ice a day?", history: Any = (), **changes: Any
) -> dict[str, Any]:
    """What a program sends: fields of the answer that it gets from `/v1/ask`, and the verdict."""
    given = client.post("/v1/ask", json={"question": question, "history": list(history)}).json()
    sent_back = {**{name: given[name] for name in FIELDS}, "citations": given["sources"], "history": list(history)}
    return {**sent_back, "receipt": given["receipt"], "verdict": "right", **changes}


def test_a_verdict_is_kept_with_the_answer_and_its_sources(client: TestClient, file: FeedbackFile) -> None:
    history = [{"question": "Is there an ice plant?", "answer": "Yes."}]
    response = client.post("/v1/feedback", json=body(client, history=history))
    assert response.status_code == 201, response.text
    (record,) = file.read().records
    assert response.json() == {"id": record.id, "time": record.time.isoformat()}
    assert (record.question, record.verdict, record.short_answer) == ("How much ice a day?", "right", "forty tonnes")
    assert record.history == (Turn("Is there an ice plant?", "Yes."),)
    quote = "It makes forty tonnes of ice a day."
    start = ICE.text.index(quote)
    assert record.citations == (Citation(ICE.id, start, start + len(quote), quote, ICE.sha256),)
    assert (record.index_generation, record.confidence) == (1, 0.9)


def test_a_verdict_is_changed_by_its_receipt(client: TestClient, file: FeedbackFile) -> None:
    judged = body(client)
    first = client.post("/v1/feedback", json=judged).json()["id"]
    changed = judged | {"verdict": "wrong", "reason": "outdated", "correction": " fifty\n"}
    assert client.post("/v1/feedback", json=changed).json()["id"] == first
    kept = file.read()
    assert len(kept.records) == 2
    assert [(r.verdict, r.reason, r.correction) for r in kept.current] == [("wrong", "outdated", "fifty")]


@pytest.mark.parametrize("text", [*ATTACKS, "\x00\u2028\u202e\n\r", "\U0001f642" * 1000])
def test_hostile_text_is_kept_as_it_is(client: TestClient, file: FeedbackFile, text: str) -> None:
    response = client.post("/v1/feedback", json=body(client, verdict="wrong", correction=text))
    assert response.status_code == 201, response.text
    (record,) = file.read().records
    assert record.correction == text.strip()


def test_nothing_about_the_reader_is_kept(client: TestClient, file: FeedbackFile) -> None:
    traces = {"user-agent": "trace-1", "cookie": "trace-2", "x-forwarded-for": "trace-3", "referer": "trace-4"}
    assert client.post("/v1/feedback", json=body(client), headers=traces).status_code == 201
    written = file.path.read_text("utf-8")
    assert "trace" not in written
    assert "testclient" not in written
    assert "127.0.0.1" not in written


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"reason": "because"}, "reason"),
        ({"reason": "outdated"}, "'right', and a reason"),
        ({"verdict": "wrong", "reason": "should_have_answered"}, "the question was answered"),
        ({"verdict": "wrong", "correction": "x" * 2001}, "2,001 characters; the limit is 2,000"),
        ({"question": "x" * 2001}, "2,001"),
        ({"question": ""}, "question is empty"),
        ({"confidence": -0.1}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"citations": [{"document": "0" * 20}]}, "citations.0.start"),
        ({"citations": [{"document": "0" * 20, "start": 2, "end": 1, "quote": "", "sha256": ""}]}, "start 2 and end 1"),
        ({"history": [{}] * 101}, "history"),
        ({"receipt": "../../etc"}, "receipt"),
        ({"receipt": None}, "receipt"),
        ({"id": "0" * 32}, "id"),
        ({"reader": "Ines"}, "reader"),
        ({"time": "2025-01-01"}, "time"),
    ],
)
def test_a_body_that_is_wrong_is_told_what_is_wrong(
    client: TestClient, file: FeedbackFile, changes: dict[str, Any], said: str
) -> None:
    response = client.post("/v1/feedback", json=body(client) | changes)
    assert response.status_code == 422
    assert said in refusal_of(response)
    assert not file.path.exists()


def test_half_a_character_and_an_endless_body_are_refused(client: TestClient, file: FeedbackFile) -> None:
    half = json.dumps(body(client, verdict="wrong", correction="\ud800")).encode()
    assert client.post("/v1/feedback", content=half, headers={"content-type": "application/json"}).status_code == 422
    assert client.post("/v1/feedback", json=body(client, answer="x" * MAX_BODY_BYTES)).status_code == 413
    assert not file.path.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Who?"}, {"standalone_question": "Who?"}, {"answered": False}, {"answer": "Nothing. [1]"},
        {"short_answer": "four tonnes"}, {"short_answer": None}, {"confidence": 0.95}, {"citations": []},
        {"history": [{"question": "Is it so?"}]},
        {"receipt": f"{'0' * 32}.{'0' * 32}"},
    ],
)  # fmt: skip
def test_e8c_an_answer_that_was_never_given_cannot_be_judged(
    client: TestClient, file: FeedbackFile, changes: dict[str, Any]
) -> None:
    response = client.post("/v1/feedback", json=body(client) | changes)
    assert response.status_code == 422
    assert "the receipt is not of this answer" in refusal_of(response)
    assert not file.path.exists()


def test_e8c_citations_that_were_never_given_are_refused(client: TestClient, file: FeedbackFile) -> None:
    invented = {"document": PIER.id, "start": 0, "end": 3, "quote": PIER.text[:3], "sha256": PIER.sha256}
    whole = body(client)
    for citations in ([invented], [*whole["citations"], invented], [whole["citations"][0] | {"end": 9}]):
        assert client.post("/v1/feedback", json=whole | {"citations": citations}).status_code == 422
    assert not file.path.exists()


def test_e8c_no_receipt_can_be_made_of_the_id_of_a_verdict(client: TestClient, file: FeedbackFile) -> None:
    known = client.post("/v1/feedback", json=body(client)).json()["id"]
    mine = body(client, "Why is the pier closed?", verdict="wrong")
    mine["receipt"] = f"{known}.{mine['receipt'].partition('.')[2]}"
    assert client.post("/v1/feedback", json=mine).status_code == 422
    assert [record.verdict for record in file.read().current] == ["right"]


def test_e8c_whoever_repeats_a_verdict_changes_it_and_has_one(client: TestClient, file: FeedbackFile) -> None:
    question = "How much ice a week?"
    for correction in ("fifty", "sixty", "seventy"):
        judged = body(client, question, verdict="wrong", correction=correction)
        assert client.post("/v1/feedback", json=judged).status_code == 201
    assert [record.correction for record in file.read().current] == ["seventy"]
    assert len(file.read().records) == 3


def test_another_site_may_not_judge(client: TestClient, file: FeedbackFile) -> None:
    response = client.post("/v1/feedback", json=body(client), headers={"origin": "http://evil.example"})
    assert response.status_code == 403
    assert not file.path.exists()


def test_a_file_that_cannot_be_written_is_told_and_answers_go_on(tmp_path: Path) -> None:
    app = create_app(FakeChain(respond), feedback=FeedbackFile(tmp_path / "nowhere" / "feedback.jsonl"))
    client = TestClient(app, base_url=HERE)
    response = client.post("/v1/feedback", json=body(client))
    assert response.status_code == 503
    assert "the feedback was not kept" in refusal_of(response)
    assert str(tmp_path) not in response.text
    assert client.post("/v1/ask", json={"question": "How much ice?"}).status_code == 200


def test_without_a_file_nothing_is_kept_and_that_is_said(client: TestClient) -> None:
    with TestClient(create_app(FakeChain(respond)), base_url=HERE) as without:
        assert "receipt" not in without.post("/v1/ask", json={"question": "How much ice a day?"}).json()
        response = without.post("/v1/feedback", json=body(client))
    assert response.status_code == 404
    assert "--no-feedback" in refusal_of(response)


# The row on the page


def sent(row: str) -> dict[str, Any]:
    """What the page would send of a row of HTML, but for the verdict."""
    found = re.search(r'data-record="([^"]*)"', row)
    assert found
    loaded: dict[str, Any] = json.loads(html.unescape(found[1]))
    return loaded


@pytest.mark.parametrize("answer", [respond("Why is the pier closed?"), refusal("Who sang?", ICE)])
def test_what_the_page_sends_is_taken(client: TestClient, file: FeedbackFile, answer: Answer) -> None:
    history = [Turn("Is there a pier?", "Yes. [1]")]
    record = sent(rating(answer, history, 1, Receipts.beside(file.path)))
    assert client.post("/v1/feedback", json={**record, "verdict": "right"}).status_code == 201
    (kept,) = file.read().records
    assert record["receipt"].startswith(kept.id)
    assert (kept.answer, kept.history) == (answer.text, tuple(history))
    assert [place.quote for place in kept.citations] == [source.quote for source in answer.sources]


def test_only_reasons_that_fit_are_offered() -> None:
    answered, refused = (rating(answer, [], 1, RECEIPTS) for answer in (respond("ice?"), refusal("Who sang?")))
    assert re.findall(r'name="reason" value="(\w+)"', answered) == [
        "wrong_answer", "not_in_source", "outdated", "should_have_refused", "other",
    ]  # fmt: skip
    assert re.findall(r'name="reason" value="(\w+)"', refused) == ["should_have_answered", "other"]


def test_every_verdict_has_an_id_of_its_own() -> None:
    answer = respond("ice?")
    assert feedback_fields(answer, [], RECEIPTS)["receipt"] != feedback_fields(answer, [], RECEIPTS)["receipt"]


def test_no_text_of_an_answer_becomes_html() -> None:
    hostile = " ".join(ATTACKS)
    document = Document(hostile, title=hostile)
    answer = replace(answer_quoting(hostile, (document, hostile), (PIER, "Engineers")), short_answer=hostile)
    row = rating(answer, [Turn(hostile, hostile)], 1, RECEIPTS)
    assert re.findall(r"<(\w+)", row) == re.findall(r"<(\w+)", rating(respond("pier?"), [], 1, RECEIPTS))
    assert sent(row)["short_answer"] == hostile
    assert row in turn(Reply(hostile, answer, finished=True), 1, row)
