"""LangChain's own test suites over our adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)

from index.embedders.hashing import HashingEmbedder
from index.langchain import DatelineEmbeddings, DatelineVectorStore, LangChainEmbedder
from index.search import Index
from rag.retriever import PassageRetriever, to_hits


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
