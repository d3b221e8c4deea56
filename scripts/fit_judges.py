"""The thresholds of the judges of citations, chosen on labelled pairs.

    python scripts/fit_judges.py PAIRS.jsonl.gz [--n 6000]

PAIRS has `premise`, `hypothesis` and `label`, as `dateline eval judge` reads them, and must not be the file on which
the judges are measured. Prints, for each judge with a threshold, the one with the highest balanced accuracy (the mean
of the shares of supported and of unsupported pairs judged rightly) on evenly spaced pairs, and its neighbours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from eval.judges.similarity import EmbeddingSimilarity
from eval.judges.wording import LexicalOverlap
from eval.studies.judge_agreement import LabelledPair, read_pairs

SCORES: Mapping[str, Callable[[Sequence[str], str], float]] = {
    "overlap": LexicalOverlap().share,
    "similarity": EmbeddingSimilarity().closeness,
}


def main() -> None:
    """Print the thresholds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--n", type=int, default=6000)
    arguments = parser.parse_args()
    pairs, _ = read_pairs(arguments.pairs)
    chosen = pairs[:: max(1, len(pairs) // arguments.n)]
    for name, score in SCORES.items():
        print(f"{name}, n = {len(chosen)}")
        accuracies = balanced_accuracies(chosen, score)
        best = max(accuracies, key=lambda threshold: accuracies[threshold])
        for threshold, accuracy in accuracies.items():
            print(f"  {threshold:.2f}  {accuracy:.4f}{'  best' if threshold == best else ''}")


def balanced_accuracies(
    pairs: Sequence[LabelledPair], score: Callable[[Sequence[str], str], float]
) -> dict[float, float]:
    """Threshold in twentieths -> balanced accuracy."""
    scores = np.array([score([pair.premise], pair.hypothesis) for pair in pairs])
    supported = np.array([pair.supported for pair in pairs])
    thresholds = [round(0.05 * step, 2) for step in range(6, 21)]
    return {
        threshold: float(((scores[supported] >= threshold).mean() + (scores[~supported] < threshold).mean()) / 2)
        for threshold in thresholds
    }


if __name__ == "__main__":
    main()
