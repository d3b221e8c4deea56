"""A run on disk: the same bytes again, continued where it stopped, never written over."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, nDCG
from test_runner import BENCHMARK, Parrot, WordIndex

from eval.fingerprint import differences, fingerprint, tree_sha256
from eval.report import Report
from eval.rows import Ranked, Row
from eval.runner import run_benchmark
from eval.runs import RunFolder, read_config, read_run, trec_lines
from index.errors import BenchmarkError

CONFIG = fingerprint(BENCHMARK, {"reader": "parrot"}, {"limit": None})
SAME = ("config.json", "rows.jsonl", "run.trec", "summary.json")


def measured(folder: RunFolder, limit: int | None = None, jobs: int = 1) -> Report:
    index = WordIndex(BENCHMARK.documents)
    return run_benchmark(BENCHMARK, index, Parrot(index), done=folder.done, keep=folder.keep, limit=limit, jobs=jobs)


def complete(path: Path, jobs: int = 1) -> Path:
    with RunFolder(path, CONFIG) as folder:
        folder.finish(measured(folder, jobs=jobs))
    return path


def contents(path: Path) -> list[bytes]:
    return [(path / name).read_bytes() for name in SAME]


def test_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    one, two, many = complete(tmp_path / "one"), complete(tmp_path / "two"), complete(tmp_path / "many", jobs=4)
    assert contents(one) == contents(two) == contents(many)
    assert sorted(file.name for file in one.iterdir()) == sorted([*SAME, "timings.jsonl", "costs.json"])


def test_an_interrupted_run_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "cut", CONFIG) as folder:
        measured(folder, limit=2)
    assert not folder.complete
    with RunFolder(tmp_path / "cut", CONFIG) as folder:
        assert list(folder.done) == ["q1", "q2"]
        index = WordIndex(BENCHMARK.documents)
        asked: list[Row] = []
        report = run_benchmark(BENCHMARK, index, Parrot(index), done=folder.done, keep=asked.append)
        assert [row.query for row in asked] == ["q3", "q4"]
        folder.finish(report)
    assert contents(tmp_path / "cut") == contents(complete(tmp_path / "whole"))


def test_a_line_cut_off_in_the_middle_is_asked_again(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "cut", CONFIG) as folder:
        measured(folder, limit=3)
    part = tmp_path / "cut" / "rows.part.jsonl"
    whole = part.read_bytes()
    for length in (1, 40, len(whole) // 2, len(whole) - 1):
        part.write_bytes(whole[:length])
        with RunFolder(tmp_path / "cut", CONFIG) as folder:
            assert len(folder.done) == whole[:length].count(b"\n")
            measured(folder, limit=3)
        assert [json.loads(line)["row"]["query"] for line in part.read_text().splitlines()] == ["q1", "q2", "q3"]


def test_a_run_made_otherwise_is_not_continued(tmp_path: Path) -> None:
    complete(tmp_path / "run")
    before = contents(tmp_path / "run")
    other = fingerprint(BENCHMARK, {"reader": "magpie"}, {"limit": None})
    with pytest.raises(BenchmarkError, match=r"system\.reader: 'parrot' there, 'magpie' here"):
        RunFolder(tmp_path / "run", other)
    assert contents(tmp_path / "run") == before


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BenchmarkError, match="is not empty and holds no run"):
        RunFolder(tmp_path, CONFIG)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BenchmarkError, match="cannot be written"):
        RunFolder(tmp_path / "run", CONFIG)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(BenchmarkError, match="cannot be written"):
        RunFolder(tmp_path / "run", CONFIG)


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", CONFIG) as folder:
        report = measured(folder)
        folder.finish(report)
    again = read_run(tmp_path / "run")
    assert again.cases == report.cases
    assert again.metrics == report.metrics
    assert again.costs() == report.costs()
    assert read_config(tmp_path / "run") == json.loads(json.dumps(CONFIG))


def test_rows_hold_question_gold_and_scores(tmp_path: Path) -> None:
    lines = (complete(tmp_path / "run") / "rows.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert first["question"]["answers"] == ["the north pier"]
    assert first["judged"] == {"pier": 1}
    assert first["passages"][0]["document"] == "pier"
    assert first["scores"]["EM"] == 1.0
    assert "timings_ms" not in first


def test_other_tools_find_our_figures_in_the_run_file(tmp_path: Path) -> None:
    path = complete(tmp_path / "run")
    trec = list(ir_measures.read_trec_run(str(path / "run.trec")))
    assert len(trec) == sum(len(case.row.ranking) for case in read_run(path).cases)
    theirs = ir_measures.calc_aggregate([nDCG @ 10, RR @ 10], BENCHMARK.qrels, trec)
    ours = read_run(path).metrics
    assert theirs[nDCG @ 10] == pytest.approx(ours["nDCG@10"].value)
    assert theirs[RR @ 10] == pytest.approx(ours["RR@10"].value)


def test_ids_with_spaces_do_not_break_the_run_file(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", CONFIG) as folder:
        report = measured(folder)
    row = replace(report.cases[0].row, query="q 1", ranking=(Ranked("a b%é", 1.0), Ranked("c", 0.5)))
    odd = replace(report, cases=(replace(report.cases[0], row=row),))
    assert list(trec_lines(odd)) == ["q%201 Q0 a%20b%25%C3%A9 1 1 dateline\n", "q%201 Q0 c 2 0 dateline\n"]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("summary.json", None, "the run is not complete"),
        ("config.json", None, "holds no run"),
        ("config.json", '{"format": 99}', "format 99 of a run cannot be read"),
        ("config.json", "{", "cannot be read"),
        ("rows.jsonl", "[\n", "cannot be read"),
        ("rows.jsonl", '{"query": "q1"}\n', "rows.jsonl:1: not a row of a run: KeyError('question')"),
        ("costs.json", None, "cannot be read"),
        ("costs.json", "{}", "holds no costs of a run"),
    ],
)
def test_a_broken_run_says_what_is_broken(tmp_path: Path, file: str, content: str | None, message: str) -> None:
    path = complete(tmp_path / "run")
    if content is None:
        (path / file).unlink()
    else:
        (path / file).write_text(content)
    with pytest.raises(BenchmarkError) as raised:
        read_run(path)
    assert message in str(raised.value)


def test_a_row_that_is_none_stops_the_continuation(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "cut", CONFIG) as folder:
        measured(folder, limit=1)
    with (tmp_path / "cut" / "rows.part.jsonl").open("a") as part:
        part.write('{"row": {}}\n')
    with pytest.raises(BenchmarkError, match=r"part\.jsonl:2: not a row of a run"):
        RunFolder(tmp_path / "cut", CONFIG)


def test_the_fingerprint_follows_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"one")
    first = tree_sha256(tmp_path / "model")
    (tmp_path / "model" / "weights").write_bytes(b"two")
    second = tree_sha256(tmp_path / "model")
    (tmp_path / "model" / "weights").rename(tmp_path / "model" / "renamed")
    assert len({first, second, tree_sha256(tmp_path / "model")}) == 3
    made = fingerprint(BENCHMARK, {}, {}, [tmp_path / "model"])
    assert made["models"] == {"model": tree_sha256(tmp_path / "model")}
    assert differences(made, fingerprint(BENCHMARK, {}, {})) != []
    assert differences(made, made) == []
