"""Quantities and days that are the same however they are written, and the whole-answer measure beside them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from eval.metrics.answers import rouge_l_score
from eval.metrics.equivalence import equivalent, quantities

SAME = [
    ("$8.5bn", "8.5 billion dollars"),
    ("US$8.5 billion", "8.5bn dollars"),
    ("8,500,000,000 dollars", "$8.5bn"),
    ("$660 billion", "some $660 billion a year"),
    ("84 million marks", "84m"),
    ("42%", "forty-two per cent"),
    ("42 percent", "42 per cent"),
    ("three hundred and forty jobs", "340"),
    ("twenty-one thousand three hundred", "21,300"),
    ("half a million", "500,000"),
    ("a hundred dollars", "$100"),
    ("1,150", "1150 jobs"),
    ("€3m", "3 million euros"),
    ("30 June 2025", "June 30, 2025"),
    ("2025-06-30", "on 30 June 2025"),
    ("two thousand and five ships", "2,005"),
]
DIFFERENT = [
    ("$8.5bn", "8.5 million dollars"),
    ("5 euros", "5 dollars"),
    ("42%", "43%"),
    ("340 of the 1,150 jobs", "340"),
    ("30 June 2025", "30 July 2025"),
    ("the north pier", "the north pier and more"),
    ("two and three", "five"),
    ("", "5"),
    ("", ""),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_written_otherwise_and_the_same(one: str, other: str) -> None:
    assert equivalent(one, other)
    assert equivalent(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_not_the_same(one: str, other: str) -> None:
    assert not equivalent(one, other)
    assert not equivalent(other, one)


def test_a_weekday_leans_on_the_day_of_the_question() -> None:
    friday = date(2025, 10, 24)
    assert equivalent("on Friday", "24 October 2025", today=friday)
    assert not equivalent("on Friday", "17 October 2025", today=friday)


@given(st.integers(0, 10**9))
def test_digits_and_separators_read_alike(number: int) -> None:
    assert quantities(f"{number:,}") == quantities(str(number)) == [(number, "")]
    assert equivalent(f"{number:,} ships", str(number))


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert all(value >= 0 for value, _ in quantities(text))
    assert equivalent(text, text) in (True, False)


words = st.lists(st.sampled_from("the pier was closed in june by its council".split()), max_size=9).map(" ".join)


def common(one: list[str], other: list[str]) -> int:
    """Length of the longest common subsequence by its definition."""
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + common(one[1:], other[1:])
    return max(common(one[1:], other), common(one, other[1:]))


@given(words, words)
def test_rouge_l_follows_its_definition(predicted: str, acceptable: str) -> None:
    ours, theirs = predicted.split(), acceptable.split()
    score = rouge_l_score(predicted, acceptable)
    assert score == pytest.approx(2 * common(ours, theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0)
    assert rouge_l_score(acceptable, predicted) == pytest.approx(score)
