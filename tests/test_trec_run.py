"""Rankings read from a TREC run."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.benchmarks.trec_run import read_trec_run
from index.errors import BenchmarkError

RUN = """51 Q0 AB-2 1 3.5 bm25
51 Q0 AB-1 2 7 bm25

51\tQ0\tAB-4\t4\t-1e1\tbm25
51 Q0 AB-3 3 3.5 bm25
9 Q0 AB-1 0 0.25 bm25
"""


def write(folder: Path, content: str) -> Path:
    (folder / "run.txt").write_text(content)
    return folder / "run.txt"


def test_the_score_orders_and_the_rank_breaks_ties(tmp_path: Path) -> None:
    assert read_trec_run(write(tmp_path, RUN)) == {
        "51": [("AB-1", 7.0), ("AB-2", 3.5), ("AB-3", 3.5), ("AB-4", -10.0)],
        "9": [("AB-1", 0.25)],
    }


def test_a_gzipped_run_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "run.gz").write_bytes(gzip.compress(RUN.encode()))
    assert read_trec_run(tmp_path / "run.gz") == read_trec_run(write(tmp_path, RUN))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("51 Q0 AB-9 1 2.0", "has 5 fields; there must be six"),
        ("51 Q0 AB-9 first 2.0 bm25", "the rank is 'first'"),
        ("51 Q0 AB-9 -1 2.0 bm25", "the rank is '-1'"),
        ("51 Q0 AB-9 ² 2.0 bm25", "the rank is '²'"),
        ("51 Q0 AB-9 1 high bm25", "the score is 'high'"),
        ("51 Q0 AB-9 1 nan bm25", "the score is 'nan'"),
        ("51 Q0 AB-9 1 inf bm25", "the score is 'inf'"),
        ("51 Q0 AB-1 9 1.0 bm25", "query '51' ranked document 'AB-1' already"),
    ],
)
def test_a_bad_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=rf"run\.txt:7: .*{re.escape(message)}"):
        read_trec_run(write(tmp_path, f"{RUN}{line}\n"))


def test_an_empty_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"run\.txt: holds no line"):
        read_trec_run(write(tmp_path, "\n"))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-5, 5)), min_size=1))
def test_scores_never_rise(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, float]]) -> None:
    text = "".join(f"q Q0 d{number} {rank} {score!r} t\n" for number, (rank, score) in enumerate(lines))
    ranking = read_trec_run(write(tmp_path_factory.mktemp("run"), text))["q"]
    assert sorted(document for document, _ in ranking) == sorted(f"d{number}" for number in range(len(lines)))
    assert dict(ranking) == {f"d{number}": score for number, (_, score) in enumerate(lines)}
    placed = [(-score, lines[int(document[1:])][0]) for document, score in ranking]
    assert placed == sorted(placed)
