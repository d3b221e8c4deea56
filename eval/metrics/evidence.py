"""Retrieval on passages, by the characters of the gold evidence that they hold.

Documents and passages are cut differently by every system; characters are not, so systems with other chunks can be
compared. What is given is the first k passages, or the first passages that fit into a number of tokens together, which
does not favour long passages. A passage that would exceed the budget ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, takewhile

from eval.benchmarks.base import EvidenceSpan
from eval.metrics.base import Case, PerQuestion
from eval.rows import Retrieved

Given = Callable[[Case], Sequence[Retrieved]]
"""The passages that count."""

_FOUND = 0.5
"""The share of a piece of evidence that must be given for it to count as found."""


def covered(span: EvidenceSpan, passages: Iterable[Retrieved]) -> int:
    """How many characters of a piece of evidence stand in the passages; each counts once."""
    inside = sorted(
        (max(span.start, passage.start), min(span.end, passage.end))
        for passage in passages
        if passage.document == span.document
    )
    count, reached = 0, span.start
    for start, end in inside:
        count += max(0, end - max(start, reached))
        reached = max(reached, end)
    return count


def first(k: int) -> Given:
    """The first k passages."""
    return lambda case: case.row.passages[:k]


def within(tokens: int) -> Given:
    """The first passages that have no more than that many tokens together, by the tokeniser of `index.tokens`."""

    def fitting(case: Case) -> Sequence[Retrieved]:
        totals = accumulate(passage.tokens for passage in case.row.passages)
        return case.row.passages[: len(list(takewhile(lambda total: total <= tokens, totals)))]

    return fitting


def hit_at(k: str) -> PerQuestion:
    """1 where at least one piece of evidence is found among the first k passages, else 0."""
    return _metric(lambda shares: float(max(shares) >= _FOUND), first(int(k)))


def all_at(k: str) -> PerQuestion:
    """1 where every piece of evidence is found among the first k passages, else 0."""
    return _metric(lambda shares: float(min(shares) >= _FOUND), first(int(k)))


def coverage_at(k: str) -> PerQuestion:
    """Share of the characters of the evidence in the first k passages, each piece weighted alike."""
    return _metric(_mean, first(int(k)))


def coverage_within(tokens: str) -> PerQuestion:
    """Share of the characters of the evidence in as many passages as fit into a number of tokens."""
    return _metric(_mean, within(int(tokens)))


def all_within(tokens: str) -> PerQuestion:
    """1 where every piece of evidence is found in as many passages as fit into a number of tokens, else 0."""
    return _metric(lambda shares: float(min(shares) >= _FOUND), within(int(tokens)))


def _metric(summary: Callable[[Sequence[float]], float], given: Given) -> PerQuestion:
    def score(case: Case) -> float:
        passages = given(case)
        return summary([covered(span, passages) / (span.end - span.start) for span in case.query.evidence])

    return PerQuestion("ranking", score, lambda case: bool(case.query.evidence))


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares)
