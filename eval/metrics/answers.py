"""Answers against acceptable answers, by the definitions of SQuAD 2.0 (Rajpurkar, Jia and Liang 2018).

What is compared is the short answer, or the whole answer where a system gives no short one; a refusal is the empty
string, and so is the acceptable answer to an unanswerable question. Exact match and F1 of a question are the best over
its acceptable answers.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from eval.metrics.base import Case, PerQuestion
from eval.rows import Prediction

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


def normalise(text: str) -> str:
    """Lower case without ASCII punctuation and without articles, single spaces between words.

    >>> normalise("The U.S.-China talks,  in a Malaysian hotel.")
    'uschina talks in malaysian hotel'
    """
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match_score(predicted: str, acceptable: str) -> float:
    """1 where both are the same after normalisation, else 0."""
    return float(normalise(predicted) == normalise(acceptable))


def f1_score(predicted: str, acceptable: str) -> float:
    """Harmonic mean of the shares of either's words that the other has, in [0, 1]; words count as often as they occur.

    Worked example: "vice premier he lifeng" and "he lifeng" share 2 words: precision 2/4, recall 2/2,
    F1 = 2 * 0.5 * 1 / 1.5 = 2/3. Where either has no words, 1 if both have none, else 0.

    >>> round(f1_score("Vice Premier He Lifeng", "He Lifeng"), 4)
    0.6667
    """
    ours, theirs = normalise(predicted).split(), normalise(acceptable).split()
    if not ours or not theirs:
        return float(ours == theirs)
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs))


def contains(text: str, acceptable: str) -> bool:
    """Whether the words of an acceptable answer, normalised, stand in the text one after the other.

    >>> contains("They will meet in Kuala Lumpur, Malaysia.", "the Kuala Lumpur")
    True
    >>> contains("Three of the 300 ships turned back.", "30")
    False
    """
    haystack, needle = normalise(text).split(), normalise(acceptable).split()
    return bool(needle) and any(
        haystack[start : start + len(needle)] == needle for start in range(len(haystack) - len(needle) + 1)
    )


def acceptable_answers(answers: Sequence[str]) -> list[str]:
    """Those that hold a word; [""] where none does, as for an unanswerable question."""
    return [answer for answer in answers if normalise(answer)] or [""]


def _prediction(case: Case) -> Prediction:
    if case.row.prediction is None:
        raise ValueError(f"query {case.query.id!r} has no prediction to score")
    return case.row.prediction


def _exact(case: Case) -> float:
    short = _prediction(case).short
    return max(exact_match_score(short, answer) for answer in acceptable_answers(case.query.answers or ()))


def _f1(case: Case) -> float:
    short = _prediction(case).short
    return max(f1_score(short, answer) for answer in acceptable_answers(case.query.answers or ()))


def _recall(case: Case) -> float:
    prediction = _prediction(case)
    texts = (prediction.text, prediction.short)
    return float(any(contains(text, answer) for text in texts for answer in case.query.answers or ()))


def _words(case: Case) -> float:
    return float(len(_prediction(case).text.split()))


def _has_answers(case: Case) -> bool:
    return case.query.answers is not None


def _answerable(case: Case) -> bool:
    return case.query.answerable


def _answered(case: Case) -> bool:
    return case.row.prediction is not None and case.row.prediction.answered


exact_match = PerQuestion("answer", _exact, _has_answers)
"""Exact match over all questions; a refusal of an unanswerable one scores 1."""

f1 = PerQuestion("answer", _f1, _has_answers)
"""Token F1 over all questions; a refusal of an unanswerable one scores 1."""

exact_match_answerable = PerQuestion("answer", _exact, _answerable)
"""Exact match over answerable questions."""

f1_answerable = PerQuestion("answer", _f1, _answerable)
"""Token F1 over answerable questions."""

answer_recall = PerQuestion("answer", _recall, _answerable)
"""1 where an acceptable answer stands in the answer's text, else 0; longer answers have it easier, see `words`."""

words = PerQuestion("answer", _words, _answered)
"""Length in words of the answers given; refusals are left out."""
