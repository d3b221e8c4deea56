"""The retrieval metrics of MultiHop-RAG (Tang and Yang 2024), which its paper and its released script define apart.

The paper speaks of the share of the evidence that is found; a passage holds a piece of evidence where it holds all of
its characters. The script compares texts without their spaces, so that a copy elsewhere counts too; a question is found
with its first piece of evidence, and its average precision adds up, at each rank, the pieces seen there for the first
time divided by the rank.
"""

from __future__ import annotations

from collections.abc import Callable

from eval.metrics.base import Case, PerQuestion

_DEPTH = 10


def hits_paper(k: str) -> PerQuestion:
    """Hits@k of the paper: the share of a question's evidence that the first k passages hold."""
    depth = int(k)
    return _metric(lambda case: len(set[int]().union(*_by_place(case)[:depth])) / len(case.query.evidence))


def hits_script(k: str) -> PerQuestion:
    """Hits@k of the script, k at most ten: 1 where one of the first k passages holds a piece of evidence, else 0."""
    depth = min(int(k), _DEPTH)
    return _metric(lambda case: float(any(_by_text(case)[:depth])))


def _average_precision(case: Case) -> float:
    found = [bool(held) for held in _by_place(case)[:_DEPTH]]
    precisions = [sum(found[:rank]) / rank for rank, relevant in enumerate(found, start=1) if relevant]
    return sum(precisions) / len(precisions) if precisions else 0.0


def _average_precision_script(case: Case) -> float:
    seen: set[str] = set()
    total = 0.0
    for rank, held in enumerate(_by_text(case), start=1):
        total += len(held - seen) / rank
        seen |= held
    return total / min(len(case.quotes), _DEPTH)


def _reciprocal_rank(found: list[bool]) -> float:
    return 1 / (found.index(True) + 1) if any(found) else 0.0


def _by_place(case: Case) -> list[set[int]]:
    """For each passage the numbers of the pieces of evidence that it holds whole."""
    return [
        {
            number
            for number, span in enumerate(case.query.evidence)
            if passage.document == span.document and passage.start <= span.start and span.end <= passage.end
        }
        for passage in case.row.passages
    ]


def _by_text(case: Case) -> list[set[str]]:
    """For each of the first ten passages the evidence, without spaces and line ends, that its text holds."""
    gold = [_bare(quote) for quote in case.quotes]
    texts = [_bare(passage.excerpt.text) for passage in case.row.passages[:_DEPTH] if passage.excerpt]
    return [{quote for quote in gold if quote in text} for text in texts]


def _bare(text: str) -> str:
    return text.replace(" ", "").replace("\n", "")


def _metric(score: Callable[[Case], float]) -> PerQuestion:
    return PerQuestion("ranking", score, lambda case: bool(case.query.evidence))


average_precision = _metric(_average_precision)
"""MAP@10 of the paper: the mean precision at the ranks, among the first ten, of passages that hold evidence."""

average_precision_script = _metric(_average_precision_script)
"""MAP@10 of the script."""

reciprocal_rank = _metric(lambda case: _reciprocal_rank([bool(held) for held in _by_place(case)[:_DEPTH]]))
"""MRR@10 of the paper."""

reciprocal_rank_script = _metric(lambda case: _reciprocal_rank([bool(held) for held in _by_text(case)]))
"""MRR@10 of the script."""
