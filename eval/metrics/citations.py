"""Citations by the definitions of ALCE (Gao, Yen, Yu and Chen, 2023), judged by exact quotation.

A sentence is supported by some passages where its words stand in one of them one after the other. That judge never
takes a false support for a true one; a system that rewords its sources gets no credit from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answers import contains
from eval.metrics.base import Case, PerQuestion
from eval.rows import Prediction


def supported(sentence: str, passages: Sequence[str]) -> bool:
    """Whether a passage holds the sentence word for word.

    >>> supported("Repairs cost 3 million.", ["The mayor said: repairs cost 3 million. Nobody was hurt."])
    True
    """
    return any(contains(passage, sentence) for passage in passages)


def _quotes(prediction: Prediction, numbers: Sequence[int]) -> list[str]:
    return [source.quote for source in prediction.cited if source.n in numbers]


def _recall(case: Case) -> float:
    prediction = case.row.prediction
    sentences = prediction.sentences if prediction else ()
    right = [supported(text, _quotes(prediction, numbers)) for text, numbers in sentences if prediction]
    return sum(right) / len(right) if right else 0.0


def _precision(case: Case) -> float:
    """A citation is right where its sentence is supported, and its own passage does so or the others do not without it.

    With the exact judge a passage that does not hold the sentence never helps, so the second way does not occur.
    """
    prediction = case.row.prediction
    sentences = prediction.sentences if prediction else ()
    pairs = [(text, number) for text, numbers in sentences for number in numbers]
    right = [supported(text, _quotes(prediction, (number,))) for text, number in pairs if prediction]
    return sum(right) / len(right) if right else 0.0


def _answered(case: Case) -> bool:
    return case.row.prediction is not None and case.row.prediction.answered


citation_recall = PerQuestion("answer", _recall, _answered)
"""Share of an answer's sentences that their citations support; over the answers given."""

citation_precision = PerQuestion("answer", _precision, _answered)
"""Share of an answer's citations that support their sentence; over the answers given."""
