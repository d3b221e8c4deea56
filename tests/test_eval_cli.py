"""`dateline eval`, as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ui.cli import app

QUESTIONS = [
    {"_id": "q1", "text": "Which pier did the harbour council close?", "answers": ["north pier"]},
    {"_id": "q2", "text": "How much ice does the plant make in a day?", "answers": ["forty tonnes"]},
    {"_id": "q3", "text": "Which violinist opened the opera festival?", "answers": []},
]
CORPUS = [
    {
        "_id": "pier",
        "title": "Pier shut",
        "text": "The harbour council closed the north pier. Repairs take until June.",
    },
    {
        "_id": "ice",
        "title": "Ice plant opens",
        "text": "The ice plant opened. The plant makes forty tonnes of ice a day.",
    },
    {
        "_id": "ferry",
        "title": "Fares",
        "text": "Ferry tickets rise by eight per cent. The operator blames fuel prices.",
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A benchmark of three documents and three questions."""
    made = tmp_path / "harbour"
    (made / "qrels").mkdir(parents=True)
    for name, records in (("corpus", CORPUS), ("queries", QUESTIONS)):
        (made / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (made / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tpier\t1\nq2\tice\t1\n")
    return made


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    """Options that name the embedder for tests."""
    file = tmp_path / "settings.toml"
    file.write_text('embedder = "hashing"\n')
    return ["--config", str(file)]


def dateline(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def test_a_run_prints_a_table_and_writes_json(folder: Path, settings: list[str], tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    result = dateline("run", folder, "--json", file, *settings)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""  # no bar where nobody watches
    assert "harbour: 3 questions over 3 documents" in result.stdout
    assert re.search(r"^Success@5 +1\.0000 +1\.0000 – 1\.0000 +2$", result.stdout, re.MULTILINE)
    assert re.search(r"indexing: \d+ passages in", result.stdout)
    report = json.loads(file.read_text("utf-8"))
    assert report["metrics"]["Success@5"] == {"value": 1.0, "n": 2, "low": 1.0, "high": 1.0}
    assert report["config"]["embedder"].startswith("hashing")
    assert report["config"]["answerer"] == "extractive"
    assert report["costs"]["indexing"]["passages"] >= 3
    assert report["rows"][0]["answer"] is not None


def test_the_same_run_twice_writes_the_same_but_for_the_costs(
    folder: Path, settings: list[str], tmp_path: Path
) -> None:
    written = []
    for name in ("one.json", "two.json"):
        assert dateline("run", folder, "--json", tmp_path / name, *settings).exit_code == 0
        report = json.loads((tmp_path / name).read_text("utf-8"))
        del report["costs"]
        written.append(report)
    assert written[0] == written[1]


def test_a_run_is_kept_and_not_asked_again(folder: Path, settings: list[str], tmp_path: Path) -> None:
    first = dateline("run", folder, "-o", tmp_path / "run", "--set", "k=3", "--reader", "similarity", *settings)
    assert first.exit_code == 0, first.output
    config = json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))
    assert (config["system"]["k"], config["system"]["reader"]) == (3, "similarity")
    again = dateline("run", folder, "-o", tmp_path / "run", "--set", "k=3", "--reader", "similarity", *settings)
    assert again.stdout == first.stdout  # to the millisecond: nothing was asked
    other = dateline("run", folder, "-o", tmp_path / "run", "--k", "4", "--reader", "similarity", *settings)
    assert other.exit_code == 2
    assert "system.k: 3 there, 4 here" in other.stderr


def test_an_option_of_its_own_comes_before_set(folder: Path, settings: list[str], tmp_path: Path) -> None:
    result = dateline("run", folder, "-o", tmp_path / "run", "--set", "k=3", "--k", "5", "--no-answers", *settings)
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))["system"]["k"] == 5


@pytest.mark.parametrize("wrong", ["k", "=3", "colour=red", "k=many"])
def test_a_setting_that_is_none_stops_at_once(folder: Path, wrong: str, tmp_path: Path) -> None:
    result = dateline("run", folder, "-o", tmp_path / "run", "--set", wrong)
    assert result.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_one_more_metric_is_shown_when_asked_for(folder: Path, settings: list[str]) -> None:
    result = dateline("run", folder, "--no-answers", "--metric", "P@1", *settings)
    assert re.search(r"^P@1 +1\.0000", result.stdout, re.MULTILINE)
    unknown = dateline("run", folder, "--no-answers", "--metric", "P@many", *settings)
    assert unknown.exit_code == 2
    assert "unknown metric 'P@many'" in unknown.stderr


