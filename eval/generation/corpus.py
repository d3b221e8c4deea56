"""The documents that questions are made from, with their sentences, names, and an index of their words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath

from eval.generation.base import Sentence
from eval.generation.names import Names
from index.article.bylines import is_credit
from index.documents import Document
from index.sentences import sentence_spans
from rag.english.grammar import content_words, singular
from rag.english.lexicon import FUNCTION

_ENGLISH = 0.25
"""Share of grammar words that English news does not fall below."""
_LOOKED_AT = 300
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = ("ing", "ed", "es", "s", "e")


def stem(word: str) -> str:
    """A word without its usual endings: good enough to compare words, not to print them.

    >>> stem("Closing"), stem("closes"), stem("closed"), stem("union’s")
    ('clos', 'clos', 'clos', 'union')
    """
    low = singular(word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'"))
    for ending in _ENDINGS:
        if low.endswith(ending) and len(low) - len(ending) > 2:
            return low.removesuffix(ending)
    return low


def stems(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about."""
    return frozenset(stem(word) for word in content_words(text))


class ArticleCorpus:
    """Articles in English and everything else; `left` counts what no question is made from, by reason."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Take the documents in their order; each gets a key where it has none, and no two have the same."""
        self.documents = keyed(list(documents))
        self.left: Counter[str] = Counter()
        self.sentences: list[Sentence] = []
        self.articles: list[Document] = []
        for document in self.documents:
            if document.kind != "article":
                self.left["a related headline, no article"] += 1
            elif not english(document):
                self.left["not in English"] += 1
            else:
                self._take(document)
        self.names = Names(sentence.text for sentence in self.sentences)

    def _take(self, document: Document) -> None:
        spans = [
            span
            for span in sentence_spans(document.text, language=document.language or "en")
            if document.role_of(span) == "body" and not is_credit(document, span)
        ]
        if not spans:
            self.left["an article without a sentence"] += 1
            return
        self.articles.append(document)
        self.sentences += [Sentence(document, span, place) for place, span in enumerate(spans)]

    @cached_property
    def by_document(self) -> dict[str, list[Sentence]]:
        """The sentences of each article, by its key."""
        found: dict[str, list[Sentence]] = defaultdict(list)
        for sentence in self.sentences:
            found[sentence.document.key].append(sentence)
        return dict(found)

    @cached_property
    def bags(self) -> list[frozenset[str]]:
        """The stems of each sentence."""
        return [frozenset(stem(word) for word in _WORD.findall(sentence.text)) for sentence in self.sentences]

    @cached_property
    def copies(self) -> dict[str, tuple[str, ...]]:
        """The keys of the documents that hold a sentence word for word, by the sentence on one line."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for sentence in self.sentences:
            found[" ".join(sentence.text.split())][sentence.document.key] = None
        return {text: tuple(keys) for text, keys in found.items()}

    @cached_property
    def _holding(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, bag in enumerate(self.bags):
            for word in bag:
                found[word].append(number)
        return found

    def holding(self, words: Collection[str]) -> list[int]:
        """The numbers of the sentences that hold all of these stems, rising."""
        if not words:
            return []
        lists = sorted((self._holding.get(word, []) for word in words), key=len)
        common = set(lists[0]).intersection(*lists[1:])
        return sorted(common)

    def around(self, number: int, reach: int) -> frozenset[str]:
        """The stems of a sentence and of its neighbours in the same document."""
        own = self.sentences[number].document.key
        near = range(max(0, number - reach), min(len(self.sentences), number + reach + 1))
        return frozenset().union(*(self.bags[n] for n in near if self.sentences[n].document.key == own))


def english(document: Document) -> bool:
    """Whether a document is in English: by its own word, else by its share of small words."""
    if document.language:
        return document.language.casefold().startswith("en")
    words = [word.casefold() for word in _WORD.findall(document.text[: 20 * _LOOKED_AT])][:_LOOKED_AT]
    return bool(words) and sum(word in FUNCTION for word in words) / len(words) >= _ENGLISH


def keyed(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents with keys: their own, else the name of their file; a headline's is its article's and a number."""
    taken: set[str] = set()
    keys: dict[str, str] = {}
    ids: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    made = []
    for document in documents:
        if document.id in keys:
            continue
        parent = keys.get(document.parent, "")
        numbers[parent] += bool(parent)
        own = (
            f"{parent}-h{numbers[parent]}" if parent else document.key or PurePath(document.source).stem or document.id
        )
        key = own if own not in taken else f"{own}-{document.id[:8]}"
        taken.add(key)
        keys[document.id] = key
        fresh = replace(document, key=key, parent=ids.get(document.parent, ""), source="", collection="default")
        ids[document.id] = fresh.id
        made.append(fresh)
    return tuple(made)
