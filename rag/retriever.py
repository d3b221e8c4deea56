"""The index as a LangChain retriever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from index.documents import Filters, Hit
from index.duplicates.detection import text_groups
from index.search import Index
from rag.answer import NAMED_COPIES
from rag.citations import copies_json, describe

_LOOKED_THROUGH = 4
"""How many times `k` passages are looked through for ones of further documents."""
_DEEPER = 4
_DEEPEST = 1_000
"""Where one text fills them, so many times more are, up to so many."""


class PassageRetriever(BaseRetriever):
    """Finds the `k` best passages; at most `per_document` of one document or of one text, unless others are too few.

    Each comes as a LangChain document whose metadata is plain JSON: document, title, outlet, published, url, start,
    end, score and the rank in every stage. `filters` may be given to `invoke` as a keyword.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = Field(default=10, ge=1)
    per_document: int = Field(default=3, ge=1)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filters: Filters | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        wanted = int(kwargs.get("k", self.k))
        depth = _LOOKED_THROUGH * wanted
        found = self.index.search(query, depth, filters)
        while depth < _DEEPEST and len(found) == depth and _crowded(found, wanted, self.per_document):
            depth = min(_DEEPER * depth, _DEEPEST)
            found = self.index.search(query, depth, filters)
        return [to_langchain(hit) for hit in spread(found, wanted, self.per_document)]


def _crowded(hits: Sequence[Hit], wanted: int, most: int) -> bool:
    """Whether fewer than `wanted` hits are left where at most so many of one text count."""
    seen: Counter[int] = Counter()
    counted = 0
    for text in text_groups(hit.text for hit in hits):
        seen[text] += 1
        counted += seen[text] <= most
        if counted == wanted:
            return False
    return True


def spread(hits: Sequence[Hit], wanted: int, most: int) -> list[Hit]:
    """The first `wanted` hits in their order; while there are others, at most `most` of one document or of one text.

    Neither a long report nor a text that many documents copy should crowd out what everybody else has written.
    """
    documents: Counter[str] = Counter()
    texts: Counter[int] = Counter()
    near: list[int] = []
    further: list[int] = []
    for place, (hit, text) in enumerate(zip(hits, text_groups(hit.text for hit in hits), strict=True)):
        documents[hit.document.id] += 1
        texts[text] += 1
        (further if documents[hit.document.id] > most or texts[text] > most else near).append(place)
        if len(near) == wanted:
            break
    return [hits[place] for place in sorted([*near, *further][:wanted])]


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
