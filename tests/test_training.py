"""The training scripts: they can be repeated, interrupted, and lead to a graph that reads."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.readers.onnx import OnnxPairReader

SCRIPTS = Path(__file__).parent.parent / "scripts" / "reader"
TOWNS = [
    "Morrow",
    "Hask",
    "Skerrin",
    "Tolm",
    "Innisk",
    "Velder",
    "Orrin",
    "Castell",
    "Dunmere",
    "Arkle",
    "Brannoch",
    "Keld",
]


SMALL = ("--tokens", 512)


def run(script: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions about invented towns, twelve articles of two paragraphs."""
    folder = tmp_path_factory.mktemp("training")
    with gzip.open(folder / "questions.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, town in enumerate(TOWNS):
            for part, (thing, year) in enumerate((("harbour", 1801 + number), ("library", 1901 + number))):
                context = f"The {thing} of {town} was built in {year}. It is the largest in the north of the county."
                asked = {
                    "id": f"{number}-{part}", "question": f"When was the {thing} of {town} built?",
                    "answers": [[context.index(str(year)), str(year)]],
                }  # fmt: skip
                nothing = {
                    "id": f"{number}-{part}-x",
                    "question": f"Who designed the {thing} of {town}?",
                    "answers": [],
                }
                row = {"source": "invented", "title": town, "context": context, "qas": [asked, nothing]}
                file.write(json.dumps(row) + "\n")
    run("data.py", folder / "questions.jsonl.gz", folder / "data.npz")
    return folder


def test_prepared_data_point_at_the_answers(prepared: Path) -> None:
    with np.load(prepared / "data.npz") as data:
        assert len(data["paragraph"]) == 4 * len(TOWNS)
        assert data["development"].sum() == 2
        # A question's negatives never hold its answer, and never come from the other side of the split.
        for paragraph, others in zip(data["paragraph"], data["negative"], strict=True):
            chosen = others[others >= 0]
            assert paragraph not in chosen
            assert (data["development"][chosen] == data["development"][paragraph]).all()
        assert data["altered_of"][-1] > len(TOWNS)


def test_an_interrupted_training_ends_where_an_unbroken_one_does(prepared: Path, tmp_path: Path) -> None:
    data = prepared / "data.npz"
    steps = ("--steps", 2, "--decay", 2, *SMALL)
    run("train.py", data, tmp_path / "whole", *steps)
    run("train.py", data, tmp_path / "paused", *steps, "--pause", 1)
    assert not (tmp_path / "paused" / "model.safetensors").exists()
    assert "goes on at step 1" in run("train.py", data, tmp_path / "paused", *steps)
    whole, paused = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "paused"))
    assert whole == paused
    [reading] = OnnxPairReader(tmp_path / "whole" / "reader.onnx").read_pairs("When?", [("", "Built in 1801.")])
    assert np.isfinite(reading.starts).all()
    assert len(reading.starts) == len(reading.ends) == len(reading.offsets)


def test_training_goes_on_from_an_exported_reader(prepared: Path, tmp_path: Path) -> None:
    """A step at rate zero gives back what it began with, but for the rounding of a second export to other inputs."""
    packaged = SCRIPTS.parent.parent / "rag" / "data" / "reader.onnx"
    go_on = ("--start", packaged, "--steps", 1, "--decay", 1, "--rate", 0, *SMALL)
    run("train.py", prepared / "data.npz", tmp_path, *go_on)
    pair = [("", "The harbour opened in 1801, and the library a century later.")]
    [before] = OnnxPairReader(packaged).read_pairs("When did the harbour open?", pair)
    [after] = OnnxPairReader(tmp_path / "reader.onnx").read_pairs("When did the harbour open?", pair)
    assert np.corrcoef(before.starts, after.starts)[0, 1] > 0.98
    assert after.relevance == pytest.approx(before.relevance, abs=0.3)


def test_the_measure_prints_intervals(prepared: Path) -> None:
    printed = run("evaluate.py", prepared / "questions.jsonl.gz", "--limit", 4)
    assert "all: n 2, exact match" in printed
    assert "no answer: n " in printed
