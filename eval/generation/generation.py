"""A test set from a corpus of one's own, without a language model."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import eval.generation.cloze as cloze
import eval.generation.facts as facts
from eval.benchmarks.base import Benchmark, EvidenceSpan, Query
from eval.generation.base import KINDS, QuestionDraft, QuestionKind, Reasons, Sentence
from eval.generation.clauses import clause_of, trimmed
from eval.generation.corpus import ArticleCorpus
from eval.generation.decontextualise import is_standalone, well_known
from eval.generation.filtering import ambiguous, answers_itself, consistent, interleave, select_questions
from eval.generation.full_names import FullNames
from eval.generation.headlines import headlines
from eval.generation.numbers import MONTH, quantities_in
from eval.generation.unanswerable import NameSwaps, swap_names
from index.documents import Document
from index.errors import BenchmarkError
from rag.english.grammar import content_words

_SHORTEST, _LONGEST = 5, 45
"""Words of a sentence that questions are made from."""
_FEWEST, _MOST = 4, 27
"""Words of a question."""
_LEAST_CONTENT = 3
_MONTH = re.compile(rf"\b{MONTH}\b")
_NO_SENTENCE = frozenset("/|•@#")
"""Marks of captions, credits and lists."""


@dataclass(frozen=True)
class GeneratedTestSet:
    """The benchmark, how many questions of each kind it has, and what was left out with the reasons."""

    benchmark: Benchmark
    counts: Mapping[str, int]
    left: Mapping[str, int]


def generate_test_set(
    documents: Iterable[Document], name: str, *, n: int = 50, seed: int = 0, kinds: Collection[QuestionKind] = KINDS
) -> GeneratedTestSet:
    """At most `n` questions of each kind over the documents, always the same for the same corpus and seed.

    Raises BenchmarkError where the corpus holds no article in English, or none that a question could be made from.
    """
    corpus = ArticleCorpus(documents)
    if not corpus.articles:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(corpus.left.items()))
        raise BenchmarkError(
            f"there is no article in English to ask about ({reasons or 'no document'}): add news articles"
        )
    left: Reasons = Counter(corpus.left)
    drafts = _selected(corpus, n, seed, kinds, left)
    if not drafts:
        raise BenchmarkError(
            f"no question of the kinds {', '.join(k for k in KINDS if k in kinds)} could be made from "
            f"{len(corpus.articles)} articles: add more of them, or ask for other kinds"
        )
    queries = tuple(_query(draft) for draft in drafts)
    qrels = {}
    for query, draft in zip(queries, drafts, strict=True):
        if not query.unanswerable:
            # Copies of the sentence, word for word, are as relevant as its own document.
            copies = corpus.copies[" ".join(draft.sentence.text.split())]
            qrels[query.id] = dict.fromkeys([draft.sentence.document.key, *copies], 1)
    counts = Counter(draft.kind for draft in drafts)
    benchmark = Benchmark(name, corpus.documents, queries, qrels, "")
    by_kind: dict[str, int] = {kind: counts[kind] for kind in KINDS if kind in kinds}
    return GeneratedTestSet(benchmark, by_kind, dict(sorted((+left).items())))


def _selected(
    corpus: ArticleCorpus, n: int, seed: int, kinds: Collection[QuestionKind], left: Reasons
) -> list[QuestionDraft]:
    """The questions of each kind, in the order of KINDS."""
    found: dict[QuestionKind, list[QuestionDraft]] = {}
    if "headline" in kinds:
        found["headline"] = select_questions(list(headlines(corpus, left)), n, seed, left)
    if {"cloze", "fact", "unanswerable"} & set(kinds):
        drafts = answerable(corpus, left)
        for kind in [kind for kind in ("fact", "cloze") if kind in kinds]:
            taken = [draft for others in found.values() for draft in others if draft.answers]
            of_kind = [draft for draft in drafts if draft.kind == kind]
            found[kind] = select_questions(of_kind, n, seed, left, taken=taken)
        if "unanswerable" in kinds:
            # Each costs a search through the corpus: no more are made than are looked at.
            swapped = islice(swap_names(interleave(drafts, seed), NameSwaps(corpus, seed)), 2 * n)
            found["unanswerable"] = select_questions(list(swapped), n, seed, left)
    return [draft for kind in KINDS for draft in found.get(kind, [])]


def answerable(corpus: ArticleCorpus, left: Reasons) -> list[QuestionDraft]:
    """Every cloze and fact question that the corpus allows."""
    made = []
    full = FullNames(corpus)
    known = well_known([sentence.text for sentence in sentences] for sentences in corpus.by_document.values())
    for sentence in corpus.sentences:
        for draft in _drafts(sentence, corpus, left):
            text = full.expand(draft.text, sentence)
            whole = replace(draft, text=text or draft.text)
            reason = "a question with a name that is not explained" if text is None else _reason(whole, corpus, known)
            if reason:
                left[reason] += 1
            else:
                made.append(whole)
    return consistent(made, left)


def _drafts(sentence: Sentence, corpus: ArticleCorpus, left: Reasons) -> Iterator[QuestionDraft]:
    """What the rules make of a sentence."""
    text = " ".join(sentence.text.split())
    if len(text.split()) <= _LONGEST and _NO_SENTENCE.isdisjoint(text):
        named = corpus.names.of(text)
        yield from facts.ask_office(sentence, text, named)
        yield from facts.ask_description(sentence, text, named)
    if not text.endswith(".") or not (text[0].isupper() or text[0].isdigit()) or not _NO_SENTENCE.isdisjoint(text):
        left["a line that is no plain sentence"] += 1
    elif not _SHORTEST <= len(text.split()) <= _LONGEST:
        left["a sentence that is too short or too long"] += 1
    else:
        yield from _of_statement(sentence, trimmed(text), corpus)


def _of_statement(sentence: Sentence, statement: str, corpus: ArticleCorpus) -> Iterator[QuestionDraft]:
    names, quantities = corpus.names.of(statement), quantities_in(statement)
    yield from cloze.ask_count(sentence, statement, quantities)
    clause = clause_of(statement, names, corpus.names.common)
    if clause is None:
        return
    yield from facts.ask_speaker(sentence, clause)
    yield from cloze.ask_subject(sentence, clause)
    if "," in clause.statement:
        return
    yield from facts.ask_time(sentence, clause, quantities)
    yield from facts.ask_place_of_event(sentence, clause, names)
    yield from facts.ask_amount(sentence, clause, quantities)
    yield from cloze.ask_figures(sentence, clause, quantities_in(clause.statement))
    yield from cloze.ask_place(sentence, clause, corpus.names.of(clause.statement))


def _reason(draft: QuestionDraft, corpus: ArticleCorpus, known: Collection[str]) -> str:
    """Why a draft is no good, empty where it is."""
    words, short = len(draft.text.split()), draft.rule in ("office", "description")
    if words > _MOST or (words < _FEWEST and not short):
        return "a question that is too short or too long"
    if " ," in draft.text or " ." in draft.text:
        return "a question with a stray mark"
    if not short and len(content_words(draft.text)) < _LEAST_CONTENT:
        return "a question that says too little"
    if not is_standalone(draft.text, owner=draft.rule in ("subject", "saying"), known=known):
        return "a question that does not stand alone"
    if draft.rule == "description" and not is_standalone(draft.answer, known=known):
        return "an answer that does not stand alone"
    if not any(name.first for name in corpus.names.of(draft.text)) and not _MONTH.search(draft.text):
        return "a question that names nothing"
    if any(answer not in " ".join(draft.sentence.text.split()) for answer in draft.answers or ()):
        return "an answer that does not stand in the sentence"
    if answers_itself(draft):
        return "a question that holds its answer"
    return "a question that another sentence may answer otherwise" if ambiguous(draft, corpus) else ""


def _query(draft: QuestionDraft) -> Query:
    digest = hashlib.sha256(f"{draft.kind}\0{draft.text}".encode()).hexdigest()
    span = draft.sentence.span
    evidence = (EvidenceSpan(draft.sentence.document.key, span.start, span.end),) if draft.answers != () else ()
    metadata = {"type": draft.kind, "made": draft.rule, **draft.metadata}
    return Query(f"{draft.kind}-{digest[:10]}", draft.text, draft.answers, evidence=evidence, metadata=metadata)
