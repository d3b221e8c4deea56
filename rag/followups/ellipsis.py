"""Fragments made whole: "and Japan?", "why?", "tell me more" take the shape of the question before."""

from __future__ import annotations

import re

from index.lexicon import MONTHS, WEEKDAYS
from rag.english.grammar import Phrase, Token, is_superlative, phrases_of, singular, tokens_of, without_question_words
from rag.english.lexicon import (
    ADVERBIAL_WH,
    ASKING,
    AUXILIARY,
    CONJUNCTIONS,
    FINITE_PATTERN,
    ORDINALS,
    PREPOSITIONS,
    PRONOUNS,
    WH,
)
from rag.english.places import is_surely_place
from rag.followups.conversation import Conversation
from rag.followups.topics import person_score

_OPENING = re.compile(
    r"\s*(?:(?:and|but|or|so|also|plus|ok|okay)\b,?\s+)*(?:(?:what|how)\s+about|what\s+of|and|but|or|also)\b,?\s+", re.I
)
_ASKED = re.compile(
    rf"(?:(?:and|but|so|or)\s+)?(?:(?:when|where|why|how)\s+)?(?P<clause>(?:{FINITE_PATTERN})\s.+?)\s*[?.!]*",
    re.I | re.S,
)
_BARE = WH | CONJUNCTIONS | PREPOSITIONS | frozenset("exactly not come then else much many long often old now".split())
_MORE = frozenset(
    """tell me us more please about go on continue elaborate what else anything something ok okay and yes it this
    that them say can you""".split()
)
_MOST_TOKENS = 5
_MOST_UNOPENED = 3
_DATE = re.compile(
    rf"\b(?:\d{{4}}|\d{{1,2}}|{'|'.join((*MONTHS, *WEEKDAYS))}|yesterday|today|tomorrow|(?:last|next|this) \w+)\b",
    re.I,
)
_DATED = re.compile(rf"\b(?:on|in|at|by|since|until|before|after) (?:the )?{_DATE.pattern}", re.I)
_WHEN = frozenset("before after during since until".split())
_AT_ANOTHER_TIME = re.compile(
    r"\s*(?:(?:and|but|so)\s+)?(?:what|how \w+)\s+(?P<verb>is|was|are|were|will)\s+(?:it|that|this|they)\s+(?:be\s+)?"
    r"(?P<time>(?:before|earlier|previously|originally|at first|yesterday|today|now|then|(?:last|next|this) \w+"
    r"|(?:in|on|at|by|before|after|during|since|until) .+?))\s*[?.!]*",
    re.I,
)
_AMOUNT = re.compile(r"(?:(?:and|but|so)\s+)?how (?:much|many|long|big|large|high|old|tall|fast|far|often)\b", re.I)
_PAST = {"do": "did", "does": "did", "is": "was", "are": "were", "has": "had", "have": "had"}
_TRAILING = re.compile(r"(.*?)(\s*\([^()]*\))?\s*", re.S)


def completed(question: str, talk: Conversation) -> str | None:
    """The question made whole, or None where it is a whole one, or a fragment of a kind that is not known here."""
    tokens = [token for token in tokens_of(question) if token.text[0].isalnum()]
    lows = {token.low for token in tokens}
    if lows and lows <= _MORE and lows & {"more", "else", "continue", "on", "elaborate"}:
        focus = talk.focus if {"tell", "more"} <= lows else None
        return f"Tell me more about {focus.text}." if focus else f"{question} ({talk.context()})"
    if lows & WH and lows <= _BARE and len(tokens) <= _MOST_TOKENS:
        return _asked_anew(question, tokens, talk.last)
    core, behind = _TRAILING.fullmatch(talk.last).groups()  # type: ignore[union-attr]
    if (then := _AT_ANOTHER_TIME.fullmatch(question)) and _AMOUNT.match(core):
        return _at_another_time(then["time"], core, past=then["verb"].casefold() in {"was", "were"}) + (behind or "")
    opening = _OPENING.match(question)
    rest = question[opening.end() :] if opening else question
    fragment = rest.strip().rstrip("?!. ")
    words = [token.low for token in tokens_of(fragment)]
    if not words or words[-1] in ORDINALS or set(words) & (AUXILIARY | WH | ASKING | PRONOUNS):
        return None
    if not opening and (not question.rstrip().endswith("?") or len(words) > _MOST_UNOPENED):
        return None
    whole = _in_its_place(fragment, core)
    if whole is not None:
        return whole + (behind or "")
    about = talk.context()
    known = {singular(word) for word in words} & {singular(token.low) for token in tokens_of(about)}
    unplaced = bool(opening) and bool(about) and not known and not any(p.relational for p in phrases_of(fragment))
    return f"{question.rstrip()} ({about})" if unplaced and len(words) <= _MOST_TOKENS else None


