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

from eval.benchmarks.base import asked_on
from eval.metrics.base import Case, PerQuestion
from eval.metrics.equivalence import equivalent
from eval.rows import Prediction

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"\w+")
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


def has_answer(case: Case) -> bool:
    """Whether an acceptable answer stands in the short answer or in the whole one."""
    prediction = _prediction(case)
    texts = (prediction.text, prediction.short)
    return any(contains(text, answer) for text in texts for answer in case.query.answers or ())


def _equivalent(case: Case) -> float:
    short, today = _prediction(case).short, asked_on(case.query)
    return float(
        any(exact_match_score(short, answer) or equivalent(short, answer, today) for answer in case.query.answers or ())
    )


def rouge_l_score(predicted: str, acceptable: str) -> float:
    """F1 of the longest common subsequence of words (Lin 2004, beta 1), in [0, 1]; lower case, not stemmed.

    Worked example: "police killed the gunman" and "police kill the gunman" share "police the gunman": 3 of 4 words of
    either.

    >>> rouge_l_score("police killed the gunman", "police kill the gunman")
    0.75
    """
    ours, theirs = (_WORD.findall(text.lower()) for text in (predicted, acceptable))
    if not ours or not theirs:
        return 0.0
    return 2 * _longest_common(ours, theirs) / (len(ours) + len(theirs))


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, row by row."""
    lengths = [0] * (len(other) + 1)
    for left in one:
        diagonal = 0
        for place, right in enumerate(other, start=1):
            diagonal, above = lengths[place], diagonal
            lengths[place] = above + 1 if left == right else max(lengths[place], lengths[place - 1])
    return lengths[-1]


def _rouge_l(case: Case) -> float:
    text = _prediction(case).text
    return max(rouge_l_score(text, answer) for answer in case.query.answers or ())


def _has_answers(case: Case) -> bool:
    return case.query.answers is not None


def _answerable(case: Case) -> bool:
    return case.query.answerable


exact_match = PerQuestion("answer", _exact, _has_answers)
"""Exact match over all questions; a refusal of an unanswerable one scores 1."""

f1 = PerQuestion("answer", _f1, _has_answers)
"""Token F1 over all questions; a refusal of an unanswerable one scores 1."""

exact_match_answerable = PerQuestion("answer", _exact, _answerable)
"""Exact match over answerable questions."""

f1_answerable = PerQuestion("answer", _f1, _answerable)
"""Token F1 over answerable questions."""

equivalent_answerable = PerQuestion("answer", _equivalent, _answerable)
"""As exact match over answerable questions, and 1 too where the short answer names the same quantity or day."""

rouge_l = PerQuestion("answer", _rouge_l, _answerable)
"""ROUGE-L of the whole answer over answerable questions; for benchmarks whose answers are sentences."""

answer_recall = PerQuestion("answer", lambda case: float(has_answer(case)), _answerable)
"""1 where an acceptable answer stands in the answer's text, else 0; longer answers have it easier, see `words`."""

words = PerQuestion("answer", lambda case: float(len(_prediction(case).text.split())), lambda case: case.answered)
"""Length in words of the answers given; refusals are left out."""
