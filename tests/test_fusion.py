"""Fusion of rankings: worked examples stand in the docstrings, the laws here."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from index.fusion import FUSIONS, Ranking, convex, reciprocal_rank
from index.plugins import resolve

# Whole numbers, so that different scores stay different when they are stretched.
scores = st.integers(-1000, 1000).map(float)
rankings = st.lists(st.tuples(st.integers(0, 50), scores), unique_by=lambda pair: pair[0], max_size=20).map(
    lambda pairs: sorted(pairs, key=lambda pair: -pair[1])
)


@pytest.mark.parametrize("name", FUSIONS)
@given(first=rankings, second=rankings)
def test_every_fusion_keeps_all_passages_in_descending_order(name: str, first: Ranking, second: Ranking) -> None:
    fused = resolve(FUSIONS, name, what="fusion")([first, second])
    assert {number for number, _ in fused} == {number for number, _ in [*first, *second]}
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


@pytest.mark.parametrize("name", FUSIONS)
@given(ranking=rankings)
def test_a_passage_first_in_both_is_first(name: str, ranking: Ranking) -> None:
    fused = resolve(FUSIONS, name, what="fusion")([ranking, ranking])
    if ranking:
        best = {number for number, score in ranking if score == ranking[0][1]}
        assert fused[0][0] in best


@given(first=rankings, second=rankings)
def test_convex_scores_lie_between_0_and_1(first: Ranking, second: Ranking) -> None:
    assert all(0 <= score <= 1 + 1e-9 for _, score in convex([first, second]))


def test_reciprocal_rank_of_the_paper() -> None:
    # Ranks 1 and 2 with the usual constant: 1/61 + 1/62.
    assert reciprocal_rank([[(5, 1.0)], [(6, 9.0), (5, 8.0)]])[0] == (5, pytest.approx(1 / 61 + 1 / 62))


def test_no_rankings_no_passages() -> None:
    assert convex([]) == reciprocal_rank([]) == convex([[], []]) == []
