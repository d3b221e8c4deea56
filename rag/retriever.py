"""The index as a LangChain retriever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from index.documents import Filters, Hit
from index.search import Index
from rag.citations import describe


class PassageRetriever(BaseRetriever):
    """Finds the `k` best passages.

    Each comes as a LangChain document whose metadata is plain JSON: document, title, outlet, published, url, start,
    end, score and the rank in every stage. `filters` may be given to `invoke` as a keyword.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = Field(default=10, ge=1)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filters: Filters | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        wanted = int(kwargs.get("k", self.k))
        return [to_langchain(hit) for hit in self.index.search(query, wanted, filters)]


def to_langchain(hit: Hit) -> LangChainDocument:
    """A hit as a LangChain document."""
    metadata = {
        **describe(hit.document),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": hit.score,
        "ranks": dict(hit.ranks),
    }
    return LangChainDocument(id=hit.passage.id, page_content=hit.text, metadata=metadata)


def to_hits(documents: Sequence[LangChainDocument], index: Index) -> tuple[Hit, ...]:
    """The stored passages behind the documents of a retriever, in their order; those that are gone are left out."""
    places = [(d.metadata["document"], d.metadata["start"], d.metadata["end"]) for d in documents]
    stored = index.hits(places)
    return tuple(
        Hit(
            stored[document.id].document,
            stored[document.id].passage,
            float(document.metadata.get("score", 0.0)),
            document.metadata.get("ranks", {}),
        )
        for document in documents
        if document.id in stored
    )
