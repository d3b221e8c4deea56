"""The measure of contradictions: what counts as shown, what is counted wrongly shown, and what a file must hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import pytest

from eval.studies.conflicts import Conflict, measure_conflicts, read_conflicts
from index.documents import Filters
from index.errors import BenchmarkError
from rag.answer import Alternative, Answer
from rag.question.question import Asking, Turn

HURT = Conflict("hurt", "How many were hurt?", ("Fourteen people were hurt", "The number is eleven"))
COST = Conflict("cost", "What did it cost?", ("2.3 million marks", "2.9 million marks"))


@dataclass(frozen=True)
class Scripted:
    """Answers with a short answer and alternatives by question; everything else is refused."""

    script: dict[str, Sequence[str]]

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        short, *others = self.script.get(question, [""])
        alternatives = tuple(Alternative(other, (1,)) for other in others)
        return Answer(question, question, bool(short), 0.5, short or None, alternatives=alternatives)


def test_recall_and_precision_by_hand() -> None:
    said = {
        HURT.question: ["eleven people", "Fourteen"],
        COST.question: ["2.3 million marks", "six boats"],
        "Who came?": ["the mayor", "the judge"],
    }
    report = measure_conflicts("harbour", [HURT, COST], "0", ["Who came?", HURT.question], Scripted(said))
    assert (report.recall.value, report.recall.n) == (0.5, 2)
    assert report.precision is not None
    assert (report.precision.value, report.precision.n) == (pytest.approx(1 / 3), 3)
    assert "0.5000" in report.table()
    assert report.to_json()["precision"]["n"] == 3


def test_where_nothing_is_shown_there_is_no_precision() -> None:
    report = measure_conflicts("harbour", [HURT], "0", [], Scripted({HURT.question: ["eleven"]}))
    assert (report.recall.value, report.precision) == (0.0, None)
    assert report.to_json()["precision"] is None
    assert "none was shown" in report.table()


@pytest.mark.parametrize(
    ("text", "places"), [("14 people", set()), ("fourteen", {0}), ("eleven", {1}), ("people hurt", set()), ("", set())]
)
def test_a_value_is_known_by_the_words_that_set_it_apart(text: str, places: set[int]) -> None:
    assert HURT.shown(text) == places


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "no conflict"),
        ("[]", "object is expected"),
        (json.dumps({"_id": "a", "question": "Who?", "values": [{"value": "x"}]}), "two or more"),
        (json.dumps({"_id": "a", "question": "Who?", "values": [{"value": "x"}, "y"]}), "'value' is missing"),
        (json.dumps({"_id": "a", "values": [{"value": "x"}, {"value": "y"}]}), "'question' is missing"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(line: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "conflicts.jsonl").write_text(line + "\n")
    with pytest.raises(BenchmarkError, match=problem):
        read_conflicts(tmp_path)


def test_a_folder_without_conflicts_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"conflicts\.jsonl"):
        read_conflicts(tmp_path)
