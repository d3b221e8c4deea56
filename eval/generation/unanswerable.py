"""Questions that the corpus does not answer: one that it answers, with another name of the same kind in it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from eval.generation.base import QuestionDraft
from eval.generation.corpus import ArticleCorpus, stem, stems
from eval.generation.names import ASKING, Name
from rag.english.grammar import Token, is_verb, tokens_of
from rag.english.lexicon import FUNCTION
from rag.english.places import kinds_of

_REACH = 2
"""Sentences on either side of a mention that must not speak of the rest of the question either."""
_MOST_SHARED = 0.5
"""Share of the question's other words that no place with the new name may reach."""
_TRIED = 12
_LEAST_MENTIONS = 2
_LEAST_WORDS = 1
_LONGEST = 16
"""Words of a question in which one name decides whether it has an answer."""
_BESIDE = frozenset({"country", "state", "city", "description"})
"""Rules whose answer does not hang on the first name of the question: "the port of Hask in which country?"."""
_ALIASES = frozenset(
    "u.s.,us,usa,america,united states,united states of america,"
    "britain,great britain,uk,u.k.,united kingdom,england".split(",")
)
"""Countries that go by several names: none of them is put in."""
_REPORTED = re.compile(r"\b(?:say|says|said|think|believe|claims?)\b")
_COMPANY = """
    line lines shipping terminals mutual corp corporation inc ltd group company services motors airlines bank energy
    industries holdings technologies staffing capital partners foods stores systems
""".split()
_BODY = """
    board council ministry chamber agency authority commission committee department office institute service bureau
    administration foundation association federation society
""".split()
_SORTS = {word: sort for sort, words in (("company", _COMPANY), ("body", _BODY)) for word in words}


class NameSwaps:
    """Names to put in, by what they can stand for, and the check that nothing is said of them."""

    def __init__(self, corpus: ArticleCorpus, seed: int) -> None:
        """Collect the names of the corpus and where they stand."""
        self._corpus, self._seed = corpus, seed
        self._alike: dict[str, dict[str, None]] = defaultdict(dict)
        self._documents: dict[str, set[str]] = defaultdict(set)
        sorts: dict[str, Counter[str]] = defaultdict(Counter)
        for sentence in corpus.sentences:
            for name in corpus.names.of(sentence.text):
                self._documents[name.text].add(sentence.document.key)
                if corpus.names.mentions(name.text) >= _LEAST_MENTIONS and "\n" not in name.text:
                    sorts[name.text][_sort(name, sentence.text)] += 1
        for text, counts in sorts.items():
            self._alike[min(counts, key=lambda sort: (-counts[sort], sort))][text] = None

    def of(self, draft: QuestionDraft) -> QuestionDraft | None:
        """The unanswerable form of a question; None where its first name has no stranger of its kind."""
        tokens = tokens_of(draft.text)
        names = [name for name in self._corpus.names.of(draft.text, tokens) if name.text not in ASKING]
        if len(draft.text.split()) > _LONGEST or _REPORTED.search(draft.text) or draft.rule in _BESIDE:
            return None
        for name in names[:1]:
            sort = _sort(name, draft.text)
            if not sort or not _free(tokens, name):
                continue
            for other in self._ordered(sort, name.text, draft):
                if self._strange(other, name.text, draft):
                    text = draft.text[: name.start] + other + draft.text[name.end :]
                    metadata = {"from": draft.text, "swapped": [name.text, other]}
                    return replace(draft, kind="unanswerable", text=text, answers=(), rule="swap", metadata=metadata)
        return None

    def _ordered(self, sort: str, name: str, draft: QuestionDraft) -> list[str]:
        """Names that fit, first those that stand beside the old one elsewhere; then as seed and question decide."""
        key, here = f"{self._seed}\0{draft.text}\0", self._documents[name]
        # What lies within or around a place that the article names may hold its facts too.
        barred: set[str] = set()
        if sort.startswith("place"):
            sentences = self._corpus.by_document[draft.sentence.document.key]
            barred = {name.text for sentence in sentences for name in self._corpus.names.of(sentence.text)}
        fitting = (
            other
            for other in self._alike[sort]
            if other not in barred and other != name and other.casefold() not in _ALIASES and not other.isupper()
        )
        ranked = sorted(
            (here.isdisjoint(self._documents[other]), hashlib.sha256((key + other).encode()).digest(), other)
            for other in fitting
        )
        return [other for _, _, other in ranked[:_TRIED]]

    def _strange(self, other: str, name: str, draft: QuestionDraft) -> bool:
        """Whether the corpus says nothing near the other name of what the question asks."""
        new, old = stems(other), stems(name)
        words = stems(draft.text) - old - new
        if new & (old | stems(draft.text)) or len(words) < _LEAST_WORDS:
            return False
        corpus = self._corpus
        return not any(
            len(words & corpus.around(number, _REACH)) > _MOST_SHARED * len(words)
            for number in corpus.holding([stem(other.split()[-1])])
        )


def _sort(name: Name, text: str) -> str:
    """What names must share to stand in each other's place; empty for a name that is not exchanged."""
    article = text[: name.start].casefold().endswith("the ")
    words = name.text.casefold().split()
    if name.kind == "person":
        return "person" if len(words) > 1 and not name.title and not article else ""
    if name.kind == "place":
        known = kinds_of(name.text)
        last = words[-1] if len(words) > 1 else ""
        return f"place {min(known) if len(known) == 1 else last if not known else ''} {bool(known)} {article}"
    if len(words) == 1 or (name.kind != "organisation" and words[-1] not in _SORTS):
        return ""
    return f"{_SORTS.get(words[-1], words[-1])} {article}"


def _free(tokens: list[Token], name: Name) -> bool:
    """Whether a name stands by itself: no adjective before it, no noun that it describes behind it."""
    before = tokens[name.first - 1] if name.first else None
    after = tokens[name.last] if name.last < len(tokens) else None
    if {token.low for token in (before, after) if token} & {"and", "or"}:
        return False
    owns = tokens[name.last - 1].low.endswith(("'s", "s'"))
    leads = before is None or before.low in FUNCTION or (not before.named and is_verb(before.low))
    if owns and not tokens[name.last - 1].low.endswith("'s"):
        return False
    ends = (
        after is None or owns or after.text == "?" or after.low in FUNCTION or (not after.named and is_verb(after.low))
    )
    return leads and ends


def swap_names(drafts: Iterable[QuestionDraft], swaps: NameSwaps) -> Iterator[QuestionDraft]:
    """The unanswerable forms of answerable questions."""
    return (made for draft in drafts if draft.answers and (made := swaps.of(draft)))
