"""What the form of a word, and the order of a few, say: number, degree, verb and tense."""

from __future__ import annotations

import re
from typing import Literal

from rag.english.lexicon import (
    DO,
    FINITE,
    NO_SUPERLATIVES,
    NOUNS_TOO,
    PARTICIPLES,
    PAST_AUXILIARY,
    PAST_FORMS,
    VERBS,
    WILL,
)

Tense = Literal["past", "future", "neutral"]


def singular(noun: str) -> str:
    """A noun in lower case without its plural ending; good enough to compare nouns, not to print them."""
    low = noun.casefold()
    if low in {"series", "species", "news", "politics"}:
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    return low[:-1] if low.endswith("s") and len(low) > 3 and not low.endswith(("ss", "us", "is")) else low


def is_plural(noun: str) -> bool:
    """Whether a noun looks like a plural."""
    low = noun.casefold()
    return low != singular(low) or low in {"people", "children", "men", "women", "police", "mice"}


def is_superlative(word: str) -> bool:
    """Whether a word is of the kind of "largest"."""
    low = word.casefold()
    return low in {"best", "worst"} or (low.endswith("est") and len(low) > 4 and low not in NO_SUPERLATIVES)


def is_verb(word: str, verbs: frozenset[str] = VERBS | NOUNS_TOO) -> bool:
    """Whether a word is a form of one of these verbs; a past form of any verb that has an irregular one."""
    low = word.casefold()
    stems = (low, *(low.removesuffix(end) for end in ("s", "es", "d", "ed", "ing") if low.endswith(end)))
    return any(stem in verbs or f"{stem}e" in verbs for stem in stems) or low in PAST_FORMS


_NEAR = 200
"""Characters on either side in which a verb is looked for."""
_WORD = re.compile(r"['’]ll\b|\w+(?:n['’]t)?")
_PLANNED = frozenset("scheduled planned expected due slated upcoming forthcoming coming plans plan going".split())
_LEADS = frozenset("on in at since until by before after from over during the early mid late end of between".split())
_NO_PAST = frozenset(
    """united need needed feed speed exceed proceed indeed succeed hundred red bed seed breed bleed weed sacred armed
    wicked naked biased limited""".split()
)


def looks_past(word: str) -> bool:
    """Whether a word in small letters is a past tense or a past participle, by its form."""
    return (word in PARTICIPLES and word != "cost") or (len(word) > 4 and word.endswith("ed") and word not in _NO_PAST)


def tense_at(text: str, start: int, end: int) -> Tense:
    """The tense that words at `start` to `end` are read in: of the verb beside them, else of the nearest auxiliary.

    "may" counts as a verb in small letters only. "neutral" where no verb says.
    """
    before = _words(text[max(0, start - _NEAR) : start])
    while before and before[-1] in _LEADS:
        before.pop()
    auxiliary = next((i for i in range(len(before) - 1, -1, -1) if _is_auxiliary(before, i)), None)
    if before and (before[-1] in _PLANNED or (before[-1] in {"for", "to"} and set(before[-3:-1]) & _PLANNED)):
        return "neutral" if auxiliary is not None and before[auxiliary] in PAST_AUXILIARY else "future"
    governed = auxiliary is not None and before[auxiliary] in WILL and before[-2:-1] == ["be"]
    if before and looks_past(before[-1]) and not governed:
        return "past"
    if auxiliary is not None:
        rest = before[auxiliary + 1 :]
        if before[auxiliary] in WILL or set(rest) & _PLANNED:
            return "future" if before[auxiliary] not in PAST_AUXILIARY else "past"
        if before[auxiliary] in PAST_AUXILIARY:
            return "past"
        return "past" if any(map(looks_past, rest)) else "neutral"
    return _first_sign(before) or _first_sign(_words(text[end : end + _NEAR])) or "neutral"


def _is_auxiliary(words: list[str], i: int) -> bool:
    if words[i] in {"have", "has", "had", "do"} and set(words[:i]) & (WILL | DO):
        return False  # "will have met", "did they do"
    return words[i] in FINITE


def _first_sign(words: list[str]) -> Tense | None:
    for word in words:
        if word in WILL or word in _PLANNED:
            return "future"
        if word in PAST_AUXILIARY or looks_past(word):
            return "past"
        if word in FINITE:
            return "neutral"
    return None


def _words(text: str) -> list[str]:
    words = [m[0] for m in _WORD.finditer(text)]
    # The month and the name begin with a capital; the verb does so only as the first word, where it asks politely.
    return [w.replace("’", "'").lower() if w != "May" else "" for w in words]
