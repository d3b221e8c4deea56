"""Surnames in a question as full names, so that it can be understood without its article."""

from __future__ import annotations

import re

from eval.generation.base import Sentence
from eval.generation.corpus import ArticleCorpus
from eval.generation.names import ASKING, Name, may_be_person
from rag.english.places import kinds_of

_WIDELY = 3
"""A single name that is nobody's surname needs no other where the corpus uses it so often."""
_SHARE = 0.01
"""Or for this share of the articles."""
_SHORT = 3
_ACTING = re.compile(r"(?:['’]s)? (?:has|had|was|is|will|would|\w+ed)\b")


class FullNames:
    """The full names of each document, by their last word."""

    def __init__(self, corpus: ArticleCorpus) -> None:
        """Remember the corpus; documents are looked through when they are asked for."""
        self._corpus = corpus
        self._least = max(_WIDELY, _SHARE * len(corpus.articles))
        self._known: dict[str, dict[str, set[str]]] = {}

    def expand(self, question: str, sentence: Sentence) -> str | None:
        """The question with each surname made full; None where a single name is known to nobody."""
        full, names = self._of(sentence.document.key), self._corpus.names
        for name in reversed(names.of(question)):
            longer = full.get(name.text, set())
            if " " in name.text or name.text in ASKING or self._settled(name, question, bool(longer)):
                continue
            words = min(longer, default="").split()
            # Surely somebody's: of two words, or of three with an initial or a small one.
            short = len(words) == 2 or (len(words) > 2 and len(words[1]) <= _SHORT)
            if len(longer) == 1 and short and names.kind(min(longer)) == "person":
                question = question[: name.start] + min(longer) + question[name.end :]
            elif longer or names.of_people(name.text) or names.mentions(name.text) < self._least:
                return None
        return question

    def _settled(self, name: Name, question: str, longer: bool) -> bool:
        """Whether a single name needs no other: an organisation, or a place that is nobody's name here."""
        if name.kind == "organisation" or "country" in kinds_of(name.text):
            return True
        acting = name.first == 0 or bool(_ACTING.match(question[name.end :]))
        return name.kind == "place" and not longer and not (acting and self._corpus.names.of_people(name.text))

    def _of(self, key: str) -> dict[str, set[str]]:
        if key not in self._known:
            found: dict[str, set[str]] = {}
            for sentence in self._corpus.by_document[key]:
                for name in self._corpus.names.of(sentence.text):
                    if "\n" not in name.text and may_be_person(name) and name.kind in ("person", "other"):
                        found.setdefault(name.text.split()[-1], set()).add(name.text)
            self._known[key] = found
        return self._known[key]
