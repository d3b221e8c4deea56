"""A question, the conversation it stands in, and the checks it must pass before any work is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from index.documents import EVERYTHING, Filters
from index.errors import QuestionError

_HALF = re.compile("[\ud800-\udfff]")

MAX_CHARACTERS = 2000
"""Beyond this nobody asks a question: it is a paste, and no encoder reads it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, the text of its answer, and the short answer where it had one."""

    question: str
    answer: str = ""
    short_answer: str = ""


class Asking(TypedDict, total=False):
    """When a question is asked, whether its dates are looked at, and how much is read for it; see `Question`."""

    asked_on: date | None
    dates: bool
    most_read: int | None


@dataclass(frozen=True)
class Question:
    """A checked question with its history (oldest first) and filters.

    `asked_on` is the day on which it is asked, by default the last day of the corpus; its dates are read from there,
    unless `dates` is false. Of the passages that are found `most_read`, at least 1, are read; None reads them all.
    """

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    asked_on: date | None = None
    dates: bool = True
    most_read: int | None = None

    @classmethod
    def of(
        cls,
        text: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        *,
        asked_on: date | None = None,
        dates: bool = True,
        most_read: int | None = None,
    ) -> Question:
        """Check and normalise what somebody typed. Raises QuestionError with what to do about it."""
        if len(text) > MAX_CHARACTERS:
            raise QuestionError(
                f"the question has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}: "
                "ask for one thing, and add long texts with `dateline index add`"
            )
        for said in (text, *(part for turn in history for part in (turn.question, turn.answer, turn.short_answer))):
            if _HALF.search(said):
                raise QuestionError(
                    "the question, or its conversation, holds half a character (U+D800 to U+DFFF): type it anew"
                )
        cleaned = " ".join(text.replace("\x00", " ").split())
        if not any(character.isalnum() for character in cleaned):
            raise QuestionError("the question holds no words: type a question such as 'Who will meet in Malaysia?'")
        return cls(cleaned, tuple(history), filters or EVERYTHING, asked_on, dates, most_read)
