"""A sentence as subject, verb and rest, and the questions that can be asked by turning it round; English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from eval.generation.names import Name
from eval.generation.numbers import WEEKDAY
from rag.english.grammar import Token, is_verb, tokens_of
from rag.english.lexicon import (
    BASE_FORMS,
    BE,
    CONJUNCTIONS,
    FINITE,
    HAVE,
    MODAL,
    NOUNS_TOO,
    PARTICIPLES,
    PAST_FORMS,
    PREPOSITIONS,
    VERBS,
    WH,
)

_TAIL = re.compile(
    r"(?:, (?:which|who|whose|where|while|but|according to|adding|saying|although|though|because|as|after|when|with|"
    r"including|citing|calling|whereas|since|so|[a-z]+ing|"
    r"(?:the )?[A-Z][\w .’'-]+ (?:said|says|reported|reports)|and (?:said|added|he|she|they|it))\b|;)",
)
_DAY = re.compile(
    rf",?(?: late| early)? on {WEEKDAY}(?: (?:morning|afternoon|evening|night))?"
    r"(?! \d| [A-Z]|['’])(?=[ .,]|$)"
    rf"|(?<= said),? {WEEKDAY}(?: (?:morning|afternoon|evening|night))?(?=[ .,]|$)"
)
_ALSO = re.compile(r" (?:also|now|already|meanwhile)(?= )")
_AUXILIARY = (BE | HAVE | MODAL) & FINITE - {"am"}
_NOT = re.compile(r"n['’]t$")
_THIRD_PERSON = frozenset("cost plan own want need run lead cover insure allow show call".split())
"""Besides verbs that are no nouns: those whose -s form is a verb behind a name."""
_MORE = frozenset(
    """insure cover award sign host visit employ treat injure evacuate arrest charge order approve reject pledge donate
    acquire purchase recall launch test fine settle export import transfer detain execute evict ship score
    deploy issue grant recruit rescue seize collect deport ask request invite house receive contribute name
    appoint elect nominate confirm declare report record register process move close open reopen travel
    announce publish release unveil introduce propose establish create complete expand extend retire start
    command serve graduate attend marry succeed inspect vote admit plead concede plan finish join""".split()
)
_LONGEST_APPOSITION = 110
_LONGEST_SUBJECT = 9


@dataclass(frozen=True, slots=True)
class Clause:
    """`auxiliary` is empty where the verb stands alone; `rest` is everything behind the verb, without the full stop.

    `statement` is the whole of it, and `name` the subject where that is one name.
    """

    subject: str
    auxiliary: str
    verb: str
    rest: str
    name: Name | None

    @property
    def present(self) -> bool:
        """Whether the verb alone is in the present, as in captions: "takes"."""
        return not self.auxiliary and self.verb.endswith("s") and self.verb not in {"was", "has"}

    @property
    def copular(self) -> bool:
        """Whether the verb is a form of "be" and no more: "is one of two"."""
        return self.auxiliary in BE and not (_participle(self.verb.casefold()) or self.verb == "to")

    @property
    def predicate(self) -> str:
        """All that is said of the subject."""
        return " ".join(part for part in (self.auxiliary, self.verb, self.rest) if part)

    @property
    def statement(self) -> str:
        """Subject and predicate."""
        return f"{self.subject} {self.predicate}"

    def asked(self, opening: str, rest: str) -> str | None:
        """The question with these words in front and this rest, as "did … give rest?"; None where the verb is unknown.

        >>> Clause("Ada Lund", "", "sold", "two boats", None).asked("How many boats", "in May")
        'How many boats did Ada Lund sell in May?'
        """
        if self.auxiliary:
            words = [opening, self.auxiliary, self.subject, self.verb, rest]
        else:
            base = base_form(self.verb)
            if base is None:
                return None
            words = [
                opening,
                "does" if self.verb.endswith("s") and self.verb not in BASE_FORMS else "did",
                self.subject,
                base,
                rest,
            ]
        return " ".join(word for word in words if word) + "?"


def trimmed(sentence: str) -> str:
    """A sentence on one line without full stop, the day of the week, and what is joined to its end.

    >>> trimmed("The board met on Monday, which nobody had expected.")
    'The board met'
    """
    words = " ".join(sentence.split()).removesuffix(".")
    for tail in _TAIL.finditer(words):
        # The sentence's own verb may come only behind what a comma opens: "…, which sails on Monday, will …".
        behind = pairs_behind_commas(tokens_of(words[tail.start() + 1 :]))
        if not any(token.low in _AUXILIARY or _finite(token) for _, token in behind):
            words = words[: tail.start()]
            break
    return _ALSO.sub("", _DAY.sub("", words))


def pairs_behind_commas(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Each comma with the token behind it."""
    return ((one, other) for one, other in pairwise(tokens) if one.text == ",")


