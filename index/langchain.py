"""LangChain's `VectorStore` and `Embeddings` over Dateline's index, and its embeddings inside ours."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray

from index.documents import Document, Filters
from index.embedders.base import Embedder, Vectors
from index.search import Index
from index.tokens import count_tokens

COLLECTION = "langchain"


class DatelineVectorStore(VectorStore):
    """What an archive holds, found by Dateline's hybrid search, as LangChain's documents.

    The unit is LangChain's: a document comes whole, found by its best passage. Texts longer than the encoder's window
    are cut into passages inside, so nothing is truncated silently. A document that LangChain added comes back with its
    own id and metadata; another one has its id in the archive, and what is known of it as metadata.

    Only what was added here, or by whoever names the same `collection`, can be replaced or deleted from here.
    """

    def __init__(self, index: Index, collection: str = COLLECTION) -> None:
        """Over an open index; documents that are added here go into the collection."""
        self.index = index
        self.collection = collection

    @property
    def embeddings(self) -> Embeddings:
        """The index's encoder."""
        return DatelineEmbeddings(self.index.embedder)

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Store texts; a text under an id that is there already replaces the earlier one."""
        contents = list(texts)
        keys = [id or uuid.uuid4().hex for id in ids] if ids else [uuid.uuid4().hex for _ in contents]
        metadata = metadatas or [{} for _ in contents]
        documents = [
            Document(text=text, key=key, collection=self.collection, metadata=extra)
            for text, key, extra in zip(contents, keys, metadata, strict=True)
        ]
        stored = self.index.ids_of_keys(keys, self.collection)
        self.index.replace(list(stored.values()), documents)
        return keys

    def add_documents(self, documents: list[LangChainDocument], **kwargs: Any) -> list[str]:
        """Store documents under their own ids, or new ones."""
        ids = kwargs.pop("ids", None) or [document.id or uuid.uuid4().hex for document in documents]
        return self.add_texts(
            [document.page_content for document in documents], [document.metadata for document in documents], ids=ids
        )

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Remove documents of the collection; without ids, all of them."""
        keys = [d.key for d in self.index.documents() if d.collection == self.collection] if ids is None else ids
        self.index.remove(list(self.index.ids_of_keys(keys, self.collection).values()))
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[LangChainDocument]:
        """The documents with these ids that are there, in the order of `ids`."""
        stored = self.index.ids_of_keys(list(ids), self.collection)
        places = [stored.get(id, id) for id in ids]
        found = {document.id: document for document in self.index.documents(places)}
        return [self._langchain(found[place]) for place in places if place in found]

    def similarity_search(
        self, query: str, k: int = 4, filter: Filters | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        """The k best documents of the archive that pass the filter."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filters | None = None, **kwargs: Any
    ) -> list[tuple[LangChainDocument, float]]:
        """The k best documents that pass the filter, with their fused score in [0, 1], higher is better."""
        best: dict[str, tuple[LangChainDocument, float]] = {}
        # Several passages of one document may come first; ask for more until k documents are found or all are seen.
        wanted = k
        while True:
            hits = self.index.search(query, wanted, filter, copies_apart=True)
            for hit in hits:
                best.setdefault(hit.document.id, (self._langchain(hit.document), hit.score))
            if len(best) >= k or len(hits) < wanted:
                return list(best.values())[:k]
            wanted *= 2

    def _select_relevance_score_fn(self) -> Any:
        return lambda score: score

    def _langchain(self, document: Document) -> LangChainDocument:
        if document.collection == self.collection and document.key:
            return LangChainDocument(id=document.key, page_content=document.text, metadata=dict(document.metadata))
        known = {
            "title": document.title, "outlet": document.outlet, "kind": document.kind, "url": document.url,
            "published": document.published.isoformat() if document.published else None,
            "collection": document.collection, "source": document.source,
        }  # fmt: skip
        return LangChainDocument(id=document.id, page_content=document.text, metadata={**document.metadata, **known})

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: Path | None = None,
        **kwargs: Any,
    ) -> Self:
        """A new index of texts in the folder `path`, or in a new temporary folder."""
        folder = path or Path(tempfile.mkdtemp(prefix="dateline-"))
        store = cls(Index.create(folder, LangChainEmbedder(embedding)))
        store.add_texts(texts, metadatas, ids=ids)
        return store


class DatelineEmbeddings(Embeddings):
    """Our encoder as LangChain's `Embeddings`."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text; raises ValueError for a text beyond the encoder's window."""
        return [[float(value) for value in row] for row in self._embedder.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """One unit vector."""
        return [float(value) for value in self._embedder.embed_query(text)]


class LangChainEmbedder:
    """LangChain's `Embeddings` as our encoder."""

    def __init__(self, embeddings: Embeddings, *, name: str = "", max_tokens: int = 256) -> None:
        """`max_tokens` is the model's window; LangChain's interface does not say it."""
        self._embeddings = embeddings
        self.name = name or f"langchain/{type(embeddings).__name__}"
        self.max_tokens = max_tokens
        self.dimension = len(embeddings.embed_query("dimension"))

    def count_tokens(self, text: str) -> int:
        """Tokens of our own encoding, the best guess at a model that cannot be asked."""
        return count_tokens(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row for each text."""
        rows = np.asarray(self._embeddings.embed_documents(list(texts)), dtype=np.float32)
        return _unit(rows.reshape(len(texts), self.dimension))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """One unit vector."""
        return np.asarray(_unit(np.asarray([self._embeddings.embed_query(text)], dtype=np.float32))[0])


def _unit(rows: Vectors) -> Vectors:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    norms[norms == 0.0] = 1.0
    return np.asarray(rows / norms, dtype=np.float32)
