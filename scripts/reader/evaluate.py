"""Measure an exported reader on the questions set aside from training.

    python scripts/reader/evaluate.py QUESTIONS.jsonl.gz [--graph reader.onnx] [--limit 1500]

Exact match and F1 where the paragraph is given, by the definitions of SQuAD, and the AUROC of "no answer" between a
question's own paragraph and another one of the same article that holds none of its answers; each with n and a bootstrap
95 % interval.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from data import Question, articles, development, read, title_of, words
from eval.metrics.answers import exact_match_score, f1_score
from rag.readers.onnx import OnnxPairReader

RESAMPLES = 1000


def main() -> None:
    """Read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--graph", type=Path, help="another reader than the packaged one")
    parser.add_argument("--limit", type=int, default=1500)
    arguments = parser.parse_args()
    rows, questions = read(arguments.questions)
    aside = development(rows)
    asked = [question for question in questions if question.answers and aside[question.paragraph]]
    order = np.random.default_rng(0).permutation(len(asked))[: arguments.limit]
    measure(OnnxPairReader(arguments.graph), rows, [asked[number] for number in order])


def measure(reader: OnnxPairReader, rows: Sequence[dict[str, Any]], questions: Sequence[Question]) -> None:
    """Print the figures of these questions, all together and by source."""
    members = articles(rows)
    plain = [words(row["context"]) for row in rows]
    exact, overlap = defaultdict(list), defaultdict(list)
    margins: list[tuple[float, float]] = []
    for question in questions:
        row = rows[question.paragraph]
        answer, margin = best(reader, question.text, row)
        for source in ("all", row["source"]):
            exact[source].append(max(exact_match_score(answer, text) for _, text in question.answers))
            overlap[source].append(max(f1_score(answer, text) for _, text in question.answers))
        given = [words(text) for _, text in question.answers]
        others = [n for n in members[question.paragraph] if not any(text in plain[n] for text in given)]
        if others and len(set(members[question.paragraph])) > 1:
            margins.append((margin, best(reader, question.text, rows[others[len(others) // 2]])[1]))
    for source in exact:
        print(
            f"{source}: n {len(exact[source])}, exact match {interval(exact[source])}, F1 {interval(overlap[source])}"
        )
    area = [(own, 1) for own, _ in margins] + [(other, 0) for _, other in margins]
    print(f"no answer: n {len(area)}, AUROC {interval(area, auroc)}")


def best(reader: OnnxPairReader, question: str, row: dict[str, Any]) -> tuple[str, float]:
    """The best span of a paragraph, and how far it lies above "no answer"."""
    [reading] = reader.read_pairs(question, [(title_of(row), row["context"])])
    spans = reading.spans()
    first, last = np.unravel_index(int(spans.argmax()), spans.shape)
    answer = row["context"][reading.offsets[first, 0] : reading.offsets[last, 1]]
    return answer, float(spans[first, last]) - reading.null


def auroc(pairs: NDArray[np.float64]) -> float:
    """Of rows (margin, label)."""
    return float(roc_auc_score(pairs[:, 1], pairs[:, 0])) if len(set(pairs[:, 1])) == 2 else 0.5


def interval(
    values: Sequence[Any], statistic: Callable[[NDArray[np.float64]], float] = lambda v: float(v.mean())
) -> str:
    """A statistic with its percentile bootstrap interval."""
    array, rng = np.array(values, dtype=np.float64), np.random.default_rng(1)
    drawn = [statistic(array[rng.integers(0, len(array), len(array))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{statistic(array):.3f} ({low:.3f} – {high:.3f})"


if __name__ == "__main__":
    main()
