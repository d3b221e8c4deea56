"""The evaluation guide is executed from its first line to its last, in a folder of its own."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_docs import ROOT, run

from eval.benchmarks import open_benchmark
from eval.expected import read_expected
from eval.runner import choose
from eval.sample import BENCHMARK
from eval.studies.judge_agreement import judge_notes
from index.display import escape

GUIDE = ROOT / "docs" / "evaluation.md"
README = ROOT / "README.md"


def blocks() -> list[tuple[str, str]]:
    """Language and content of every block of code, in their order."""
    return re.findall(r"^```(sh|python)\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(900)
def test_every_step_of_the_guide_works(tmp_path: Path) -> None:
    """`# exit N` says with which code a command ends, else it is 0."""
    (tmp_path / "runs").mkdir()
    for language, content in blocks():
        if language == "python":
            if "llama_index" in content and not importlib.util.find_spec("llama_index"):
                continue
            program = [sys.executable, "-c", content]
            done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=240)
            assert done.returncode == 0, done.stderr
            continue
        for line in content.splitlines():
            if not line.startswith("dateline"):
                continue
            expected = int(match[1]) if (match := re.search(r"# exit (\d+)", line)) else 0
            result = run(line, tmp_path, seconds=400)
            assert result.returncode == expected, f"{line}\n{result.stdout}\n{result.stderr}"
    report = (tmp_path / "report.html").read_text("utf-8")
    asked = [query.text for query in choose(open_benchmark(BENCHMARK), half="test")]
    assert [question for question in asked if escape(question) not in report] == []
    config = json.loads((tmp_path / "runs" / "similarity" / "config.json").read_text("utf-8"))
    assert config["system"]["reader"] == "similarity"


def test_the_example_for_llamaindex_runs_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("llama_index.core", reason="LlamaIndex is not installed")
    (content,) = (content for language, content in blocks() if "llama_index" in content)
    models = (
        "from llama_index.core import MockEmbedding, Settings\nfrom llama_index.core.llms import MockLLM\n"
        "Settings.embed_model, Settings.llm = MockEmbedding(8), MockLLM()\n"
    )
    done = subprocess.run([sys.executable, "-c", models + content], cwd=tmp_path, capture_output=True, timeout=240)
    assert done.returncode == 0
    assert len((tmp_path / "llamaindex.jsonl").read_text("utf-8").splitlines()) == 114


def test_the_guide_tells_the_recorded_error_of_every_judge() -> None:
    text = GUIDE.read_text("utf-8")
    for name, words in judge_notes().items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        shares = [float(number) for number in re.findall(r"([\d.]+)%", words)]
        told = [float(number) for number in re.findall(r"\d+\.\d", row)]
        # 0.65, the threshold of one of them, stands in the row too.
        assert [number for number in told if number not in (0.6, 0.65) or number in shares] == shares, name


def test_the_readme_states_what_is_recorded() -> None:
    table = re.search(r"<!-- results -->\n(.*?)<!-- end of results -->", README.read_text("utf-8"), re.DOTALL)
    assert table
    recorded = {record.benchmark: record.scores for record in read_expected()}
    benchmark, stated = "", 0
    for line in table[1].splitlines()[2:]:
        name, metric, value, interval, n, _ = (cell.strip() for cell in line.strip("|").split("|"))
        benchmark = name or benchmark
        assert float(value) == recorded[benchmark][metric].value, line
        low, high = map(float, interval.split(" – "))
        assert low <= float(value) <= high
        assert int(n.replace(",", "")) > 0
        stated += 1
    assert stated == sum(len(scores) for name, scores in recorded.items() if name != "sample")
    assert stated > 10
