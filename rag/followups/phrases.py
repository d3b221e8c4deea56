"""Noun phrases of a question or an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.followups.clauses import Token, tokens_of, without_verbs
from rag.followups.grammar import (
    ADVERBS,
    ARTICLES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    PLAIN_ADJECTIVES,
    PREPOSITIONS,
    RELATIONAL,
    VERBS,
    is_plural,
    is_superlative,
    is_verb,
    singular,
)

_JOINTS = frozenset({"of", "and", "&", "the", "de", "la", "von", "van", "bin", "al"})
_COMPOUND = 2


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that name something. `start` includes the article; `link` is the small word before the phrase."""

    tokens: tuple[Token, ...]
    article: str
    start: int
    link: str

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.tokens[-1].end

    @property
    def name(self) -> str:
        """Without the article."""
        return _between(self.tokens)

    @property
    def text(self) -> str:
        """With the article where there is one."""
        return f"{self.article} {self.name}" if self.article else self.name

    @property
    def head(self) -> str:
        """The noun, in the singular and in lower case."""
        return singular(self.tokens[-1].low)

    @property
    def named(self) -> bool:
        """Whether it holds a name."""
        return any(token.named for token in self.tokens)

    @property
    def plural(self) -> bool:
        """Whether "they" may stand for it."""
        pair = any(token.low == "and" for token in self.tokens) and self.tokens[-1].named
        return pair or is_plural(self.tokens[-1].low)

    @property
    def relational(self) -> bool:
        """Whether it says too little without an "of": "the main causes"."""
        bare = all(not t.named and (t.low in PLAIN_ADJECTIVES or is_superlative(t.low)) for t in self.tokens[:-1])
        return self.head in RELATIONAL and not self.named and (bare or len(self.tokens) == _COMPOUND)

    def trimmed(self) -> Phrase:
        """Without the words in front that say little: of "the most famous pirate", the pirate."""
        start = 0
        while start < len(self.tokens) - 1 and _says_little(self.tokens[start]):
            start += 1
        if not start:
            return self
        best = any(is_superlative(token.low) for token in self.tokens[:start])
        article = self.article if self.article.casefold() == "the" and not best else ""
        return Phrase(self.tokens[start:], article, self.tokens[start].start, self.link)

    @property
    def says_little(self) -> bool:
        """Whether no word of it names anything: "next", "the best"."""
        return all(_says_little(token) for token in self.tokens)

    @property
    def telling_words(self) -> frozenset[str]:
        """Its words in lower case without those adjectives."""
        return frozenset(token.low for token in self.tokens if not _says_little(token) or token is self.tokens[-1])


def phrases_of(text: str) -> list[Phrase]:
    """The noun phrases of a text in their order."""
    tokens = tokens_of(text)
    found, i = [], 0
    while i < len(tokens):
        end = i
        while end < len(tokens) and (tokens[end].nominal or _joins(tokens, i, end) or _homonym(tokens, end)):
            end += 1
        for first, last in without_verbs(tokens, i, end):
            found.append(_phrase(tokens, first, last))
        i = max(end, i + 1)
    return found


def _says_little(token: Token) -> bool:
    if token.named:
        return False
    verbal = token.low.endswith("ing") and is_verb(token.low, VERBS)
    return token.low in PLAIN_ADJECTIVES or is_superlative(token.low) or verbal


def _between(tokens: Sequence[Token]) -> str:
    parts = [tokens[0].text]
    for before, token in pairwise(tokens):
        parts += [" " * (token.start > before.end), token.text]
    return "".join(parts)


def _joins(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether a small word stands inside a name: "Museum of Art", "Larsen and Berg"."""
    if at == start or at + 1 >= len(tokens) or tokens[at].low not in _JOINTS or not tokens[at - 1].named:
        return False
    return tokens[at + 1].named and tokens[at + 1].nominal


def _homonym(tokens: Sequence[Token], at: int) -> bool:
    """Whether a name looks like a small word: He Lifeng, Will Smith."""
    if not 0 < at < len(tokens) - 1 or not tokens[at].named or not tokens[at - 1].text[0].isalnum():
        return False
    small = tokens[at].low in ARTICLES | PREPOSITIONS | CONJUNCTIONS | BE
    return not small and tokens[at + 1].named and tokens[at + 1].nominal


def _phrase(tokens: Sequence[Token], first: int, last: int) -> Phrase:
    before = first - 1
    article = ""
    if before >= 0 and tokens[before].low in ARTICLES:
        article = tokens[before].text
        before -= 1
    start = tokens[before + 1].start if article else tokens[first].start
    while before >= 0 and tokens[before].low in DETERMINERS | ADVERBS:
        before -= 1
    return Phrase(tuple(tokens[first:last]), article, start, tokens[before].low if before >= 0 else "")
