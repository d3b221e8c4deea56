"""LangChain's own test suites over our adapters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)

from index.documents import Filters
from index.embedders.hashing import HashingEmbedder
from index.errors import QuestionError
from index.langchain import DatelineEmbeddings, DatelineVectorStore, LangChainEmbedder
from index.search import Index
from rag.answer import Answer
from rag.answerers.extractive import ExtractiveAnswerer
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.config import Settings
from rag.langchain import LangChainRetriever, PassageRetriever, as_runnable, as_tool, to_hits
from rag.question.question import Question, Turn
from rag.readers import open_reader


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:
        with Index.create(tmp_path / "i", LangChainEmbedder(self.get_embeddings())) as index:
            yield DatelineVectorStore(index)


class HashingEmbeddings(DatelineEmbeddings):
    def __init__(self) -> None:
        super().__init__(HashingEmbedder())


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return HashingEmbeddings


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _archive(self, index: Index) -> None:
        self.index = index

    @property
    def retriever_constructor(self) -> type[PassageRetriever]:
        return PassageRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        return {"index": self.index}

    @property
    def retriever_query_example(self) -> str:
        return "council pier ice ferry"


def test_long_texts_come_back_whole_and_once(tmp_path: Path) -> None:
    long = "\n".join(f"Paragraph {n} tells about lanterns and the harbour in its own words." for n in range(80))
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        store = DatelineVectorStore(index)
        store.add_documents([LangChainDocument(page_content=long, id="long"), LangChainDocument("short", id="short")])
        found = store.similarity_search("lanterns harbour", k=2)
        assert [document.id for document in found] == ["long", "short"]
        assert found[0].page_content == long


def test_from_texts_makes_an_index(tmp_path: Path) -> None:
    store = DatelineVectorStore.from_texts(["one lamp", "two doors"], HashingEmbeddings(), path=tmp_path / "i")
    assert store.similarity_search("doors", k=1)[0].page_content == "two doors"
    assert store.as_retriever(search_kwargs={"k": 1}).invoke("lamp")[0].page_content == "one lamp"
    store.index.close()


def test_retrieved_documents_lead_back_to_the_stored_passages(index: Index) -> None:
    documents = PassageRetriever(index=index, k=3).invoke("pier council")
    hits = to_hits(documents, index)
    assert [hit.text for hit in hits] == [document.page_content for document in documents]
    assert list(hits) == index.search("pier council", 3)


def test_a_filled_archive_is_searched_and_what_others_added_is_left_alone(index: Index) -> None:
    store = DatelineVectorStore(index)
    found = store.similarity_search("Who closed the pier?", k=2)
    assert found
    first = index.search("Who closed the pier?", 1)[0].document
    assert (found[0].id, found[0].page_content, found[0].metadata["outlet"]) == (first.id, first.text, first.outlet)
    assert store.get_by_ids([first.id]) == [found[0]]
    before = index.info().documents
    store.add_texts(["A lamp was lit."], ids=["lamp"])
    store.delete()
    store.delete([first.id])
    assert index.info().documents == before
    assert {document.metadata["kind"] for document in store.similarity_search("vote", filter=HEADLINES)} == {"headline"}


# The chain as a Runnable

QUESTION = "How much ice does the plant make?"
HEADLINES = Filters(kinds=("headline",))


@pytest.fixture
def chain(index: Index) -> AnswerChain:
    return build_chain(index, Settings())


def timeless(answer: Answer) -> Answer:
    return replace(answer, timings_ms={})


async def test_every_way_to_run_it_gives_the_same_answer(chain: AnswerChain) -> None:
    runnable, expected = as_runnable(chain), timeless(chain.answer(QUESTION))
    assert expected.answered
    assert timeless(runnable.invoke(QUESTION)) == expected
    assert timeless(await runnable.ainvoke({"question": QUESTION})) == expected
    assert [timeless(answer) for answer in runnable.batch([QUESTION, Question.of(QUESTION)])] == [expected] * 2
    assert [timeless(answer) for answer in await runnable.abatch([QUESTION])] == [expected]
    assert [timeless(answer) for answer in runnable.stream(QUESTION)][-1] == expected
    assert [timeless(answer) async for answer in runnable.astream(QUESTION)][-1] == expected


async def test_a_stream_grows_by_sentences(chain: AnswerChain) -> None:
    question = "Which things cost money?"
    grown = [len(answer.sentences) for answer in as_runnable(chain).stream(question)]
    assert grown == [len(answer.sentences) for answer in chain.stream(question)]
    assert [len(answer.sentences) async for answer in as_runnable(chain).astream(question)] == grown
    assert len(grown) > 1


def test_it_joins_other_runnables(chain: AnswerChain) -> None:
    texts = (as_runnable(chain) | RunnableLambda(lambda answer: answer.answered)).batch(
        [QUESTION, {"question": "Who wrote Hamlet?"}, Question.of("Why do fares rise?")]
    )
    assert texts == [True, False, True]


def test_callbacks_see_a_run_and_its_output(chain: AnswerChain) -> None:
    seen: list[Any] = []

    class Seeing(BaseCallbackHandler):
        def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            seen.append(outputs)

    answer = as_runnable(chain).invoke(QUESTION, {"callbacks": [Seeing()]})
    assert seen == [answer]
    *_, last = as_runnable(chain).stream(QUESTION, {"callbacks": [Seeing()]})
    assert seen == [answer, last]


def test_a_mapping_has_the_fields_of_a_question(chain: AnswerChain) -> None:
    talk = {"question": "How much does it make?", "history": [{"question": "Where is the ice plant?"}], "dates": False}
    expected = chain.answer(talk["question"], [Turn("Where is the ice plant?")], dates=False)
    assert timeless(as_runnable(chain).invoke(talk)) == timeless(expected)
    answer = as_runnable(chain).invoke(
        {"question": "What will the council vote on?", "filters": {"kinds": ["headline"]}}
    )
    assert {hit.document.kind for hit in answer.passages} == {"headline"}
    assert (
        as_runnable(chain).invoke(Question.of("What will the council vote on?", filters=HEADLINES)).filters == HEADLINES
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"query": "Who?"}, "question: Field required; query: Extra"),
        ({"question": "Who?", "most_read": 0}, "most_read"),
        (7, "pass a text"),
        ("?!", "no words"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused_by_name(chain: AnswerChain, wrong: Any, reason: str) -> None:
    with pytest.raises(QuestionError, match=reason):
        as_runnable(chain).invoke(wrong)


def test_the_schemas_describe_what_goes_in_and_comes_out(chain: AnswerChain) -> None:
    runnable = as_runnable(chain)
    runnable.get_input_schema().model_validate(QUESTION)
    runnable.get_input_schema().model_validate({"question": QUESTION, "history": [{"question": "Where?"}]})
    assert {"question", "history", "filters"} <= json.loads(json.dumps(runnable.get_input_jsonschema()))["$defs"][
        "QuestionInput"
    ]["properties"].keys()
    output = runnable.get_output_jsonschema()["$defs"]["Answer"]["properties"]
    assert {"answered", "sentences", "sources"} <= output.keys()


def test_the_retriever_of_langchain_reads_for_our_chain(index: Index, chain: AnswerChain) -> None:
    reader = open_reader(index)
    theirs = LangChainRetriever(PassageRetriever(index=index, k=Settings().k), index)
    other = AnswerChain(theirs, index, reader, ExtractiveAnswerer(), threshold=reader.threshold)
    for question in (QUESTION, "Who wrote Hamlet?"):
        assert other.answer(question).text == chain.answer(question).text
    assert other.answer(QUESTION, filters=HEADLINES).passages


# The tool for agents


class Scripted(FakeMessagesListChatModel):
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


def called(question: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "ask_news_archive", "args": {"question": question}, "id": "1"}])


def told(state: dict[str, Any]) -> ToolMessage:
    """The one message of the tool."""
    (message,) = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    return message


@pytest.mark.parametrize(
    ("question", "content", "answered"),
    [(QUESTION, "[1]", True), ("Who wrote Hamlet?", "The archive does not hold the answer.", False)],
)
def test_an_agent_gets_content_and_artifact(chain: AnswerChain, question: str, content: str, answered: bool) -> None:
    agent = create_agent(Scripted(responses=[called(question), AIMessage("Done.")]), [as_tool(chain)])
    (reply,) = [
        m for m in agent.invoke({"messages": [HumanMessage(question)]})["messages"] if isinstance(m, ToolMessage)
    ]
    assert content in reply.text
    assert reply.artifact["answered"] is answered
    for source in reply.artifact["sources"]:
        assert source["title"] in reply.text


def test_an_agent_is_told_what_is_wrong_with_its_question(chain: AnswerChain) -> None:
    agent = create_agent(Scripted(responses=[called("?"), AIMessage("Done.")]), [as_tool(chain)])
    reply = told(agent.invoke({"messages": [HumanMessage("?")]}))
    assert "no words" in reply.text
