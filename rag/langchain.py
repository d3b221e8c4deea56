"""What LangChain users take from here: retrievers both ways, the chain as a `Runnable`, and a tool for agents.

LangChain's types stay in this file and in `index/langchain.py`; nothing of ours needs them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain as chained
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.documents import EVERYTHING, Filters, Hit
from index.errors import QuestionError
from index.search import Index
from rag.answer import NAMED_COPIES, Answer
from rag.chain import AnswerChain
from rag.citations import copies_json, describe, unmarked
from rag.question.question import Question, Turn
from rag.retrieval import IndexRetriever

if TYPE_CHECKING:
    from langchain.tools import BaseTool


class PassageRetriever(BaseRetriever):
    """Finds the `k` best passages; at most `per_document` of one document or of one text, unless others are too few.

    Each comes as a LangChain document whose metadata is plain JSON: document, title, outlet, published, url, start,
    end, score and the rank in every stage. `k` and `filters` may be given to `invoke` as keywords.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = Field(default=10, ge=1)
    per_document: int = Field(default=3, ge=1)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filters: Filters | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        ours = IndexRetriever(self.index, int(kwargs.get("k", self.k)), self.per_document)
        return [to_langchain(hit) for hit in ours.retrieve(query, filters or EVERYTHING)]


@dataclass(frozen=True)
class LangChainRetriever:
    """Any LangChain retriever as ours; its documents must be passages of `index`, as `to_langchain` makes them.

    The retriever is invoked with the keyword `filters`, an `index.documents.Filters`.
    """

    retriever: BaseRetriever
    index: Index

    def retrieve(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        """See `Retriever`."""
        return to_hits(self.retriever.invoke(question, filters=filters), self.index)


def to_langchain(hit: Hit) -> LangChainDocument:
    """A hit as a LangChain document."""
    metadata = {
        **describe(hit.document),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": hit.score,
        "ranks": dict(hit.ranks),
        "copies": copies_json(hit.copies[:NAMED_COPIES]),
        "copy_count": hit.copy_count,
    }
    return LangChainDocument(id=hit.passage.id, page_content=hit.text, metadata=metadata)


def to_hits(documents: Sequence[LangChainDocument], index: Index) -> tuple[Hit, ...]:
    """The stored passages behind the documents of a retriever, in their order; those that are gone are left out."""
    places = [(d.metadata["document"], d.metadata["start"], d.metadata["end"]) for d in documents]
    stored = index.hits(places)
    return tuple(
        replace(
            stored[document.id],
            score=float(document.metadata.get("score", 0.0)),
            ranks=document.metadata.get("ranks", {}),
        )
        for document in documents
        if document.id in stored
    )


class QuestionInput(BaseModel):
    """A question as a mapping; what its fields mean stands at `Question`."""

    model_config = ConfigDict(extra="forbid")

    question: str
    history: tuple[Turn, ...] = ()
    filters: Filters | None = None
    asked_on: date | None = None
    dates: bool = True
    most_read: int | None = Field(default=None, ge=1)


class AnswerRunnable(Runnable[str | Question | Mapping[str, Any], Answer]):
    """The chain as a `Runnable`: takes a question as a text, a `Question`, or a mapping as `QuestionInput` has it.

    Streams the answer as it grows, a sentence more each time; the last one is complete. Raises QuestionError for a
    question that cannot be asked.
    """

    name = "dateline"

    def __init__(self, chain: AnswerChain) -> None:
        """Over our chain."""
        self.chain = chain

    @property
    def InputType(self) -> Any:  # noqa: N802  LangChain's name
        """What the schema of the input is made from."""
        return str | QuestionInput

    @property
    def OutputType(self) -> type[Answer]:  # noqa: N802
        """What the schema of the output is made from."""
        return Answer

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The whole answer."""
        return self._call_with_config(lambda asked: deque(self._answers(asked), maxlen=1).pop(), input, config)

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Answer]:
        """The answer as it grows."""
        yield from self._transform_stream_with_config(
            iter([input]), lambda inputs: chained.from_iterable(map(self._answers, inputs)), config
        )

    async def astream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Answer]:
        """The answer as it grows; the work is done in a thread."""
        growing = self.stream(input, config)
        while answer := await run_in_executor(config, next, growing, None):
            yield answer

    def _answers(self, asked: Any) -> Iterator[Answer]:
        if isinstance(asked, Question):
            given: dict[str, Any] = vars(asked).copy()
            return self.chain.stream(given.pop("text"), **given)
        try:
            given = dict(QuestionInput.model_validate({"question": asked} if isinstance(asked, str) else asked))
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors())
            raise QuestionError(f"what was passed is no question: {wrong}; pass a text, or a mapping with the fields "
                                f"{', '.join(QuestionInput.model_fields)}") from error  # fmt: skip
        return self.chain.stream(given.pop("question"), **given)


def as_runnable(chain: AnswerChain) -> AnswerRunnable:
    """The chain for LangChain users."""
    return AnswerRunnable(chain)


def as_tool(
    chain: AnswerChain,
    name: str = "ask_news_archive",
    description: str = "Answers a question from a news archive in sentences quoted from numbered sources, or says that "
    "it does not hold the answer. Ask one complete question.",
) -> BaseTool:
    """The chain as a tool for agents.

    A message's content is the answer with its sources, a line each; its artifact is the answer's JSON.
    """
    from langchain.tools import ToolException, tool

    @tool(name, description=description, response_format="content_and_artifact")
    def ask(question: str) -> tuple[str, dict[str, Any]]:
        try:
            answer = chain.answer(question)
        except QuestionError as error:
            raise ToolException(str(error)) from error
        if not answer.answered:
            return "The archive does not hold the answer.", answer.to_json()
        sources = (
            f"[{source.n}] {', '.join(filter(None, (source.document.outlet, str(source.document.published or ''))))}: "
            f"{unmarked(source.document.title)}"
            for source in answer.sources
        )
        return "\n".join([answer.text, *sources]), answer.to_json()

    # The model is told what is wrong with its question, and may ask another.
    ask.handle_tool_error = True
    return ask
