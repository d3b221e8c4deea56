"""Questions that an archive answers, made by rule and tried: each is asked, and kept where its own document answers."""

from __future__ import annotations

import hashlib
import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eval.generation.base import QuestionDraft
from eval.generation.corpus import ArticleCorpus
from eval.generation.filtering import select_questions
from eval.generation.generation import answerable
from index.documents import Document

if TYPE_CHECKING:
    from rag.answer import Answer

_ARTICLES = 400
"""So many articles are read at most."""
_PORTION = 40
"""So many are read at once: what they give is asked before more are read."""
_TRIED = 4
"""So many questions are asked for each that is wanted: each costs one run of the chain."""


class Articles(Protocol):
    """What an archive gives to be asked about."""

    def articles(self) -> list[str]:
        """The ids of the articles."""

    def documents(self, ids: Sequence[str] | None = None) -> Iterable[Document]:
        """The documents with these ids."""


class ArchiveChain(Protocol):
    """What answers questions over an archive."""

    @property
    def index(self) -> Articles:
        """The archive."""

    def answer(self, question: str) -> Answer:
        """The whole answer."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the words of its document that answer it, and the document."""

    question: str
    answer: str
    document: str
    title: str


@dataclass(frozen=True)
class Examples:
    """Questions that the archive answers, how many were asked to find them, and whether time ran out over it."""

    found: tuple[Example, ...] = ()
    asked: int = 0
    out_of_time: bool = False


def examples(
    chain: ArchiveChain,
    wanted: int,
    *,
    seed: int = 0,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> Examples:
    """At most `wanted`, at least 1, questions that the chain answers now from the document that each was made from.

    The same for the same archive, chain and seed, unless `seconds` run out. No question is begun after that, and no
    more articles are read.
    """
    end = clock() + seconds

    def in_time() -> bool:
        return clock() < end

    found: list[Example] = []
    asked = 0
    for draft, document in _candidates(chain.index, seed, in_time):
        asked += 1
        if answers(chain.answer(draft.text), draft, document.id):
            found.append(Example(draft.text, draft.answer, document.id, document.title))
        if len(found) == wanted or asked == wanted * _TRIED:
            return Examples(tuple(found), asked)
    return Examples(tuple(found), asked, out_of_time=not in_time())


def answers(answer: Answer, draft: QuestionDraft, document: str) -> bool:
    """Whether an answer quotes the words that the question was made for from that document."""
    quotes = [" ".join(source.quote.split()) for source in answer.sources if source.document.id == document]
    return answer.answered and any(words in quote for words in draft.answers or () for quote in quotes)


def _candidates(index: Articles, seed: int, in_time: Callable[[], bool]) -> Iterator[tuple[QuestionDraft, Document]]:
    """Questions with the documents they are made from; the articles come in an order that the seed decides."""
    ids = heapq.nsmallest(_ARTICLES, index.articles(), key=lambda id: hashlib.sha256(f"{seed}\0{id}".encode()).digest())
    for start in range(0, len(ids), _PORTION):
        if not in_time():
            return
        for made in _made(sorted(index.documents(ids[start : start + _PORTION]), key=lambda one: one.id), seed):
            if not in_time():
                return
            yield made


def _made(documents: Sequence[Document], seed: int) -> Iterator[tuple[QuestionDraft, Document]]:
    corpus = ArticleCorpus(documents)
    of_key = {keyed.key: document for keyed, document in zip(corpus.documents, documents, strict=True)}
    left = Counter[str]()
    drafts = answerable(corpus, left)
    taken: list[QuestionDraft] = []
    # Facts are asked for the way people ask, clozes are not.
    for kind in ("fact", "cloze"):
        of_kind = [draft for draft in drafts if draft.kind == kind]
        taken += select_questions(of_kind, len(of_kind), seed, left, taken=taken)
    used: set[tuple[str, int]] = set()
    for draft in taken:
        sentence = draft.sentence.document.key, draft.sentence.place
        # Two questions after one sentence tell each other's answers.
        if sentence not in used:
            used.add(sentence)
            yield draft, of_key[draft.sentence.document.key]
