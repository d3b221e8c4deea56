"""Things and people that a question or an answer names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.english.grammar import Phrase, is_plural, is_verb, phrases_of, tokens_of
from rag.english.lexicon import (
    AUXILIARY,
    CONJUNCTIONS,
    NAME_PARTICLES,
    NOT_PEOPLE,
    PLACING,
    PLAIN_ADJECTIVES,
    PREPOSITIONS,
    PRONOUNS,
    SAYING,
    TITLES,
)
from rag.english.places import is_surely_place

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘]?[A-Z\d])")
_SUBJECT_TOKENS = 9
_BEHIND_A_NAME = SAYING | {"will", "has", "was", "is", "became"}


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a pronoun may stand for. `person` is how likely it is somebody: from 0 for never to 3 for surely."""

    text: str
    head: str
    plural: bool
    person: float = 0.0
    placed: bool = False
    """Whether it was named as a place or a direction: "in Malaysia"."""

    @classmethod
    def of(cls, phrase: Phrase) -> Topic:
        """A phrase as a topic."""
        within = phrase.link in PLACING - {"from", "to"}
        person = 0.0 if within else person_score(phrase)
        return cls(phrase.text, phrase.head, phrase.plural, person, phrase.link in PLACING)

    @property
    def generic(self) -> bool:
        """Whether it is any one of its kind: "a pension fund"."""
        return self.text.startswith(("a ", "an ", "A ", "An "))

    @property
    def named(self) -> bool:
        """Whether it is, or holds, a name."""
        return self.bare != self.bare.lower()

    @property
    def bare(self) -> str:
        """Without the article."""
        return self.text.split(" ", 1)[1] if self.text.casefold().startswith(("the ", "a ", "an ")) else self.text

    @property
    def many(self) -> str:
        """Any of its kind: "pension funds" for "a pension fund"."""
        if self.plural or not self.generic:
            return self.bare
        return f"{self.bare[:-1]}ies" if self.bare.endswith("y") else f"{self.bare}s"

    @property
    def words(self) -> frozenset[str]:
        """Its words as the word lists spell them, without adjectives that say little."""
        return frozenset(token.low for token in tokens_of(self.bare)) - PLAIN_ADJECTIVES


def person_score(phrase: Phrase) -> float:
    """How likely a phrase names somebody, from 0 to 3."""
    tokens = phrase.tokens
    titled = tokens[0].low in TITLES
    if phrase.article or not phrase.named:
        return 0.5 if phrase.article and tokens[-1].low in TITLES else 0.0
    fits = all((t.named or t.low in NAME_PARTICLES) and t.low not in NOT_PEOPLE for t in tokens)
    if not fits or "'" in tokens[-1].low or any(t.text.isupper() and len(t.text) > 1 for t in tokens):
        return 0.0
    if len(tokens) == 1 and is_surely_place(tokens[0].low):
        return 0.0
    return 3.0 if titled else 1.0 if len(tokens) == 1 else 2.0 if len(tokens) <= 4 else 0.0


def telling(phrase: Phrase) -> bool:
    """Whether a phrase says what is spoken of: it is more than "the causes" or "the best way"."""
    first = phrase.tokens[0]
    verbal = len(phrase.tokens) == 1 and not first.named and first.low.endswith("ing") and is_verb(first.low)
    hollow = phrase.says_little or (phrase.head in HOLLOW and len(phrase.telling_words) == 1)
    return not phrase.relational and not hollow and not verbal


HOLLOW = frozenset(
    """litre kilo tonne barrel gallon dozen share people person thing way time reason lot fact something place day
    year series side morning""".split()
)
"""Nouns that say nothing of what is spoken of."""
FIRST_PERSON = frozenset("my your our".split())


def one_thing(topic: Topic) -> bool:
    """Whether "it" may stand for a topic."""
    return not topic.plural and not topic.person and not topic.placed


def parts_of(phrase: Phrase) -> list[Phrase]:
    """A phrase, and the single names of a pair of names."""
    titles = [i for i, t in enumerate(phrase.tokens[:-1]) if t.low in TITLES and not t.named]
    if titles and all(token.named for token in phrase.tokens[titles[-1] + 1 :]):
        name = phrase.tokens[titles[-1] + 1 :]
        return [phrase, Phrase(name, "", name[0].start, phrase.link)]
    joint = next((i for i, token in enumerate(phrase.tokens) if token.low == "and"), None)
    if joint is None or not all(token.named for token in phrase.tokens if token.low != "and"):
        return [phrase]
    halves = (phrase.tokens[:joint], phrase.tokens[joint + 1 :])
    return [phrase, *(Phrase(half, "", half[0].start, phrase.link) for half in halves)]


@lru_cache(maxsize=64)
def named_in(answer: str) -> Sequence[Topic]:
    """What an answer names: names first of all, and the indefinite phrases that bring in something new."""
    found: list[Topic] = []
    for sentence in _SENTENCE_END.split(answer):
        for phrase in phrases_of(sentence):
            if phrase.named and phrase.start == 0 and len(phrase.tokens) == 1:
                after = tokens_of(sentence)[1:2]
                if not after or after[0].low not in _BEHIND_A_NAME:
                    continue  # any word is written with a capital here
            found.extend(
                Topic.of(part) for part in parts_of(phrase) if part.named or part.article or len(part.tokens) > 1
            )
    return tuple(found)


def named_by(short_answer: str) -> Sequence[Topic]:
    """What a short answer names; all of it was asked for."""
    return tuple(Topic.of(part) for phrase in phrases_of(short_answer) for part in parts_of(phrase))


def subject_of(answer: str) -> Topic | None:
    """Who or what an answer's first sentence is about; None where it does not begin with that."""
    tokens = tokens_of(_SENTENCE_END.split(answer)[0])[:_SUBJECT_TOKENS]
    for end, token in enumerate(tokens):
        stops = token.low in AUXILIARY or (end > 1 and not token.named and is_verb(token.text))
        if end and stops:
            subject = tokens[:end]
            small = PRONOUNS | PREPOSITIONS | CONJUNCTIONS - {"and"}
            if any((t.low in small and not t.nominal) or not t.text[0].isalnum() for t in subject):
                return None
            plural = is_plural(subject[-1].low) or any(t.low == "and" for t in subject)
            text = answer[subject[0].start : subject[-1].end]
            return Topic(text[0].lower() + text[1:] if text.startswith("The ") else text, subject[-1].low, plural)
    return None
