"""Intervals: worked examples, agreement with textbook formulas, and what must hold for any values."""

from __future__ import annotations

import math
import random
from itertools import product

import pytest
from hypothesis import given, settings, strategies as st

from eval.metrics.abstention import auroc
from eval.significance import Estimate, area_under_roc, bootstrap_mean, bootstrap_points, paired_difference

unit = st.floats(0, 1, allow_subnormal=False)
samples = st.lists(unit, min_size=1, max_size=40)


def test_the_interval_of_a_share_is_close_to_the_normal_one() -> None:
    # 700 of 1,000: standard error sqrt(0.7 * 0.3 / 1000) = 0.01449, so 0.7 ± 1.96 * 0.01449 = [0.6716, 0.7284].
    estimate = bootstrap_mean([1.0] * 700 + [0.0] * 300)
    assert estimate.value == pytest.approx(0.7)
    assert estimate.n == 1000
    assert estimate.low == pytest.approx(0.6716, abs=0.0025)
    assert estimate.high == pytest.approx(0.7284, abs=0.0025)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # 200 samples of 80 draws from a uniform distribution, mean 1/2. The 95 % interval should cover it in 190 of
    # them, give or take sqrt(200 * 0.95 * 0.05) = 3.1; four such steps below is 178.
    generator = random.Random(7)
    covered = 0
    for _ in range(200):
        estimate = bootstrap_mean([generator.random() for _ in range(80)], resamples=1000)
        covered += estimate.low <= 0.5 <= estimate.high
    assert 178 <= covered < 200


@given(samples)
@settings(max_examples=50, deadline=None)
def test_an_interval_contains_its_mean_and_stays_within_the_values(values: list[float]) -> None:
    estimate = bootstrap_mean(values, resamples=2000)
    slack = 1e-12
    assert min(values) - slack <= estimate.low <= estimate.value + slack
    assert estimate.value - slack <= estimate.high <= max(values) + slack
    assert estimate.value == pytest.approx(math.fsum(values) / len(values), abs=1e-12)


@given(samples, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_values_does_not_matter(values: list[float], generator: random.Random) -> None:
    shuffled = list(values)
    generator.shuffle(shuffled)
    assert bootstrap_mean(shuffled, resamples=500) == bootstrap_mean(values, resamples=500)


def test_more_questions_make_a_narrower_interval() -> None:
    few, many = bootstrap_mean([0.0, 1.0] * 20), bootstrap_mean([0.0, 1.0] * 500)
    # Five times narrower: the width goes with 1 / sqrt(n), and sqrt(25) = 5.
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(5, rel=0.1)


def test_seeds_decide_the_draws_and_nothing_else() -> None:
    values = [index / 30 for index in range(30)]
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean(values, seed=1) != bootstrap_mean(values, seed=2)


def test_many_distinct_values_are_drawn_in_portions_without_changing_the_result() -> None:
    # 3,000 distinct values make more counts than fit in one portion.
    estimate = bootstrap_mean([index / 3000 for index in range(3000)], resamples=2000)
    # The standard deviation of a uniform distribution is 1 / sqrt(12); the interval is 2 * 1.96 * that / sqrt(3000).
    assert estimate.high - estimate.low == pytest.approx(3.92 / math.sqrt(12 * 3000), rel=0.1)


def test_nothing_cannot_be_estimated() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean([])
    with pytest.raises(ValueError, match="empty"):
        area_under_roc([], [0.5])


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    # b is 0.05 better on every question, whatever its difficulty: no doubt is left, though both means are doubtful.
    a = {str(question): question / 100 for question in range(90)}
    b = {question: value + 0.05 for question, value in a.items()}
    difference = paired_difference(a, b)
    assert (difference.value, difference.low, difference.high) == pytest.approx((0.05, 0.05, 0.05))
    assert bootstrap_mean(list(a.values())).high > bootstrap_mean(list(b.values())).low


def test_a_difference_has_a_direction() -> None:
    a = {str(question): (question * 7 % 10) / 10 for question in range(60)}
    b = {str(question): (question * 3 % 10) / 10 for question in range(60)}
    b["0"] = 1.0
    forth, back = paired_difference(a, b), paired_difference(b, a)
    assert forth.value == pytest.approx(1 / 60)
    assert back.value == pytest.approx(-forth.value)
    assert forth.low < 0 < forth.high


def test_a_difference_needs_the_same_questions() -> None:
    with pytest.raises(ValueError, match="2 questions"):
        paired_difference({"a": 1.0, "b": 1.0}, {"b": 1.0, "c": 1.0})


@given(st.lists(unit, min_size=1, max_size=12), st.lists(unit, min_size=1, max_size=12))
def test_the_area_is_the_share_of_pairs_in_the_right_order(positives: list[float], negatives: list[float]) -> None:
    pairs = [(p > n) + (p == n) / 2 for p, n in product(positives, negatives)]
    area = area_under_roc(positives, negatives)
    assert area == pytest.approx(sum(pairs) / len(pairs))
    assert area_under_roc(negatives, positives) == pytest.approx(1 - area)


def separation(positives: list[float], negatives: list[float]) -> Estimate | None:
    """The area of a run with these confidences."""
    return bootstrap_points([*((p, 1.0) for p in positives), *((n, 0.0) for n in negatives)], auroc.statistic)


def test_perfect_separation_and_none() -> None:
    perfect = separation([0.8, 0.9, 0.95], [0.1, 0.2])
    assert perfect == Estimate(1.0, 5, 1.0, 1.0)
    tied = separation([0.5] * 4, [0.5] * 6)
    assert tied == Estimate(0.5, 10, 0.5, 0.5)
    assert separation([0.5, 0.6], []) is None


def test_a_statistic_of_means_gets_the_interval_of_a_mean() -> None:
    values = [(index * 37 % 100) / 100 for index in range(200)]
    whole = bootstrap_points([(value,) for value in values], lambda rows: float(rows.mean()))
    assert whole is not None
    alone = bootstrap_mean(values)
    assert (whole.value, whole.n) == (pytest.approx(alone.value), 200)
    assert whole.low == pytest.approx(alone.low, abs=0.005)
    assert whole.high == pytest.approx(alone.high, abs=0.005)


def test_the_interval_of_an_area_is_close_to_hanley_and_mcneil() -> None:
    generator = random.Random(3)
    positives = [generator.gauss(1, 1) for _ in range(200)]
    negatives = [generator.gauss(0, 1) for _ in range(100)]
    estimate = separation(positives, negatives)
    assert estimate is not None
    # Hanley and McNeil 1982: Q1 = A / (2 - A), Q2 = 2 A² / (1 + A),
    # SE² = (A (1 - A) + (m - 1) (Q1 - A²) + (n - 1) (Q2 - A²)) / (m n).
    area = estimate.value
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = math.sqrt((area * (1 - area) + 199 * (q1 - area**2) + 99 * (q2 - area**2)) / (200 * 100))
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert estimate.low < area < estimate.high
