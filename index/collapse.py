"""One voice for every text: hits in copies of one another become hits of one document that lists the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from index.documents import Copy, Document, Hit
from index.duplicates import Body, said, says

Copies = Mapping[str, Sequence[Document]]
"""By a document's id, the documents of its cluster, itself among them; a document without copies is absent."""


class Texts:
    """Passages and documents by their text, each taken apart once, and each pair of them compared once."""

    def __init__(self) -> None:
        self._passages: dict[str, Body] = {}
        self._documents: dict[str, Body] = {}
        self._pairs: dict[tuple[str, str], bool] = {}

    def prints(self, passage: str, document: Document) -> bool:
        """Whether a document says what a passage says, see `index.duplicates.says`."""
        pair = (passage, document.text)
        if pair not in self._pairs:
            self._pairs[pair] = says(self._said(passage), self._body(document.text))
        return self._pairs[pair]

    def _said(self, passage: str) -> Body:
        if passage not in self._passages:
            self._passages[passage] = said(passage)
        return self._passages[passage]

    def _body(self, text: str) -> Body:
        if text not in self._documents:
            self._documents[text] = Body.of_text(text)
        return self._documents[text]


def listing(hits: Sequence[Hit], copies: Copies, texts: Texts) -> list[Hit]:
    """The hits, each with the copies of its document, whatever a filter says of them: they were printed all the same.

    The earliest stands first, those without a date last.
    """
    return [_with_copies(hit, copies[hit.document.id], texts) if hit.document.id in copies else hit for hit in hits]


def collapse(hits: Sequence[Hit], copies: Copies, texts: Texts) -> list[Hit]:
    """Of each cluster, the hits in its best-ranked document, the earliest and then the longest among equals.

    Another member keeps only those hits that say what no document kept before it says: what an excerpt left out, or
    a figure that was corrected.
    """
    clusters = _clusters(hits, copies)
    chosen: dict[str, Hit] = {}
    for hit in hits:
        cluster = clusters[hit.document.id]
        chosen[cluster] = min(chosen.get(cluster, hit), hit, key=_precedence)
    kept = {cluster: {hit.document.id: hit.document} for cluster, hit in chosen.items()}
    result = []
    for hit in hits:
        documents = kept[clusters[hit.document.id]]
        if hit.document.id in documents:
            result.append(hit)
        elif not any(texts.prints(hit.text, document) for document in documents.values()):
            documents[hit.document.id] = hit.document
            result.append(hit)
    return result


def _clusters(hits: Sequence[Hit], copies: Copies) -> dict[str, str]:
    """For each document of the hits and each copy of them, one document that stands for its cluster."""
    named: dict[str, str] = {}
    for hit in hits:
        id = hit.document.id
        if id not in named:
            named.update(dict.fromkeys([id, *(member.id for member in copies.get(id, ()))], id))
    return named


def _with_copies(hit: Hit, cluster: Sequence[Document], texts: Texts) -> Hit:
    listed = [
        Copy(d.id, d.outlet, d.published, d.title, d.url, d.key, texts.prints(hit.text, d))
        for d in sorted(cluster, key=lambda member: (member.published or date.max, member.id))
        if d.id != hit.document.id
    ]
    return replace(hit, copies=tuple(listed))


def _precedence(hit: Hit) -> tuple[float, date, int, str]:
    document = hit.document
    return (-hit.score, document.published or date.max, -len(document.text), document.id)
