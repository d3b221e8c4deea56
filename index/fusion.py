"""Two rankings into one: pure functions over (passage number, score) lists, best first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

Ranking = Sequence[tuple[int, float]]
"""Passage numbers with scores, best first; scores of one ranking are comparable with each other only."""


def convex(rankings: Sequence[Ranking]) -> list[tuple[int, float]]:
    """Mean of the scores after each ranking is stretched to [0, 1]; absent passages score 0.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023, with equal weights.

    >>> convex([[(7, 0.9), (8, 0.5)], [(8, 12.0), (9, 4.0)]])
    [(7, 0.5), (8, 0.5), (9, 0.0)]
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        if not ranking:
            continue
        best, worst = ranking[0][1], ranking[-1][1]
        for number, score in ranking:
            # Where all score the same, all are as good as the best.
            scores[number] += ((score - worst) / (best - worst) if best > worst else 1.0) / len(rankings)
    return _sorted(scores)


def reciprocal_rank(rankings: Sequence[Ranking], constant: int = 60) -> list[tuple[int, float]]:
    """Sum of 1 / (constant + rank): it looks at places only, so no score needs a scale.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009.

    >>> [(number, round(score, 4)) for number, score in reciprocal_rank([[(7, 0.9), (8, 0.5)], [(8, 12.0)]])]
    [(8, 0.0325), (7, 0.0164)]
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, start=1):
            scores[number] += 1 / (constant + rank)
    return _sorted(scores)


def _sorted(scores: dict[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


FUSIONS = {"convex": "index.fusion:convex", "rrf": "index.fusion:reciprocal_rank"}
