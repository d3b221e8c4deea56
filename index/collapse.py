"""One voice for every text: hits in copies of one another become hits of one document that lists the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from index.documents import Copy, Document, Hit
from index.duplicates import Body, prints

Copies = Mapping[str, Sequence[Document]]
"""By a document's id, the other documents of its cluster; a document without copies is absent."""


def listing(hits: Sequence[Hit], copies: Copies) -> list[Hit]:
    """The hits, each with the copies of its document, whatever a filter says of them: they were printed all the same.

    The earliest stands first, those without a date last.
    """
    bodies = _Bodies()
    return [_with_copies(hit, copies[hit.document.id], bodies) if hit.document.id in copies else hit for hit in hits]


def collapse(hits: Sequence[Hit]) -> list[Hit]:
    """Of each cluster, the hits in its best-ranked document, the earliest and then the longest among equals.

    Another member keeps only those hits that say what no document kept before it says: what an excerpt left out, or
    a figure that was corrected.
    """
    chosen: dict[str, Hit] = {}
    for hit in hits:
        cluster = _cluster(hit)
        chosen[cluster] = min(chosen.get(cluster, hit), hit, key=_precedence)
    kept = {cluster: [hit.document] for cluster, hit in chosen.items()}
    bodies = _Bodies()
    result = []
    for hit in hits:
        documents = kept[_cluster(hit)]
        if hit.document in documents:
            result.append(hit)
        elif not any(prints(hit.text, bodies.of(document)) for document in documents):
            documents.append(hit.document)
            result.append(hit)
    return result


class _Bodies:
    """Texts by document, each taken apart once."""

    def __init__(self) -> None:
        self._known: dict[str, Body] = {}

    def of(self, document: Document) -> Body:
        if document.id not in self._known:
            self._known[document.id] = Body.of_text(document.text)
        return self._known[document.id]


def _with_copies(hit: Hit, others: Sequence[Document], bodies: _Bodies) -> Hit:
    listed = [
        Copy(d.id, d.outlet, d.published, d.title, d.url, d.key, prints(hit.text, bodies.of(d)))
        for d in sorted(others, key=lambda other: (other.published or date.max, other.id))
    ]
    return replace(hit, copies=tuple(listed))


def _cluster(hit: Hit) -> str:
    return min([hit.document.id, *(copy.document for copy in hit.copies)])


def _precedence(hit: Hit) -> tuple[float, date, int, str]:
    document = hit.document
    return (-hit.score, document.published or date.max, -len(document.text), document.id)
