"""The measure of follow-up questions: what it counts, what it reads, and what it says of the product."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner, Result

from eval.metrics.question_rewriting import added_wrongly, supplied, term, terms
from eval.runner import half_of
from eval.studies.question_rewriting import (
    FollowUp,
    measure_question_rewriting,
    read_followups,
    score_rewriting,
    unchanged,
    whole_history,
)
from index.errors import BenchmarkError
from ui.cli import app

LINES = [
    {"id": "7_1", "history": [], "question": "What is the Varde pipeline?", "rewrite": "What is the Varde pipeline?"},
    {
        "id": "7_2",
        "history": ["What is the Varde pipeline?"],
        "question": "Who owns it?",
        "rewrite": "Who owns the Varde pipeline?",
    },
    {
        "id": "3_2",
        "history": ["Who is Lena Brandt?"],
        "question": "What is a frigate?",
        "rewrite": "What is a frigate?",
    },
]


def write(path: Path, *lines: object) -> Path:
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two conversations; one question opens its own."""
    return write(tmp_path / "talks.jsonl", *LINES)


def dateline(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "followups", *map(str, arguments)])


# The metrics


def test_words_are_compared_without_endings() -> None:
    assert [term(word) for word in ("Banks", "bank’s", "banks'", "Press", "gas")] == [
        "bank", "bank", "bank", "press", "gas",
    ]  # fmt: skip
    assert terms("Who will the banks' owners sue?") == {"bank", "owner", "sue"}


@pytest.mark.parametrize(
    ("asked", "rewritten", "gold", "right", "wrong"),
    [
        # lacking: varde, pipeline. Both supplied, nothing else added.
        ("Who owns it?", "Who owns the Varde pipeline?", "Who owns the Varde pipeline?", 1.0, 0.0),
        # One of the two supplied; of the two added, oslo is not called for.
        ("Who owns it?", "Who owns the Oslo pipeline?", "Who owns the Varde pipeline?", 0.5, 0.5),
        # Nothing done: nothing supplied, nothing wrong.
        ("Who owns it?", "Who owns it?", "Who owns the Varde pipeline?", 0.0, 0.0),
        # Nothing lacking: what is added is wrong, and there is no share to supply.
        ("Who owns Tolm?", "Who owns Tolm? (Varde pipeline)", "Who owns Tolm?", None, 1.0),
        # Another form of a word is the same word.
        ("Who owns it?", "Who owns the pipelines?", "Who owns the pipeline's pumps?", 0.5, 0.0),
    ],
)
def test_worked_examples(asked: str, rewritten: str, gold: str, right: float | None, wrong: float) -> None:
    assert supplied(asked, rewritten, gold) == right
    assert added_wrongly(asked, rewritten, gold) == wrong


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_shares_lie_between_0_and_1(asked: str, rewritten: str, gold: str) -> None:
    share = supplied(asked, rewritten, gold)
    assert share is None or 0 <= share <= 1
    assert 0 <= added_wrongly(asked, rewritten, gold) <= 1
    assert supplied(asked, gold, gold) in (None, 1.0)
    assert added_wrongly(asked, gold, gold) == 0


# The reader


def test_a_file_is_read_plain_or_gzipped(file: Path) -> None:
    questions, sha256 = read_followups(file)
    assert questions[1] == FollowUp(
        "7_2", "Who owns it?", ("What is the Varde pipeline?",), "Who owns the Varde pipeline?"
    )
    assert [question.conversation for question in questions] == ["7", "7", "3"]
    assert read_followups(write(file.with_suffix(".jsonl.gz"), *LINES)) == (questions, sha256)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("not json\n", ":4: not JSON"),
        ("[]\n", ":4: a list where an object is expected"),
        ({"id": "9_1", "rewrite": "Why?"}, ":4: the field 'question' is missing"),
        ({"id": "9_1", "question": "Why?"}, ":4: the field 'rewrite' is missing"),
        ({"id": "9_1", "question": " ", "rewrite": "Why?"}, ":4: 'question' is ' '"),
        ({"id": "9_1", "question": "Why?", "rewrite": "Why?", "history": "Who?"}, ":4: 'history' is 'Who?'"),
        ({"id": "9", "question": "Why?", "rewrite": "Why?"}, ":4: 'id' is '9'; it must be a conversation and a turn"),
        (LINES[0], ":4: the id '7_1' has come before"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: object, problem: str) -> None:
    path = write(tmp_path / "talks.jsonl", *LINES, line)
    with pytest.raises(BenchmarkError, match=r"talks\.jsonl") as caught:
        read_followups(path)
    assert problem in str(caught.value)


