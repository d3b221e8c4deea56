"""Citations by the definitions of ALCE (Gao, Yen, Yu and Chen 2023), with a judge from `eval.judges`.

Both numbers are as good as the judge; its error on pairs that people have labelled is printed beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from eval.judges import Judge, open_judge
from eval.metrics.base import Case, PerQuestion
from eval.rows import Prediction

Check = Callable[[Judge, Prediction], Iterator[bool]]


def citation_recall(judge: str = "exact") -> PerQuestion:
    """Share of an answer's sentences that their citations, taken together, support; over the answers given."""
    return _share(supported, judge)


def citation_precision(judge: str = "exact") -> PerQuestion:
    """Share of an answer's citations that are needed, over the answers given.

    A citation is needed where it supports its sentence alone, or where the sentence is supported and the others do not
    support it without this one.
    """
    return _share(needed, judge)


def supported(judge: Judge, prediction: Prediction) -> Iterator[bool]:
    """For each sentence whether its citations support it."""
    for text, quotes in _cited(prediction):
        yield judge.supports(list(quotes.values()), text)


def needed(judge: Judge, prediction: Prediction) -> Iterator[bool]:
    """For each citation of each sentence whether it is needed."""
    for text, quotes in _cited(prediction):
        holds = judge.supports(list(quotes.values()), text)
        for n, quote in quotes.items():
            others = [other for number, other in quotes.items() if number != n]
            yield holds and (judge.supports([quote], text) or not judge.supports(others, text))


def _cited(prediction: Prediction) -> Iterator[tuple[str, dict[int, str]]]:
    """Every sentence with its citations' quotes by number; "" where a number has no source."""
    quotes = {source.n: source.quote for source in prediction.cited}
    for text, numbers in prediction.sentences:
        yield text, {n: quotes.get(n, "") for n in numbers}


def _share(check: Check, judge: str) -> PerQuestion:
    def score(case: Case) -> float:
        found = list(check(open_judge(judge), case.row.prediction)) if case.row.prediction else []
        return sum(found) / len(found) if found else 0.0

    return PerQuestion("answer", score, lambda case: case.answered)
