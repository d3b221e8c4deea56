"""A follow-up question made to stand alone, without a language model.

A question that leans on the conversation (a pronoun, an ellipsis such as "and Japan?", hardly a word of its own) gets
the topic it leans on appended: the content words of the conversation's first question and of the one before. The
words are the asker's own, so nothing is invented; the standalone question is always shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.question import Turn
from rag.words import content_words, has_pronoun

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
    own = {word.casefold() for word in content_words(question)}
    topic: dict[str, str] = {}
    for turn in dict.fromkeys((history[0], history[-1])):
        for word in content_words(turn.question):
            if word.casefold() not in own:
                topic.setdefault(word.casefold(), word)
    words = list(topic.values())[-_MOST_WORDS_ADDED:]
    return f"{question} ({' '.join(words)})" if words else question


def _leans(question: str) -> bool:
    return (
        question.casefold().startswith(_OPENINGS) or has_pronoun(question) or len(content_words(question)) <= _FEW_WORDS
    )
