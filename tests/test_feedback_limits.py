"""How much feedback is taken: of a reader, of all, in a record and in the file; and the key to receipts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fakes import FakeChain, respond
from fastapi.testclient import TestClient
from test_api import HERE, refusal_of
from test_feedback_api import body

import rag.feedback
from index.errors import FeedbackStoreError, TooMuchFeedback
from rag.feedback import FeedbackFile
from rag.receipts import Receipts
from ui.web.app import create_app
from ui.web.feedback_gate import FeedbackGate


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def sends(gate: FeedbackGate, reader: str, count: int, question: str = "Who?") -> int:
    """How many of so many verdicts are taken."""
    taken = 0
    for number in range(count):
        try:
            gate.admit(reader, f"{question} {number}", "id")
        except TooMuchFeedback:
            continue
        taken += 1
    return taken


def test_e8b_a_reader_sends_so_many_a_minute_and_may_again_after_a_while() -> None:
    clock = Clock()
    gate = FeedbackGate(a_minute=5, all_a_minute=100, clock=clock)
    assert sends(gate, "one", 20) == 5
    assert sends(gate, "other", 3) == 3
    with pytest.raises(TooMuchFeedback) as refused:
        gate.admit("one", "Why?", "id")
    assert refused.value.retry_after == 12
    clock.now += 11.9
    assert sends(gate, "one", 3) == 0
    clock.now += 0.2
    assert sends(gate, "one", 3) == 1
    clock.now += 10_000
    assert sends(gate, "one", 20) == 5


def test_e8b_all_readers_together_have_a_limit_too() -> None:
    clock = Clock()
    gate = FeedbackGate(a_minute=5, all_a_minute=12, clock=clock)
    assert sum(sends(gate, f"reader {number}", 5) for number in range(10)) == 12
    clock.now += 60
    assert sum(sends(gate, f"reader {number}", 5) for number in range(10)) == 12


def test_who_is_refused_pays_nothing() -> None:
    clock = Clock()
    gate = FeedbackGate(a_minute=5, all_a_minute=100, clock=clock)
    sends(gate, "one", 1000)
    clock.now += 60
    assert sends(gate, "one", 20) == 5


def test_a_verdict_keeps_its_id_for_one_reader_and_question() -> None:
    gate = FeedbackGate()
    assert gate.admit("one", "Who is it?", "a") == "a"
    assert gate.admit("one", "who  IS it?", "b") == "a"
    assert gate.admit("one", "Who was it?", "c") == "c"
    assert gate.admit("other", "Who is it?", "d") == "d"


def test_e8b_a_flood_is_refused_with_when_to_come_back(tmp_path: Path) -> None:
    kept = FeedbackFile(tmp_path / "feedback.jsonl")
    with TestClient(create_app(FakeChain(respond), feedback=kept), base_url=HERE) as client:
        judged = body(client)
        responses = [client.post("/v1/feedback", json=judged) for _ in range(60)]
    refused = [response for response in responses if response.status_code == 429]
    assert 20 <= len(refused) <= 30
    assert {response.status_code for response in responses} == {201, 429}
    assert all(int(response.headers["retry-after"]) > 0 for response in refused)
    assert "send it again in" in refusal_of(refused[0])


def test_e8b_a_record_that_is_long_is_refused(tmp_path: Path) -> None:
    kept = FeedbackFile(tmp_path / "feedback.jsonl")
    history = [{"question": "x" * 1500, "answer": "y" * 1500} for _ in range(60)]
    with TestClient(create_app(FakeChain(respond), feedback=kept), base_url=HERE) as client:
        response = client.post("/v1/feedback", json=body(client, history=history))
    assert response.status_code == 422
    assert "start a new conversation" in refusal_of(response)
    assert not kept.path.exists()


def test_e8b_a_file_that_is_full_takes_no_more_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.feedback, "MAX_FILE_BYTES", 2500)
    kept = FeedbackFile(tmp_path / "feedback.jsonl")
    with TestClient(create_app(FakeChain(respond), feedback=kept), base_url=HERE) as client:
        statuses = [client.post("/v1/feedback", json=body(client)).status_code for _ in range(6)]
    assert set(statuses) == {201, 503}
    assert kept.path.stat().st_size < 2500
    assert kept.read().damaged == ()
    with pytest.raises(FeedbackStoreError, match="move it away once `dateline eval from-feedback`"):
        kept.append(kept.read().records[0])


# The key


def test_only_the_owner_may_read_the_key_and_all_servers_on_an_index_share_it(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(Receipts.beside(file).key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.jsonl.key"]
    assert (tmp_path / "feedback.jsonl.key").stat().st_mode & 0o777 == 0o600
    assert "key" not in repr(Receipts.beside(file))


def test_a_receipt_is_worth_nothing_elsewhere_and_outlasts_a_restart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here, there = FeedbackFile(tmp_path / "a" / "feedback.jsonl"), FeedbackFile(tmp_path / "b" / "feedback.jsonl")
    with TestClient(create_app(FakeChain(respond), feedback=here), base_url=HERE) as client:
        judged = body(client)
    for kept, status in ((here, 201), (there, 422)):
        with TestClient(create_app(FakeChain(respond), feedback=kept), base_url=HERE) as client:
            assert client.post("/v1/feedback", json=judged).status_code == status


def test_where_no_key_can_be_kept_a_receipt_lasts_as_long_as_the_server(tmp_path: Path) -> None:
    first, second = (Receipts.beside(tmp_path / "nowhere" / "feedback.jsonl") for _ in range(2))
    assert len(first.key) == len(second.key) == 32
    assert first.key != second.key
    assert not (tmp_path / "nowhere").exists()
