"""The answer's JSON, described for programs: what `Answer.to_json` gives, as OpenAPI lists it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from index.documents import Kind, Stage


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
