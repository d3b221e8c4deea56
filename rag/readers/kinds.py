"""Whether a short answer is of the kind that the question names: "which airline", "in which state"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedders.base import Embedder
from rag.asking import asked_noun
from rag.followups.grammar import singular
from rag.places import kinds_of, place_kind
from rag.readers.weights import Rows
from rag.words import answer_key

KIND_FEATURES = ("alike", "listed", "named")
_MONTH = re.compile(r"january|february|march|april|may|june|july|august|september|october|november|december")
_WEEKDAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day")
_YEAR = re.compile(r"[12]\d{3}")
_SPELLED = {"month": _MONTH, "weekday": _WEEKDAY, "year": _YEAR}
"""Kinds whose members are known by their form, besides places."""
_EMBEDDED = 24
"""Answers that are compared with the noun: a few milliseconds' worth."""
_CUT = 60
"""Characters of them."""


def kind_rows(question: str, answers: Sequence[str], logits: NDArray[np.float64], embedder: Embedder) -> Rows:
    """Shape (answers, KIND_FEATURES); all zeros where the question names no kind.

    alike: cosine of answer and noun, less the mean over the likeliest answers. listed: where all members of the kind
    are known, as countries and months are, 1 for one of them and -1 for anything else. named: 1 where the answer says
    its own kind, as "Alaska Airlines" does.
    `logits`, shape (answers,), say which answers are worth comparing.
    """
    noun = asked_noun(question)
    rows = np.zeros((len(answers), len(KIND_FEATURES)))
    if not noun or not answers:
        return rows
    rows[:, 0] = _alike(noun, answers, logits, embedder)
    head = singular(noun.casefold().split()[-1])
    for number, answer in enumerate(answers):
        rows[number, 1] = _listed(noun, head, answer)
        rows[number, 2] = float(head in {singular(word) for word in answer_key(answer).split()})
    return rows


def _listed(noun: str, head: str, answer: str) -> float:
    if kind := place_kind(noun):
        return 1.0 if kind in kinds_of(answer) else -1.0
    if form := _SPELLED.get(head):
        return 1.0 if form.fullmatch(answer_key(answer)) else -1.0
    return 0.0


def _alike(noun: str, answers: Sequence[str], logits: NDArray[np.float64], embedder: Embedder) -> NDArray[np.float64]:
    likeliest = np.argsort(-logits, kind="stable")
    chosen = list(dict.fromkeys(answers[number][:_CUT] for number in likeliest))[:_EMBEDDED]
    cosines = embedder.embed_passages(chosen) @ embedder.embed_query(noun)
    known = dict(zip(chosen, (cosines - cosines.mean()).tolist(), strict=True))
    return np.array([known.get(answer[:_CUT], 0.0) for answer in answers])
