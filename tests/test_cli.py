"""The command line, as a person or a script uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from index.loaders import LOADERS, containment
from ui.cli import app

STORY = (
    "Keeper Ansel Brandt lit the Castell lighthouse again on Friday. The lamp had been dark for eleven years.\n"
    "“It guides every boat in the strait,” said Oda Lindqvist, the harbour master.\n"
    "The repair cost 240,000 crowns, paid by the fishing co-operative.\n"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a story and an index of it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "story.txt").write_text(STORY, "utf-8")
    result = dateline("index", "add", str(folder / "story.txt"), index=folder / "index")
    assert result.exit_code == 0, result.output
    return folder


def dateline(*arguments: str, index: Path | None = None, stdin: str | None = None) -> Result:
    located = [*arguments, "--index", str(index)] if index else list(arguments)
    return CliRunner().invoke(app, located, input=stdin)


def test_ask_answers_with_exact_offsets(place: Path) -> None:
    result = dateline("ask", "How much did the repair of the lighthouse cost?", "--json", index=place / "index")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["answered"]
    for source in answer["sources"]:
        assert STORY[source["start"] : source["end"]] == source["quote"]
    assert answer["sources"][0]["quote"] == "The repair cost 240,000 crowns, paid by the fishing co-operative."


def test_ask_for_people(place: Path) -> None:
    result = dateline("ask", "Who lit the lighthouse?", index=place / "index")
    assert "Ansel Brandt lit the Castell lighthouse again on Friday. [1]" in result.stdout
    assert "[1] " in result.stdout.split("\n\n")[1]


def test_ask_says_what_is_not_there_and_exits_3(place: Path) -> None:
    result = dateline("ask", "What is the capital of Peru?", index=place / "index")
    assert result.exit_code == 3
    assert result.stdout.startswith("Not in the corpus")
    answer = json.loads(dateline("ask", "What is the capital of Peru?", "--json", index=place / "index").stdout)
    assert (answer["answered"], answer["short_answer"], answer["sentences"]) == (False, None, [])
    assert answer["passages"]


def test_ask_reads_lines(place: Path) -> None:
    questions = "Who lit the lighthouse?\n\nCapital of Peru?\n"
    result = dateline("ask", "-", "--json", index=place / "index", stdin=questions)
    assert [json.loads(line)["answered"] for line in result.stdout.splitlines()] == [True, False]
    assert result.exit_code == 0


def test_one_bad_line_does_not_stop_the_others(place: Path) -> None:
    questions = f"???\n{'x' * 5000}\nWho lit the lighthouse?\n"
    result = dateline("ask", "-", "--json", index=place / "index", stdin=questions)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row.get("error", {}).get("type") for row in rows] == ["QuestionError", "QuestionError", None]
    assert result.exit_code == 1


@pytest.mark.parametrize("question", ["", "   ", "x" * 1_000_000])
def test_what_is_no_question_is_an_error(place: Path, question: str) -> None:
    result = dateline("ask", question, index=place / "index")
    assert result.exit_code == 2
    assert "question" in result.stderr
    assert "Traceback" not in result.output


def test_no_index_names_the_cure(tmp_path: Path) -> None:
    result = dateline("ask", "Who?", index=tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "dateline index add" in result.stderr


def test_a_path_that_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some text about nothing in particular.")
    result = dateline("index", "add", str(tmp_path / "a.txt"), index=tmp_path)
    assert result.exit_code == 2
    assert "holds no index" in result.stderr


def test_add_reports_what_it_skipped(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "good.txt").write_text(STORY, "utf-8")
    (inbox / "empty.txt").touch()
    result = dateline("index", "add", str(inbox), str(tmp_path / "missing.txt"), index=tmp_path / "index")
    assert result.exit_code == 1
    assert "added 1 documents" in result.stdout
    assert "empty.txt" in result.stderr
    assert "missing.txt" in result.stderr
    again = dateline("index", "add", str(inbox / "good.txt"), "--json", index=tmp_path / "index")
    assert (again.exit_code, json.loads(again.stdout)["unchanged"]) == (0, 1)


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    result = dateline("index", "add", str(tmp_path / "inbox"), index=tmp_path / "index")
    assert result.exit_code == 1
    assert "no files" in result.stderr


def test_list_info_remove(place: Path, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text(STORY, "utf-8")
    index = tmp_path / "index"
    dateline("index", "add", str(story), index=index)
    (listed,) = json.loads(dateline("index", "list", "--json", index=index).stdout)
    assert listed["source"] == str(story)
    assert listed["document"] in dateline("index", "list", index=index).stdout
    assert json.loads(dateline("index", "info", "--json", index=index).stdout)["documents"] == 1
    assert dateline("index", "remove", str(story), index=index).stdout == "removed 1 documents\n"
    assert dateline("index", "remove", listed["document"], index=index).exit_code == 3
    assert dateline("ask", "Who lit the lighthouse?", index=index).exit_code == 3


def test_search_shows_ranks(place: Path) -> None:
    hits = json.loads(dateline("search", "harbour master", "--json", index=place / "index").stdout)
    assert hits[0]["ranks"]["fused"] == 1
    assert "ranks: dense" in dateline("search", "harbour master", index=place / "index").stdout
    assert dateline("search", "harbour", "--since", "2030-01-01", index=place / "index").exit_code == 3
    assert dateline("search", "harbour", "--kind", "poem", index=place / "index").exit_code == 2


def test_chat_remembers(place: Path) -> None:
    result = dateline(
        "chat", index=place / "index", stdin="Who lit the Castell lighthouse?\nHow much did its repair cost?\n\n"
    )
    assert result.exit_code == 0
    assert "asked as: How much did the Castell lighthouse’s repair cost?" in result.stdout
    assert "240,000 crowns" in result.stdout


def test_doctor(place: Path, tmp_path: Path) -> None:
    findings = json.loads(dateline("doctor", "--json", "--watch", "0", index=place / "index").stdout)
    assert {finding["what"] for finding in findings} >= {"python", "faiss-cpu", "model weights", "index", "network"}
    assert [one["value"] for one in findings if one["what"] == "parsers"] == [containment(LOADERS).summary()]
    assert all(finding["ok"] for finding in findings)
    broken = dateline("doctor", "--watch", "0", index=tmp_path / "nowhere")
    assert broken.exit_code == 1
    assert "!! index" in broken.stdout


def test_version() -> None:
    assert dateline("--version").stdout.startswith("dateline 0.")


def test_an_index_of_another_model_is_refused(place: Path, tmp_path: Path) -> None:
    config = tmp_path / "dateline.toml"
    config.write_text('embedder = "hashing"\n')
    result = dateline("ask", "Who?", "--config", str(config), index=place / "index")
    assert result.exit_code == 2
    assert "hashing-384" in result.stderr
    assert "all-MiniLM-L6-v2" in result.stderr


def test_help_is_quick_and_ask_is_soon_done(place: Path) -> None:
    """Two promises about waiting; the limits are twice the promised seconds, of processor time: others may be busy."""
    command = [sys.executable, "-m", "ui.cli"]

    def seconds(*arguments: str) -> float:
        before = os.times()
        subprocess.run([*command, *arguments], check=True, capture_output=True, env=dict(os.environ), timeout=60)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    question = ("ask", "Who lit the lighthouse?", "--index", str(place / "index"))
    assert min(seconds("--help") for _ in range(3)) < 0.4 * 2
    assert min(seconds(*question) for _ in range(3)) < 2.0 * 2