def test_a_file_that_is_broken_or_missing_is_named(tmp_path: Path) -> None:
    broken = write(tmp_path / "talks.jsonl.gz", *LINES)
    broken.write_bytes(broken.read_bytes()[:-12])
    for path in (broken, tmp_path / "nowhere.jsonl"):
        with pytest.raises(BenchmarkError, match="cannot be read"):
            read_followups(path)


# The comparison


def test_the_baselines_score_what_they_must() -> None:
    question = FollowUp("7_2", "Who owns it?", ("What is the Varde pipeline?",), "Who owns the Varde pipeline?")
    alone = score_rewriting([question], unchanged)
    assert alone.supplied is not None
    assert (alone.supplied.value, alone.added_wrongly.value, alone.net) == (0.0, 0.0, 0.0)
    assert whole_history("Who owns it?", question.history) == "What is the Varde pipeline? Who owns it?"
    assert score_rewriting([question], whole_history).net == 1.0


def test_questions_that_open_a_conversation_are_left_out(file: Path) -> None:
    report = measure_question_rewriting(file)
    assert report.questions == 2
    ours = report.scores["dateline"]
    assert ours.supplied is not None
    assert (ours.supplied.n, ours.added_wrongly.n) == (1, 2)


def test_halves_take_whole_conversations(file: Path, tmp_path: Path) -> None:
    assert (half_of("7"), half_of("3")) == ("test", "dev")
    assert [measure_question_rewriting(file, half).questions for half in ("dev", "test", None)] == [1, 1, 2]
    with pytest.raises(BenchmarkError, match=r"no question of .* with a history is left with half dev"):
        measure_question_rewriting(write(tmp_path / "one.jsonl", *LINES[:2]), "dev")


def test_where_no_question_lacks_a_word_nothing_is_supplied(tmp_path: Path) -> None:
    report = measure_question_rewriting(write(tmp_path / "whole.jsonl", LINES[2]))
    assert report.scores["dateline"].supplied is None
    assert report.scores["dateline"].net == 0.0
    assert "–" in report.table()
    assert report.to_json()["systems"]["dateline"]["supplied"] is None


# The command


def test_the_command_prints_a_table(file: Path) -> None:
    result = dateline(file)
    assert result.exit_code == 0, result.output
    assert "talks: 2 follow-up questions" in result.stdout
    assert [line.split("  ")[0] for line in result.stdout.splitlines()[3:]] == [
        "dateline", "question alone", "whole history",
    ]  # fmt: skip


def test_the_command_prints_json(file: Path) -> None:
    report = json.loads(dateline(file, "--half", "test", "--json").stdout)
    assert report["half"] == "test"
    assert report["questions"] == 1
    assert report["systems"]["dateline"]["supplied"] == {"value": 1.0, "n": 1, "low": 1.0, "high": 1.0}
    assert report["systems"]["question alone"]["net"] == 0.0


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    result = dateline(write(tmp_path / "talks.jsonl", {"id": "7_1"}))
    assert result.exit_code == 2
    assert "talks.jsonl:1: the field 'question' is missing" in result.stderr


def test_ours_beats_both_baselines(shared: Path) -> None:
    path = shared / "benchmarks" / "followups-cast19.jsonl.gz"
    if not path.is_file():
        pytest.skip("the conversations are not beside this checkout")
    scores = measure_question_rewriting(path).scores
    assert scores["dateline"].net > max(scores["question alone"].net, scores["whole history"].net) + 0.2