def clause_of(statement: str, names: Sequence[Name], common: Callable[[str], bool]) -> Clause | None:
    """The parts of a trimmed sentence; None where it does not begin with its subject or no verb is certain.

    `common` says whether a word is also written small: a subject stands inside a question, without its capital.
    """
    tokens = tokens_of(statement)
    if (
        not tokens
        or tokens[0].low in CONJUNCTIONS | PREPOSITIONS | WH | {"there", "here", "below"}
        or tokens[0].low.endswith("ing")
    ):
        return None
    name = next((name for name in names if name.first == 0 or (name.first == 1 and tokens[0].low == "the")), None)
    if name and not statement[name.end :].startswith(("'", "’")):
        at = _behind_apposition(tokens, name.last)
        if at is not None and (clause := _from(statement, tokens, at, statement[: name.end], name)):
            return replace(clause, subject=_small(clause.subject, lambda word: word == "The"))
    clause = _general(statement, tokens)
    return clause and replace(clause, subject=_small(clause.subject, lambda word: word == "The" or common(word)))


def _behind_apposition(tokens: Sequence[Token], last: int) -> int | None:
    """The token behind a subject that ends before `last`, and behind ", its chairman,"; None where that has no end."""
    if last >= len(tokens) or tokens[last].text != ",":
        return last
    for at in range(last + 1, len(tokens)):
        if tokens[at].text == "," and tokens[at].start - tokens[last].start < _LONGEST_APPOSITION:
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            if after and (after.low in _AUXILIARY or _finite(after)):
                return at + 1
    return None


def _general(statement: str, tokens: Sequence[Token]) -> Clause | None:
    """A subject that is no single name: it ends before the first auxiliary or certain verb."""
    for at, token in enumerate(tokens[1 : _LONGEST_SUBJECT + 1], start=1):
        if token.text == ",":
            behind = _behind_apposition(tokens, at)
            if behind is None or any(other.low.endswith("ed") for other in tokens[:at]):
                return None
            return _from(statement, tokens, behind, statement[: tokens[at - 1].end], None)
        if tokens[at - 1].low == "to":
            continue
        if not token.text[0].isalnum() or token.low in {"that", "who", "which", "if", "when", "and"}:
            return None
        if token.low in _AUXILIARY or (token.low in PAST_FORMS and not token.named):
            return _from(statement, tokens, at, statement[: tokens[at - 1].end], None)
        if not token.named and token.low.endswith("ed") and is_verb(token.low, VERBS | NOUNS_TOO):
            by = at + 1 < len(tokens) and tokens[at + 1].low in {"by", "in", "at", "from", "to", "on", "as", "with"}
            return None if by else _from(statement, tokens, at, statement[: tokens[at - 1].end], None)
        if at > 1 and token.low.endswith("s") and _finite(token) and not tokens[at - 1].low.endswith("s"):
            return _from(statement, tokens, at, statement[: tokens[at - 1].end], None)
    return None


def _from(statement: str, tokens: Sequence[Token], at: int, subject: str, name: Name | None) -> Clause | None:
    if at >= len(tokens):
        return None
    first = tokens[at]
    if first.low in _AUXILIARY and not _NOT.search(first.low):
        rest = tokens[at + 1 :]
        if not rest or rest[0].low in {"not", "n't"}:
            return None
        behind_adverb = len(rest) > 1 and rest[0].low.endswith("ly") and _participle(rest[1].low)
        joined = behind_adverb or _participle(rest[0].low) or rest[0].low in {"to", "been", "being", "be"}
        alone = first.low in BE | HAVE and not joined
        if alone and first.low in HAVE:
            return Clause(subject, "", first.text, statement[rest[0].start :], name)
        return Clause(subject, first.text, rest[0].text, statement[rest[0].end :].lstrip(), name)
    if _finite(first) and first.low not in {"did", "does"}:
        return Clause(subject, "", first.text, statement[first.end :].lstrip(), name)
    return None


def _participle(low: str) -> bool:
    return (
        low in PARTICIPLES
        or low in {"been", "become", "come", "run"}
        or (low.endswith(("ed", "ing")) and not low.endswith("thing"))
    )


def _finite(token: Token) -> bool:
    """Whether a small word is surely a verb in the past, or in the third person."""
    if token.named or not token.text.isalpha():
        return False
    low = token.low
    if low in BASE_FORMS or (low.endswith("ed") and len(low) > 4):
        return True
    return low.endswith("s") and base_form(low) is not None and base_form(low) in VERBS | _THIRD_PERSON


def base_form(verb: str) -> str | None:
    """The verb as it stands behind "did" or "does"; None for one that is not known.

    >>> base_form("sold"), base_form("carries"), base_form("planned"), base_form("glimmed")
    ('sell', 'carry', 'plan', None)
    """
    low = verb.casefold()
    if low in BASE_FORMS:
        return BASE_FORMS[low]
    if low in {"has", "does"}:
        return {"has": "have", "does": "do"}[low]
    known = VERBS | NOUNS_TOO | _MORE
    stems = []
    if low.endswith(("ies", "ied")):
        stems.append(low[:-3] + "y")
    if low.endswith("ed"):
        stems += [low[:-2], low[:-1]]
        if len(low) > 5 and low[-3] == low[-4]:
            stems.append(low[:-3])
    elif low.endswith("s"):
        stems += [low[:-1], *([low[:-2]] if low.endswith("es") else [])]
    return next((stem for stem in stems if stem in known), None)


def _small(subject: str, without_capital: Callable[[str], bool]) -> str:
    first, space, rest = subject.partition(" ")
    plain = without_capital(first) and (first == "The" or not rest[:1].isupper())
    return f"{first[0].lower()}{first[1:]}{space}{rest}" if plain else subject
