"""The JSON of the HTTP API, requests and responses, as its OpenAPI description lists them.

An answer is what `Answer.to_json` gives; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from index.documents import Kind, Stage
from rag.feedback import MAX_CORRECTION, Citation, Feedback, Reason, Verdict, now
from rag.question.question import MAX_CHARACTERS, Turn
from rag.receipts import PATTERN

# Stated, so that programs know; what is beyond is refused with words of ours.
_QUESTION: Any = Field(
    json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": "[0-9A-Za-z]"},
    description="at least one letter or digit, of any script",
)


def _day_as_written(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value
    raise ValueError("write a day as in 2025-10-23")


# Else a number would be a day, counted in seconds since 1970.
Day = Annotated[date, BeforeValidator(_day_as_written, json_schema_input_type=date)]


class EarlierTurn(BaseModel):
    """An earlier question, the text of its answer, and the short answer where it had one."""

    model_config = ConfigDict(extra="forbid")

    question: str
    answer: str = ""
    short_answer: str | None = None


class AskFilters(BaseModel):
    """What a passage must satisfy; dates are inclusive."""

    model_config = ConfigDict(extra="forbid")

    since: Day | None = None
    until: Day | None = None
    outlets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    collections: tuple[str, ...] = ()


class AskRequest(BaseModel):
    """The body of `POST /v1/ask`."""

    model_config = ConfigDict(extra="forbid")

    question: str = _QUESTION
    history: list[EarlierTurn] = Field(default=[], max_length=100, description="oldest first")
    filters: AskFilters = AskFilters()
    asked: Day | None = Field(default=None, description="the day of asking, from which dates such as 'last week' count")
    dates: bool = Field(default=True, strict=True, description="false: dates in the question are words like any other")
    full: bool = Field(
        default=False, strict=True, description="true: every passage read and every copy listed, however long the reply"
    )


class JudgedCitation(BaseModel):
    """A place that an answer rests on; an entry of the answer's `sources` has these fields and others."""

    model_config = ConfigDict(extra="ignore")

    document: str = Field(pattern="^[0-9a-f]{20}$", description="the document's id")
    start: int = Field(strict=True, json_schema_extra={"minimum": 0})
    end: int = Field(strict=True, json_schema_extra={"minimum": 1})
    quote: str
    sha256: str


class FeedbackRequest(BaseModel):
    """The body of `POST /v1/feedback`: fields of an answer as it was given, and the verdict on it."""

    model_config = ConfigDict(extra="forbid")

    question: str = _QUESTION
    standalone_question: str = Field(default="", description="the question as it stands alone; default: the question")
    history: list[EarlierTurn] = Field(default=[], max_length=100, description="oldest first")
    answered: bool = Field(strict=True)
    answer: str = ""
    short_answer: str | None = None
    citations: list[JudgedCitation] = Field(default=[], max_length=200, description="the answer's `sources`")
    confidence: float = Field(strict=True, json_schema_extra={"minimum": 0, "maximum": 1})
    verdict: Verdict
    reason: Reason | None = Field(default=None, description="only where the verdict is `wrong`")
    correction: str = Field(
        default="",
        json_schema_extra={"maxLength": MAX_CORRECTION},
        description="what would be right; only where the verdict is `wrong`",
    )
    receipt: str = Field(pattern=PATTERN, description="as it came with the answer; the same one changes the verdict")

    def record(self, index_generation: int) -> Feedback:
        """The record of it, made now. Raises FeedbackError for what contradicts itself or is too long."""
        return Feedback(
            id=self.receipt.partition(".")[0], time=now(), question=self.question,
            standalone_question=self.standalone_question or self.question, answered=self.answered, answer=self.answer,
            verdict=self.verdict, index_generation=index_generation, confidence=self.confidence,
            short_answer=self.short_answer, history=turns(self.history),
            citations=tuple(Citation(**place.model_dump()) for place in self.citations), reason=self.reason,
            correction=self.correction.strip(),
        )  # fmt: skip