def _asked_anew(question: str, tokens: list[Token], last: str) -> str:
    """The question before with another question word; in parentheses where that would not be a sentence."""
    asking = [token for token in tokens if token.low not in CONJUNCTIONS]
    before = _ASKED.fullmatch(last)
    if len(asking) == 1 and asking[0].low in ADVERBIAL_WH and before:
        clause = before["clause"]
        return f"{asking[0].text.capitalize()} {clause[0].lower()}{clause[1:]}?"
    about = without_question_words(last)
    return f"{question} ({about})" if about else question


def _at_another_time(time: str, last: str, *, past: bool) -> str:
    """The question before, which asked for an amount, of another time: "What was it before?"."""
    if past and (verb := next((token for token in tokens_of(last) if token.low in AUXILIARY), None)):
        last = last[: verb.start] + _PAST.get(verb.low, verb.text) + last[verb.end :]
    end = len(last.rstrip("?!. "))
    dated = [match.span() for match in _DATED.finditer(last)]
    place = dated[-1] if dated else _prepositional(last, "before")
    return _put(last, time, *(place or (end, end)))


def _in_its_place(fragment: str, last: str) -> str | None:
    """The question before, with the fragment where a phrase of its kind stood."""
    given = phrases_of(fragment)
    first = tokens_of(fragment)[0]
    end = len(last.rstrip("?!. "))
    if _DATE.search(fragment) and first.low in PREPOSITIONS and (before := list(_DATED.finditer(last))):
        return _put(last, fragment, before[-1].start(), before[-1].end())
    if first.low in PREPOSITIONS:
        place = _prepositional(last, first.low)
        return _put(last, fragment, *(place or (end, end)))
    if superlatives := [token for token in tokens_of(fragment) if is_superlative(token.text)]:
        there = [token for token in tokens_of(last) if is_superlative(token.text)]
        if there and superlatives[0].end == len(fragment):
            return _put(last, superlatives[0].text, there[0].start, there[0].end)
    if (date := _DATE.fullmatch(fragment)) and (before := list(_DATE.finditer(last))):
        return _put(last, date[0], before[-1].start(), before[-1].end())
    behind = next((token.low for token in tokens_of(fragment) if given and token.start >= given[0].end), "")
    if not given or given[0].start or (behind and behind not in PREPOSITIONS):
        return None
    place = _slot(given[0], phrases_of(last))
    return _put(last, fragment, *place) if place else None


def _put(text: str, new: str, start: int, end: int) -> str:
    space = " " if start == end and start else ""
    return text[:start] + space + new + text[end:]


def _prepositional(last: str, preposition: str) -> tuple[int, int] | None:
    """Where the phrases that begin with a preposition stand, or with another one that says when."""
    phrases = phrases_of(last)
    found = [phrase for phrase in phrases if phrase.link == preposition]
    if not found and preposition in _WHEN:
        found = [phrase for phrase in phrases if phrase.link in _WHEN][:1]
    if not found:
        return None
    start = last.casefold().rfind(found[0].link, 0, found[0].start)
    return (start, found[-1].end) if start >= 0 else None


def _slot(given: Phrase, phrases: list[Phrase]) -> tuple[int, int] | None:
    """Where a phrase of the same kind stands: the same noun, else both names or both not; the last one."""
    same_noun = [phrase for phrase in phrases if phrase.head == given.head and phrase.name != given.name]
    alike = [phrase for phrase in phrases if _kind(phrase) == _kind(given)]
    alike = alike or [phrase for phrase in phrases if _kind(phrase)[0] == _kind(given)[0]]
    for phrase in reversed(same_noun or alike):
        owner = next((t for t in phrase.tokens if t.low.endswith("'s")), None)
        if owner and not any("'" in token.low for token in given.tokens):
            return phrase.tokens[0].start, owner.end - 2
        return phrase.start, phrase.end
    return None


def _kind(phrase: Phrase) -> tuple[str, str]:
    """What sort of thing it is, roughly, and finely."""
    if phrase.relational:
        return "aspect", ""
    if not phrase.named:
        return "noun", phrase.article
    person = person_score(phrase)
    place = is_surely_place(phrase.tokens[-1].low.removesuffix("'s"))
    return "name", "place" if place else "person" if person > 1 else "name" if person else "thing"
