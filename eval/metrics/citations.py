"""Citations by the definitions of ALCE (Gao, Yen, Yu and Chen, 2023), judged by exact quotation.

A sentence is supported by some passages where its words stand in one of them one after the other. That judge never
takes a false support for a true one; a system that rewords its sources gets no credit from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from eval.metrics.answers import contains
from eval.metrics.base import Case, PerQuestion
from eval.rows import Prediction


def supported(sentence: str, passages: Sequence[str]) -> bool:
    """Whether a passage holds the sentence word for word.

    >>> supported("Repairs cost 3 million.", ["The mayor said: repairs cost 3 million. Nobody was hurt."])
    True
    """
    return any(contains(passage, sentence) for passage in passages)


def _share(case: Case, checks: Callable[[Prediction], Iterator[bool]]) -> float:
    """The share of what holds; 0 where there is nothing to check."""
    found = list(checks(case.row.prediction)) if case.row.prediction else []
    return sum(found) / len(found) if found else 0.0


def _sentences(prediction: Prediction) -> Iterator[bool]:
    """For each sentence whether one of its citations supports it."""
    quotes = {source.n: source.quote for source in prediction.cited}
    for text, numbers in prediction.sentences:
        yield supported(text, [quotes[n] for n in numbers if n in quotes])


def _citations(prediction: Prediction) -> Iterator[bool]:
    """For each citation whether it supports its sentence alone.

    ALCE also counts one without which the others do not; with the exact judge that does not occur.
    """
    quotes = {source.n: source.quote for source in prediction.cited}
    for text, numbers in prediction.sentences:
        yield from (n in quotes and supported(text, [quotes[n]]) for n in numbers)


def _answered(case: Case) -> bool:
    return case.row.prediction is not None and case.row.prediction.answered


citation_recall = PerQuestion("answer", lambda case: _share(case, _sentences), _answered)
"""Share of an answer's sentences that their citations support; over the answers given."""

citation_precision = PerQuestion("answer", lambda case: _share(case, _citations), _answered)
"""Share of an answer's citations that support their sentence; over the answers given."""
