"""What the page tells with a question. It keeps its conversation itself: the server remembers none."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import QuestionError
from rag.followups import REMEMBERED_TURNS
from rag.question.question import MAX_CHARACTERS, Turn

ANSWER_CHARACTERS = 2_000
"""How much of each earlier answer is told: more than any that is not a paste."""


class ToldTurn(BaseModel):
    """An earlier question, the text of its answer, and the short answer where it had one."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=MAX_CHARACTERS)
    answer: str = Field(default="", max_length=ANSWER_CHARACTERS)
    short_answer: str = Field(default="", max_length=ANSWER_CHARACTERS)


class Told(BaseModel):
    """The number, from 1, that the question has on the page, and the last turns before it, oldest first."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=1_000_000)
    turns: list[ToldTurn] = Field(default=[], max_length=REMEMBERED_TURNS)

    @classmethod
    def read(cls, sent: object) -> Self:
        """Check what was sent. Raises QuestionError for what no page of ours sends."""
        try:
            return cls.model_validate(sent)
        except ValidationError as error:
            raise QuestionError("the conversation cannot be read: reload the page") from error

    @property
    def history(self) -> tuple[Turn, ...]:
        """The earlier turns as the chain takes them."""
        return tuple(Turn(turn.question, turn.answer, turn.short_answer) for turn in self.turns)
