"""A follow-up question made to stand alone, without a language model.

A question that leans on the conversation (a pronoun, an ellipsis such as "and Japan?", hardly a word of its own) gets
the topic it leans on appended: the content words of the conversation's first question and of the one before. The
words are the asker's own, so nothing is invented; the standalone question is always shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.question import Turn

_WORD = re.compile(r"\w+(?:['’]\w+)?")

_PRONOUNS = frozenset(
    "he him his she her hers it its they them their theirs this that these those there one ones former latter".split()
)
_FUNCTION_WORDS = frozenset(
    """a about after again all also am an and any anything are as at be because been before being between both but by
    can come could did do does doing done during each either else ever for from get give go had has have having how i
    if in into is just know let like made make many may me mean might more most much must my name need no not of on or
    other our out over please said same say says should so some such take tell than the then to too under until up us
    use used very want was we were what what's whats when where which while who who's whom whose why will with would
    you your happen happened happening describe explain list""".split()
)
_OPENINGS = ("and ", "but ", "so ", "what about ", "how about ", "or ", "also ")
_FEW_WORDS = 1
_MOST_WORDS_ADDED = 8


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with the topic it leans on, or unchanged where it leans on nothing.

    >>> standalone("When will they meet?", [Turn("Who leads the trade talks in Malaysia?")])
    'When will they meet? (leads trade talks Malaysia)'
    >>> standalone("When did the ferry strike begin?", [Turn("Who leads the trade talks in Malaysia?")])
    'When did the ferry strike begin?'
    """
    if not history or not _leans(question):
        return question
    own = {word.casefold() for word in _content(question)}
    topic: dict[str, str] = {}
    for turn in dict.fromkeys((history[0], history[-1])):
        for word in _content(turn.question):
            if word.casefold() not in own:
                topic.setdefault(word.casefold(), word)
    words = list(topic.values())[-_MOST_WORDS_ADDED:]
    return f"{question} ({' '.join(words)})" if words else question


def _leans(question: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(question)]
    return (
        question.casefold().startswith(_OPENINGS)
        or any(word in _PRONOUNS for word in words)
        or len(_content(question)) <= _FEW_WORDS
    )


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _FUNCTION_WORDS | _PRONOUNS]
