"""A conversation with the archive, without any screen: replies as they grow, with every error turned into words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, Unpack

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.documents import Filters
from index.errors import DatelineError, QuestionError
from rag.answer import Answer
from rag.followups import REMEMBERED_TURNS
from rag.question.question import MAX_CHARACTERS, Asking, Turn
from ui.web.errors import BROKEN, public_message

if TYPE_CHECKING:
    from index.reports import IndexInfo

NOTHING_INDEXED = "Nothing is indexed yet. Add files with `dateline index add PATH`, then ask again."
MOST_TURNS = 50
"""A conversation that has grown longer than this says so: its page would become slow."""
ANSWER_CHARACTERS = 2_000
"""How much of each earlier answer the page sends: more than any that is not a paste."""

_logger = logging.getLogger(__name__)


class SupportsInfo(Protocol):
    """What the archive says of itself."""

    def info(self) -> IndexInfo:
        """Counts, dates and identity."""


class StreamingChain(Protocol):
    """What answers questions."""

    @property
    def index(self) -> SupportsInfo:
        """The archive behind the answers."""

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """The whole answer. Raises DatelineError."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Iterator[Answer]:
        """The answer as it grows; the last one is complete. Raises DatelineError."""


class SentTurn(BaseModel):
    """An earlier question, the text of its answer, and the short answer where it had one."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=MAX_CHARACTERS)
    answer: str = Field(default="", max_length=ANSWER_CHARACTERS)
    short_answer: str = Field(default="", max_length=ANSWER_CHARACTERS)


class SentConversation(BaseModel):
    """What the page sends with a question, for the server remembers no conversation: the last turns, oldest first.

    `number`, from 1, is the place that the question has on the page.
    """

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=1_000_000)
    turns: list[SentTurn] = Field(default=[], max_length=REMEMBERED_TURNS)

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


@dataclass(frozen=True)
class Reply:
    """What has become of a question so far. A `problem` is a sentence for the reader; what came before it is kept.

    `ahead` questions are answered before this one is begun. With `again` the same question may have an answer if it is
    asked once more.
    """

    question: str
    answer: Answer | None = None
    problem: str = ""
    finished: bool = False
    again: bool = False
    ahead: int = 0

    @property
    def turn(self) -> Turn | None:
        """What later questions may refer to: nothing, unless there was an answer."""
        return self.answer.turn if self.answer else None


def replies(
    chain: StreamingChain, question: str, history: Sequence[Turn] = (), *, number: int = 1, **asked: Unpack[Asking]
) -> Iterator[Reply]:
    """The reply as it grows; only the last one is finished. Raises nothing that a question or the index can cause.

    `history` holds what the question may refer to, `number` is its place in the whole conversation, from 1. `asked` is
    as `Question` has it.
    """
    answer: Answer | None = None
    if number > MOST_TURNS:
        full = f"This conversation has {MOST_TURNS} answers: start a new one to ask more."
        yield Reply(question, problem=full, finished=True)
        return
    yield Reply(question)
    try:
        for answer in chain.stream(question, history, **asked):
            yield Reply(question, answer)
        found = answer is not None and (answer.answered or answer.passages)
        problem, again = "" if found or chain.index.info().documents else NOTHING_INDEXED, False
    except DatelineError as error:
        problem, again = as_sentence(error), not isinstance(error, QuestionError)
    except Exception:  # the reader gets a sentence, the log the traceback: a page must not die with one question
        _logger.exception("cannot answer")
        problem, again = BROKEN, True
    yield Reply(question, answer, problem, finished=True, again=again)


def as_sentence(error: DatelineError) -> str:
    """An error's message as a sentence for a reader."""
    message = public_message(error)
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?", "'")) else ".")
