"""A question, the conversation it stands in, and the checks it must pass before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from index.documents import Filters
from index.errors import QuestionError

MAX_CHARACTERS = 2000
"""Beyond this nobody asks a question: it is a paste, and no encoder reads it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and the text of its answer."""

    question: str
    answer: str = ""


@dataclass(frozen=True)
class Question:
    """A checked question with its history (oldest first) and filters."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def of(cls, text: str, history: Sequence[Turn] = (), filters: Filters | None = None) -> Question:
        """Check and normalise what somebody typed. Raises QuestionError with what to do about it."""
        if len(text) > MAX_CHARACTERS:
            raise QuestionError(
                f"the question has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}: "
                "ask for one thing, and add long texts with `dateline index add`"
            )
        cleaned = " ".join(text.replace("\x00", " ").split())
        if not any(character.isalnum() for character in cleaned):
            raise QuestionError("the question holds no words: type a question such as 'Who will meet in Malaysia?'")
        return cls(cleaned, tuple(history), filters or Filters())