def turns(history: Sequence[EarlierTurn]) -> tuple[Turn, ...]:
    """The conversation as the chain takes it."""
    return tuple(Turn(turn.question, turn.answer, turn.short_answer or "") for turn in history)


class DescribedDocument(BaseModel):
    """What a document is, where it came from, and when."""

    document: str = Field(description="its id")
    kind: Kind
    title: str
    outlet: str
    published: date | None
    url: str


class AnswerSource(DescribedDocument):
    """Source number `n`: the characters `[start, end)` of a document, in code points."""

    n: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int
    quote: str
    headline: bool = Field(description="whether the quote is a headline and no sentence of an article")
    sha256: str = Field(description="of the document's whole text in UTF-8, hexadecimal")


class PassageCopy(BaseModel):
    """Another document that prints the text of a passage's document."""

    document: str
    outlet: str
    published: date | None
    title: str
    url: str
    prints: bool = Field(description="whether it has this passage too, with every figure")
    figures: list[str] = Field(default=[], description="the figures that it has instead")


class AnswerPassage(DescribedDocument):
    """A passage that was found, the best first; what a reader may look at where nothing answers the question."""

    start: int = Field(ge=0)
    end: int
    text: str
    score: float
    ranks: dict[Stage, int] = Field(description="its rank, from 1, in every stage of the search that found it")
    copies: list[PassageCopy]
    copy_count: int = Field(default=0, description="how many copies there are, also of those not listed")
    why_not: str = Field(default="", description="of the first passages of a refusal: why they do not answer")


class SentenceNote(BaseModel):
    """An explanation of ours, to be shown in brackets after the sentence's first `at` characters."""

    at: int
    text: str


class CitedSentence(BaseModel):
    """A sentence quoted from the sources whose numbers it cites, and how well these support it, from 0 to 1."""

    text: str
    citations: list[int]
    support: float = Field(ge=0, le=1)
    notes: list[SentenceNote]


class OutletAgreement(BaseModel):
    """Who gives the short answer: the outlets, and how many texts that are not copies of one another."""

    outlets: list[str]
    texts: int


class OtherAnswer(BaseModel):
    """A short answer that other documents give."""

    text: str
    citations: list[int]


class UsedFilters(BaseModel):
    """The filters that were set."""

    since: date | None = None
    until: date | None = None
    outlets: list[str] = []
    kinds: list[Kind] = []
    collections: list[str] = []


class QuestionTime(BaseModel):
    """What a time expression of the question was taken for."""

    text: str
    since: date | None
    until: date | None
    order: Literal["latest", "earliest"] | None


class AnswerBody(BaseModel):
    """An answer. Where `answered` is false there are no sentences, and `passages` are the nearest."""

    question: str
    standalone_question: str = Field(description="the question as it stands alone, with what the conversation supplies")
    answered: bool
    confidence: float = Field(ge=0, le=1, description="how likely the corpus answers the question")
    short_answer: str | None
    answer: str = Field(description="the sentences, each followed by the numbers of its sources: `… [1] … [2]`")
    agreement: OutletAgreement | None
    alternatives: list[OtherAnswer]
    sentences: list[CitedSentence]
    sources: list[AnswerSource]
    passages: list[AnswerPassage]
    passages_left_out: int = Field(default=0, description="passages for which the reply has no room")
    passages_unread: int = Field(default=0, description="passages that were not read, because many questions waited")
    filters: UsedFilters
    times: list[QuestionTime]
    timings_ms: dict[str, float] = Field(description="wall-clock milliseconds of each step, and `total`")
    receipt: str = Field(default="", description="to be sent with a verdict; absent where no feedback is kept")


class HealthBody(BaseModel):
    """What the archive holds."""

    status: Literal["ok"]
    documents: int
    passages: int
    generation: int = Field(description="how often the archive has changed")


class VerdictBody(BaseModel):
    """What was kept."""

    id: str = Field(description="of the verdict; it stays when the verdict is changed")
    time: str = Field(description="in UTC, ISO 8601")
