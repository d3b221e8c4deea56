"""Which of the questions are kept: no two alike, none that answers itself, none with two answers in the corpus."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from eval.generation.base import QuestionDraft, Reasons
from eval.generation.corpus import ArticleCorpus, stems
from rag.english.grammar import answer_key

_ALIKE = 0.6
"""Share of the words that two questions have in common, of those either has, from which they ask the same."""


def same_answer(one: str, other: str) -> bool:
    """Whether one answer says no more than a part of the other: "Lund" and "Ada Lund"."""
    a, b = set(answer_key(one).split()), set(answer_key(other).split())
    return a <= b or b <= a


def consistent(drafts: Iterable[QuestionDraft], left: Reasons) -> list[QuestionDraft]:
    """One draft for each question; those of a question with two different answers are all left out."""
    by_key: dict[str, list[QuestionDraft]] = defaultdict(list)
    for draft in drafts:
        by_key[answer_key(draft.text)].append(draft)
    kept = []
    for same in by_key.values():
        if any(not same_answer(same[0].answer, other.answer) for other in same[1:]):
            left["a question with two different answers"] += len(same)
        else:
            left["a question asked already"] += len(same) - 1
            kept.append(max(same, key=lambda draft: len(draft.answer)))
    return kept


def ambiguous(draft: QuestionDraft, corpus: ArticleCorpus) -> bool:
    """Whether another sentence has every word of the question but not the answer: it may answer otherwise."""
    words = stems(draft.text)
    answer = stems(draft.answer)
    return any(not answer <= corpus.bags[number] for number in corpus.holding(words))


def answers_itself(draft: QuestionDraft) -> bool:
    """Whether the answer, or the whole of what it is about, stands in the question."""
    words, answer = f" {answer_key(draft.text)} ", answer_key(draft.answer)
    sort = set(answer.split()[-1:]) if draft.text.startswith("Which ") else set()
    own = (set(answer.split()) & set(words.split())) - sort if draft.rule != "description" else set()
    return bool(draft.answers) and (f" {answer} " in words or any(len(word) > 3 for word in own))


def select_questions(
    drafts: Sequence[QuestionDraft], n: int, seed: int, left: Reasons, *, taken: Iterable[QuestionDraft] = ()
) -> list[QuestionDraft]:
    """At most `n` drafts, spread over documents and rules, in an order that seed and question decide.

    A question is stable: it keeps its place in the order whatever else the corpus holds.
    """
    bags = [stems(draft.text) for draft in taken]
    kept: list[QuestionDraft] = []
    for draft in interleave(drafts, seed):
        if len(kept) == n:
            left[f"more {draft.kind} questions than were asked for"] += 1
            continue
        words = stems(draft.text)
        if any(len(words & bag) >= _ALIKE * len(words | bag) for bag in bags):
            left["much like another question"] += 1
            continue
        bags.append(words)
        kept.append(draft)
    return kept


def interleave(drafts: Sequence[QuestionDraft], seed: int) -> list[QuestionDraft]:
    """The drafts so that every document, and every rule, has had its turn before one has its next."""
    ordered = sorted(drafts, key=lambda d: hashlib.sha256(f"{seed}\0{d.kind}\0{d.text}".encode()).digest())
    documents: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    turns = []
    for draft in ordered:
        turns.append((documents[draft.sentence.document.key], rules[draft.rule]))
        documents[draft.sentence.document.key] += 1
        rules[draft.rule] += 1
    order = sorted(range(len(ordered)), key=lambda at: (max(turns[at][0] * 4, turns[at][1] // 4), at))
    return [ordered[at] for at in order]
