"""A follow-up question made to stand alone, without a language model.

Each question of the conversation is made to stand alone in its turn, so that after "its symptoms", "the treatment" is
still known to be that of lung cancer. Pronouns give way to what they stand for, fragments take the shape of the
question before, and where the words could not be put in place for certain they follow in parentheses. All of them come
from the conversation, so nothing is invented; the standalone question is always shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.followups.completion import lacking, reacts
from rag.followups.conversation import Conversation
from rag.followups.ellipsis import completed
from rag.followups.pronouns import resolved
from rag.followups.topics import Topic
from rag.question.question import Turn

REMEMBERED_TURNS = 12
"""Nobody refers further back, and a long conversation must not cost time at every question."""

_MOST_CHARACTERS = 400
"""Read of each earlier question, for the same reason."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leans on, or unchanged where it leans on nothing.

    >>> standalone("When will it open?", [Turn("Who built the Castell lighthouse?")])
    'When will the Castell lighthouse open?'
    >>> standalone("And Japan?", [Turn("What did Trump sign with Australia?")])
    'What did Trump sign with Japan?'
    >>> standalone("When did the ferry strike begin?", [Turn("Who leads the trade talks in Malaysia?")])
    'When did the ferry strike begin?'
    """
    talk = Conversation()
    for turn in history[-REMEMBERED_TURNS:]:
        alone, kept = _made_whole(turn.question[:_MOST_CHARACTERS], talk)
        talk.add(alone, turn, kept)
    return _made_whole(question, talk)[0]


def _made_whole(question: str, talk: Conversation) -> tuple[str, Topic | None]:
    """The question as it stands alone, and the topic it carries on, None where it names its own."""
    if not talk.last or not any(character.isalnum() for character in question):
        return question, None
    whole = completed(question, talk)
    if whole is not None:
        return whole, None
    text, kept, left_open = resolved(question, talk)
    if text != question or left_open:
        return (_followed_by(talk.words(), text) if left_open else text), kept
    text, about = lacking(question, talk)
    text = _followed_by(about, text)
    return text, None if text == question or reacts(question) else talk.focus


def _followed_by(about: str, question: str) -> str:
    return f"{question.rstrip()} ({about})" if about and about.casefold() not in question.casefold() else question
