"""Answers of other systems: what the file may hold, and how it is scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.answers_file import read_answers, with_missing_rows
from eval.benchmarks.base import Benchmark, Query
from eval.benchmarks.writing import write_folder
from eval.rows import Cited, Ranked
from eval.runs import read_run
from index.documents import Document
from index.errors import BenchmarkError
from ui.cli import app

PIER = "The harbour council closed the north pier.\n\nRepairs take until June."
BENCHMARK = Benchmark(
    name="harbour",
    documents=(Document(PIER, key="pier"), Document("The plant makes forty tonnes of ice a day.", key="ice")),
    queries=(
        Query("q1", "Which pier did the council close?", ("north pier",)),
        Query("q2", "How much ice a day?", ("forty tonnes",)),
        Query("q3", "Who is the mayor?", ()),
    ),
    qrels={"q1": {"pier": 1}, "q2": {"ice": 1}},
    sha256="0" * 64,
)


def written(folder: Path, *lines: dict[str, Any]) -> Path:
    file = folder / "answers.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return file


def test_every_field_arrives(tmp_path: Path) -> None:
    line = {
        "query": "q1",
        "answer": "The council closed the north pier [1]. It reopens in June.[1] [2]",
        "short_answer": "the north pier",
        "confidence": 0.75,
        "sources": [
            {"n": 1, "document": "pier", "quote": "closed the  north pier.\nRepairs"},
            {"n": 2, "document": "ice"},
        ],
        "passages": [
            {"document": "ice", "start": 4, "end": 9},
            {"document": "pier", "text": "Repairs take until June.", "score": 0.25},
            {"document": "ice"},
        ],
        "timings_ms": {"answer": 812},
    }  # fmt: skip
    rows, _ = read_answers(written(tmp_path, line), BENCHMARK)
    row = rows["q1"]
    assert row.ranking == (Ranked("ice", 3.0), Ranked("pier", 0.25))
    assert [(p.document, p.start, p.end, p.score) for p in row.passages] == [
        ("ice", 4, 9, 3.0), ("pier", 44, 68, 0.25), ("ice", 0, 42, 1.0),
    ]  # fmt: skip
    assert row.passages[1].excerpt is not None
    assert row.passages[1].excerpt.text == "Repairs take until June."
    assert row.timings_ms == {"answer": 812.0}
    prediction = row.prediction
    assert prediction is not None
    assert (prediction.answered, prediction.confidence, prediction.short) == (True, 0.75, "the north pier")
    assert prediction.sentences == (("The council closed the north pier.", (1,)), ("It reopens in June.", (1, 2)))
    # White space may differ; what is cited are the characters of the document.
    assert prediction.cited[0] == Cited(1, "pier", 20, 51, PIER[20:51])
    assert prediction.cited[1].quote == BENCHMARK.documents[1].text


def test_a_refusal_is_an_empty_answer(tmp_path: Path) -> None:
    rows, _ = read_answers(written(tmp_path, {"query": "q3", "answer": None}, {"query": "q2"}), BENCHMARK)
    for query in ("q2", "q3"):
        prediction = rows[query].prediction
        assert prediction is not None
        assert (prediction.answered, prediction.confidence, prediction.text) == (False, 0.0, "")


def test_a_question_that_is_left_out_counts(tmp_path: Path) -> None:
    rows, _ = read_answers(written(tmp_path, {"query": "q1", "answer": "north pier"}), BENCHMARK)
    complete = with_missing_rows(rows, BENCHMARK)
    assert list(complete) == ["q1", "q2", "q3"]
    assert complete["q2"].prediction is None
    assert complete["q2"].attempted


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"query": "q9"}, "'query' is 'q9'; it must be the _id of a question of harbour"),
        ({"query": "q1", "answer": ["pier"]}, "'answer' is \"['pier']\"; it must be a string"),
        ({"query": "q1", "confidence": 1.5}, "a number from 0 to 1"),
        ({"query": "q1", "confidence": "high"}, "it must be a number"),
        ({"query": "q1", "confidence": True}, "it must be a number"),
        ({"query": "q1", "sources": [{"document": "pier"}]}, "sources[0]: the field 'n' is missing"),
        ({"query": "q1", "sources": [{"n": 1, "document": "dam"}]}, "the _id of a document of the benchmark"),
        ({"query": "q1", "sources": [{"n": 1, "document": "pier", "quote": "south pier"}]}, "one after the other"),
        ({"query": "q1", "passages": [{"document": "pier", "start": 4}]}, "the field 'end' is missing"),
        ({"query": "q1", "passages": [{"document": "pier", "start": 4, "end": 400}]}, "at most 68"),
        ({"query": "q1", "timings_ms": {"answer": "long"}}, "timings_ms: 'answer' is 'long'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        read_answers(written(tmp_path, {"query": "q2"}, line), BENCHMARK)
    assert "answers.jsonl:2" in str(raised.value)
    assert message in str(raised.value)


def test_a_second_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="answered in an earlier line"):
        read_answers(written(tmp_path, {"query": "q1"}, {"query": "q1"}), BENCHMARK)


def score(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["eval", "score", *map(str, arguments)])


def test_answers_are_scored_and_kept_as_a_run(tmp_path: Path) -> None:
    write_folder(BENCHMARK, tmp_path / "harbour")
    lines = [
        {"query": "q1", "answer": "the north pier [1]", "sources": [{"n": 1, "document": "pier"}],
         "passages": [{"document": "ice"}, {"document": "pier"}]},
        {"query": "q3", "answer": ""},
    ]  # fmt: skip
    result = score(written(tmp_path, *lines), tmp_path / "harbour", "-o", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "1 of 3 questions have no answer in the file" in result.stdout
    metrics = read_run(tmp_path / "run").metrics
    assert metrics["EM answerable"].value == pytest.approx(1 / 2)
    assert metrics["RR@10"].value == pytest.approx((1 / 2 + 0) / 2)
    assert metrics["Refused"].value == 1.0
    assert metrics["Citation recall (exact)"].value == 1.0
    again = score(tmp_path / "answers.jsonl", tmp_path / "harbour", "-o", tmp_path / "run")
    assert again.stdout == result.stdout
    written(tmp_path, lines[0])
    other = score(tmp_path / "answers.jsonl", tmp_path / "harbour", "-o", tmp_path / "run")
    assert other.exit_code == 2
    assert "made otherwise" in other.stderr


def test_a_system_without_passages_is_not_scored_on_retrieval(tmp_path: Path) -> None:
    write_folder(BENCHMARK, tmp_path / "harbour")
    result = score(written(tmp_path, {"query": "q1", "answer": "north pier"}), tmp_path / "harbour")
    assert "EM answerable" in result.stdout
    assert "nDCG@10" not in result.stdout
