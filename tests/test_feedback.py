"""The file of feedback: what is put in comes out, whatever happens to the writer."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from index.errors import ConfigError, FeedbackError, FeedbackStoreError
from rag.config import Settings
from rag.feedback import MAX_CORRECTION, MAX_RECORD_BYTES, Citation, Feedback, FeedbackFile, new_id
from rag.question.question import Turn

WHEN = datetime(2025, 3, 11, 9, 30, tzinfo=UTC)
ICE = Feedback(
    id="a1", time=WHEN, question="How much a day?", standalone_question="How much ice does the plant make a day?",
    answered=True, answer="It makes forty tonnes of ice a day. [1]", verdict="wrong", index_generation=3,
    confidence=0.75, short_answer="forty tonnes", history=(Turn("Is there an ice plant?", "There is. [1]"),),
    citations=(Citation("d1", 42, 77, "It makes forty tonnes of ice a day.", "0" * 64),), reason="outdated",
    correction="fifty tonnes",
)  # fmt: skip
REFUSED = replace(ICE, answered=False, answer="", short_answer=None, citations=(), reason=None, correction="")


@pytest.fixture
def file(tmp_path: Path) -> FeedbackFile:
    return FeedbackFile(tmp_path / "feedback.jsonl")


def test_a_record_comes_back_as_it_was(file: FeedbackFile) -> None:
    file.append(ICE)
    file.append(REFUSED)
    assert file.read().records == (ICE, REFUSED)
    assert file.read().damaged == ()


def test_a_line_is_the_json_that_is_documented(file: FeedbackFile) -> None:
    file.append(ICE)
    assert json.loads(file.path.read_bytes()) == {
        "id": "a1", "time": "2025-03-11T09:30:00Z", "question": "How much a day?",
        "standalone_question": "How much ice does the plant make a day?", "answered": True,
        "answer": "It makes forty tonnes of ice a day. [1]", "verdict": "wrong", "index_generation": 3,
        "confidence": 0.75, "short_answer": "forty tonnes",
        "history": [{"question": "Is there an ice plant?", "answer": "There is. [1]", "short_answer": ""}],
        "citations": [
            {"document": "d1", "start": 42, "end": 77, "quote": "It makes forty tonnes of ice a day.",
             "sha256": "0" * 64}
        ],
        "reason": "outdated", "correction": "fifty tonnes",
    }  # fmt: skip


def test_only_the_owner_may_read_the_file(file: FeedbackFile) -> None:
    file.append(ICE)
    assert file.path.stat().st_mode & 0o077 == 0


@given(text=st.text(max_size=300), correction=st.text(max_size=MAX_CORRECTION))
def test_any_text_is_one_line_and_comes_back(text: str, correction: str) -> None:
    record = replace(ICE, answer=text, question=f"x{text}", correction=correction)
    line = record.to_line()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert Feedback.from_line(line) == record


@given(cut=st.integers(min_value=1))
def test_a_line_cut_short_anywhere_is_no_record(cut: int) -> None:
    line = ICE.to_line().rstrip(b"\n")
    with pytest.raises(FeedbackError):
        Feedback.from_line(line[: cut % len(line)])


def test_a_torn_last_line_costs_that_line_only(file: FeedbackFile) -> None:
    file.append(ICE)
    with file.path.open("ab") as written:
        written.write(ICE.to_line()[:100])
    kept = file.read()
    assert kept.records == (ICE,)
    assert len(kept.damaged) == 1
    assert kept.damaged[0].startswith(f"{file.path}:2: ")
    file.append(REFUSED)  # the next record begins a line of its own
    kept = file.read()
    assert kept.records == (ICE, REFUSED)
    assert [problem.partition(": ")[0] for problem in kept.damaged] == [f"{file.path}:2"]


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"null", b"{}", b"{" * 100_000, b'{"id": "\\ud800"}', b"\x00" * 50, b'"' + b"x" * 1_000_000],
)
def test_a_line_that_is_no_record_is_reported(file: FeedbackFile, line: bytes) -> None:
    file.path.write_bytes(ICE.to_line() + line + b"\n\n" + REFUSED.to_line())
    kept = file.read()
    assert kept.records == (ICE, REFUSED)
    assert len(kept.damaged) == 1
    assert len(kept.damaged[0]) < 1000


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "maybe"), ("reason", "because"), ("answered", "yes"), ("confidence", 2.0), ("citations", [{}]),
     ("time", "yesterday"), ("time", "2025-03-11T09:30:00"), ("question", None), ("index_generation", 1.5)],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named(field: str, value: Any) -> None:
    fields = {**json.loads(ICE.to_line()), field: value}
    with pytest.raises(FeedbackError, match=field):
        Feedback.from_line(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "a b"}, "id is 'a b'"),
        ({"id": "x" * 65}, "1 to 64"),
        ({"id": "a\n"}, "1 to 64"),
        ({"question": " "}, "question is empty"),
        ({"question": "x" * 2001}, "2,001"),
        ({"correction": "x" * 2001}, "2,001"),
        ({"confidence": float("nan")}, "confidence is nan"),
        ({"verdict": "right", "reason": None}, "'right', and a reason or a correction"),
        ({"verdict": "right", "correction": ""}, "'right', and a reason or a correction"),
        ({"reason": "should_have_answered"}, "the question was answered"),
        ({"answered": False, "reason": "should_have_refused"}, "the question was refused"),
        ({"citations": (Citation("d1", 5, 5, "", ""),)}, "start 5 and end 5"),
        ({"time": datetime(2025, 3, 11)}, "without a time zone"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FeedbackError, match=said):
        replace(ICE, **changes)


def test_a_record_that_is_too_long_or_holds_half_a_character_is_not_written(file: FeedbackFile) -> None:
    file.append(ICE)
    with pytest.raises(FeedbackError, match="65,536"):
        file.append(replace(ICE, answer="x" * MAX_RECORD_BYTES))
    with pytest.raises(FeedbackError, match="cannot be written"):
        file.append(replace(ICE, correction="\ud800"))
    assert file.read().records == (ICE,)


def test_the_last_version_of_a_verdict_counts(file: FeedbackFile) -> None:
    first, other, changed = ICE, replace(ICE, id="b"), replace(ICE, correction="sixty tonnes")
    for record in (first, other, changed):
        file.append(record)
    assert file.read().current == (other, changed)


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


# Several writers


def _append_many(path: Path, name: str, count: int) -> None:
    for number in range(count):
        FeedbackFile(path).append(replace(ICE, id=f"{name}-{number}", answer=name * 5000))


def test_threads_do_not_mix_their_lines(file: FeedbackFile) -> None:
    threads = [threading.Thread(target=_append_many, args=(file.path, name, 10)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = file.read()
    assert kept.damaged == ()
    assert {record.id for record in kept.records} == {f"{name}-{n}" for name in "abcd" for n in range(10)}


def test_processes_do_not_mix_their_lines(file: FeedbackFile) -> None:
    spawning = multiprocessing.get_context("spawn")
    processes = [spawning.Process(target=_append_many, args=(file.path, name, 10)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    kept = file.read()
    assert kept.damaged == ()
    assert len({record.id for record in kept.records}) == 20


# A disk that does not take it


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond that many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_leaves_the_file_as_it_was(file: FeedbackFile) -> None:
    file.append(ICE)
    before = file.path.read_bytes()
    # The record would fit in part only.
    with largest_file(len(before) + 100), pytest.raises(FeedbackStoreError, match=r"was not kept: .*choose another"):
        file.append(REFUSED)
    assert file.path.read_bytes() == before
    file.append(REFUSED)
    assert file.read().records == (ICE, REFUSED)


@pytest.mark.parametrize("name", ["nowhere/feedback.jsonl", "", "feedback.jsonl/feedback.jsonl"])
def test_a_file_that_cannot_be_written_is_named(file: FeedbackFile, name: str) -> None:
    file.append(ICE)
    path = file.path.parent / name
    with pytest.raises(FeedbackStoreError, match="was not kept"):
        FeedbackFile(path).append(ICE)
    with pytest.raises(FeedbackStoreError, match="cannot read feedback from"):
        FeedbackFile(path).read()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(file: FeedbackFile) -> None:
    file.path.parent.chmod(0o500)
    try:
        with pytest.raises(FeedbackStoreError, match=os.strerror(errno.EACCES)):
            file.append(ICE)
    finally:
        file.path.parent.chmod(0o700)


# Where it lies


def test_the_file_lies_in_the_folder_of_the_index_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    assert Settings.load(index=tmp_path).feedback_file == tmp_path / "feedback.jsonl"
    assert Settings.load(index=tmp_path, feedback=tmp_path / "said").feedback_file == tmp_path / "said"
    with pytest.raises(ConfigError, match="feedback"):
        Settings.load(feedback=7)


def test_no_report_says_where_the_feedback_lies(tmp_path: Path) -> None:
    assert "feedback" not in Settings.load(feedback=tmp_path).model_dump()