def test_retrieval_alone_over_the_first_question(folder: Path, settings: list[str], tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    result = dateline("run", folder, "--no-answers", "--limit", "1", "--json", file, *settings)
    assert result.exit_code == 0, result.output
    report = json.loads(file.read_text("utf-8"))
    assert set(report["metrics"]) == {"nDCG@10", "AP", "R@10", "R@100", "RR@10", "Success@5"}
    assert [row["query"] for row in report["rows"]] == ["q1"]
    assert report["benchmark"]["documents"] == 3


def test_an_index_that_is_kept_is_used_again(folder: Path, settings: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = dateline("run", folder, "--index", kept, "--no-answers", *settings)
    second = dateline("run", folder, "--index", kept, "--no-answers", *settings)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "indexing:" in first.stdout
    assert "indexing:" not in second.stdout
    figures = [result.stdout.split("search:")[0] for result in (first, second)]
    assert figures[0] == figures[1]


def test_halves_share_out_the_questions(folder: Path, settings: list[str]) -> None:
    # All three ids end in an odd byte of SHA-256 (cb, e1, 91), so the dev half is empty.
    assert "3 questions" in dateline("run", folder, "--half", "test", "--no-answers", *settings).stdout
    empty = dateline("run", folder, "--half", "dev", "--no-answers", *settings)
    assert empty.exit_code == 2
    assert "no query of harbour is left" in empty.stderr


def test_a_malformed_benchmark_stops_before_any_work(folder: Path, settings: list[str], tmp_path: Path) -> None:
    with (folder / "queries.jsonl").open("a") as file:
        file.write('{"_id": "q4"}\n')
    kept = tmp_path / "kept"
    result = dateline("run", folder, "--index", kept, *settings)
    assert result.exit_code == 2
    assert "queries.jsonl:4: the field 'text' is missing" in result.stderr
    assert not kept.exists()


def test_a_report_that_could_not_be_written_is_refused_at_once(folder: Path, tmp_path: Path) -> None:
    result = dateline("run", folder, "--json", tmp_path / "nowhere" / "report.json")
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr


def write_expected(tmp_path: Path, value: float, benchmark: str = "harbour") -> Path:
    file = tmp_path / "expected.toml"
    file.write_text(
        f'[[record]]\nbenchmark = "{benchmark}"\nanswers = false\n'
        f'[record.scores]\n"Success@5" = {{ value = {value}, tolerance = 0.01 }}\n'
        '"R@10" = { value = 1, tolerance = 0 }\n'
    )
    return file


def test_recorded_scores_that_are_reached(folder: Path, settings: list[str], tmp_path: Path) -> None:
    result = dateline("check", folder, "--expected", write_expected(tmp_path, 0.995), *settings)
    assert result.exit_code == 0, result.output
    assert "2 of 2 recorded scores reached" in result.stdout


def test_a_recorded_score_that_is_missed_exits_4(folder: Path, settings: list[str], tmp_path: Path) -> None:
    result = dateline("check", folder, "--expected", write_expected(tmp_path, 0.9), *settings)
    assert result.exit_code == 4
    assert "missed: Success@5: 1.0000, expected 0.9 ± 0.01" in result.stderr
    assert "1 of 2 recorded scores reached" in result.stdout


def test_a_check_of_nothing_does_not_pass(folder: Path, settings: list[str], tmp_path: Path) -> None:
    result = dateline("check", folder, "--expected", write_expected(tmp_path, 1, "elsewhere"), *settings)
    assert result.exit_code == 2
    assert "no scores are recorded for 'harbour'" in result.stderr


def test_the_packaged_benchmark_has_a_name(settings: list[str]) -> None:
    result = dateline("run", "sample", "--limit", "3", "--no-answers", *settings)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("sample: 3 questions")


def test_the_race_prints_both_ratios(folder: Path, settings: list[str]) -> None:
    pytest.importorskip("langchain_huggingface")
    result = dateline("bench", folder, "--documents", "2", "--repeats", "1", "--json", *settings)
    assert result.exit_code == 0, result.output
    race = json.loads(result.stdout)
    assert race["documents"] == 2
    assert race["characters"] == sum(len(document["text"]) for document in CORPUS[:2])
    assert race["usual"]["passages"] == 2  # both texts are shorter than a chunk
    usual, ours = race["usual"], race["ours"]
    assert race["passages_ratio"] == pytest.approx(ours["passages_per_s"] / usual["passages_per_s"], rel=0.05)
    assert race["characters_ratio"] == pytest.approx(ours["characters_per_s"] / usual["characters_per_s"], rel=0.05)
    table = dateline("bench", folder, "--documents", "2", "--repeats", "1", *settings).stdout
    assert re.search(r"^ratio +[\d.]+ +[\d.]+$", table, re.MULTILINE)


def test_the_sample_still_scores_what_was_recorded() -> None:
    result = dateline("check")
    assert result.exit_code == 0, result.output
    assert re.search(r"^(\d+) of \1 recorded scores reached$", result.stdout, re.MULTILINE)


def test_planted_conflicts_are_measured(folder: Path, settings: list[str]) -> None:
    conflict = {"_id": "c1", "question": "How much ice a day?", "values": [{"value": "forty"}, {"value": "fifty"}]}
    (folder / "conflicts.jsonl").write_text(json.dumps(conflict) + "\n")
    result = dateline("conflicts", folder, "--json", *settings)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["recall"]["n"] == 1


def test_a_benchmark_without_conflicts_says_so(folder: Path, settings: list[str]) -> None:
    result = dateline("conflicts", folder, *settings)
    assert result.exit_code == 2
    assert "conflicts.jsonl" in result.stderr
