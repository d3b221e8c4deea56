"""Exact match and F1 against the official SQuAD 2.0 script, on predictions that anybody can make again.

The predictions are spans and distortions of spans of the questions' own paragraphs, drawn with a seed. The official
script's `get_raw_scores` was run on them once; its sums and a digest of its score for every question are recorded here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.benchmarks.base import Query
from eval.metrics import open_metric
from eval.metrics.base import Case
from eval.rows import Prediction, Row

QUESTIONS = Path(__file__).parent.parent.parent / "shared" / "train" / "reader.jsonl.gz"
RECORDED = {
    "questions": 58_567,
    "exact": 20_664,
    "f1": 30_877.533338,
    "digest": "0117af80ed15f5bcfbdb5f66f78e72d2d6b992ebb4fba7f7ac0079c72e81f752",
}
"""What the official script gave: how many questions, the sums over them, and SHA-256 of a line for each."""


def predictions() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Id, acceptable answers and a prediction for every question; the ids are numbers."""
    generator = random.Random(20251125)
    number = 0
    with gzip.open(QUESTIONS, "rt", encoding="utf-8") as file:
        for line in file:
            paragraph = json.loads(line)
            words = paragraph["context"].split()
            for asked in paragraph["qas"]:
                answers = tuple(text for _, text in asked["answers"])
                yield str(number), answers, distorted(generator, answers, words)
                number += 1


def distorted(generator: random.Random, answers: tuple[str, ...], words: list[str]) -> str:
    """An answer as systems give it: right, with articles and punctuation, cut, too long, elsewhere, or none."""
    if not answers or generator.random() < 0.3:
        start = generator.randrange(len(words))
        return " ".join(words[start : start + generator.randrange(0, 6)])
    answer = generator.choice(answers)
    start = generator.randrange(len(words))
    return generator.choice(
        [
            answer,
            f"the {answer.upper()}.",
            f"“{answer}”",
            " ".join(answer.split()[1:]),
            f"{answer} {' '.join(words[start : start + 4])}",
            " ".join(reversed(answer.split())),
            answer.replace(" ", "  a "),
        ]
    )


@pytest.mark.skipif(not QUESTIONS.is_file(), reason="the questions are not beside this checkout")
def test_the_official_script_agrees_on_every_prediction() -> None:
    exact_match, f1 = open_metric("EM"), open_metric("F1")
    cases = [
        Case(Query(query, "?", answers), {}, Row(query, "?", (), prediction=Prediction(bool(said), 1.0, said)))
        for query, answers, said in predictions()
    ]
    exact, overlap = exact_match.values(cases), f1.values(cases)
    digest = hashlib.sha256()
    for query in exact:
        digest.update(f"{query} {exact[query]:.0f} {overlap[query]:.9f}\n".encode())
    assert len(cases) == RECORDED["questions"]
    assert sum(exact.values()) == RECORDED["exact"]
    assert sum(overlap.values()) == pytest.approx(RECORDED["f1"], abs=1e-6)
    assert digest.hexdigest() == RECORDED["digest"]
