"""The ablation script: it runs every variant over the packaged sample and pairs what it compares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "a", "text": "The pier was closed in May. It reopened in June."}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "When was the pier closed?", "answers": ["May"]}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")
    return folder


def test_every_part_is_left_out_once(tiny: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPTS / "ablate.py", tiny], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (
        "| | whole | brought by reader | brought by composer | brought by duplicates | brought by dates |"
        in done.stdout
    )
    assert "| Success@5 | 1.000 (1.000 – 1.000) | 0.000 (0.000 – 0.000) |" in done.stdout
