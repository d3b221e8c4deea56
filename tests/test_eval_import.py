"""`dateline eval` over other formats: import, --format and --given, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmark_examples import EXAMPLES
from typer.testing import CliRunner, Result

from eval.benchmarks import open_benchmark
from ui.cli import app


def dateline(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    return EXAMPLES["squad"].write(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    """Options that name the embedder for tests."""
    (tmp_path / "settings.toml").write_text('embedder = "hashing"\n')
    return ["--config", str(tmp_path / "settings.toml")]


def test_an_import_writes_a_folder(squad: Path, tmp_path: Path) -> None:
    result = dateline("import", squad, "-o", tmp_path / "folder")
    assert result.exit_code == 0, result.output
    assert "2 questions over 2 documents, 1 judgements" in result.stdout
    assert open_benchmark(tmp_path / "folder").queries == open_benchmark(squad).queries
    again = dateline("import", squad, "--output", tmp_path / "folder")
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_an_import_can_give_the_paragraph(squad: Path, tmp_path: Path) -> None:
    assert dateline("import", squad, "-o", tmp_path / "folder", "--given").exit_code == 0
    assert {query.given for query in open_benchmark(tmp_path / "folder").queries} == {"North Pier #1"}


def test_a_run_reads_the_format_it_is_told(squad: Path, settings: list[str], tmp_path: Path) -> None:
    for options, ranked in ((["--format", "squad"], 2), (["--given"], 1)):
        file = tmp_path / "report.json"
        result = dateline("run", squad, *options, "--json", file, *settings)
        assert result.exit_code == 0, result.output
        report = json.loads(file.read_text("utf-8"))
        assert report["benchmark"]["name"] == "pier"
        assert len(report["rows"][0]["ranking"]) == ranked


def test_a_wrong_format_is_told_before_any_work(squad: Path, settings: list[str], tmp_path: Path) -> None:
    unknown = dateline("run", squad, "--format", "squat", "--index", tmp_path / "kept", *settings)
    assert (unknown.exit_code, "did you mean squad" in unknown.stderr) == (2, True)
    other = dateline("run", squad, "--format", "ragas", "--index", tmp_path / "kept", *settings)
    assert other.exit_code == 2
    assert "pier.json:1: the field 'user_input' is missing" in other.stderr
    none = dateline("run", "sample", "--given", "--index", tmp_path / "kept", *settings)
    assert (none.exit_code, "'folder' gives no question a document of its own" in none.stderr) == (2, True)
    assert not (tmp_path / "kept").exists()
