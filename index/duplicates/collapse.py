"""One voice for every text: hits in copies of one another become hits of one document that lists the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from index.documents import Cluster, Copy, Document, Hit
from index.duplicates.detection import Body, body_of_passage, figures, other_figures, repeats

Clusters = Mapping[str, Cluster]
"""By a document's id, its cluster; a document without copies is absent."""


class Texts:
    """Passages and documents by their text, each taken apart once, and each pair of them compared once."""

    def __init__(self) -> None:
        self._passages: dict[str, Body] = {}
        self._documents: dict[str, Body] = {}
        self._repeated: dict[tuple[str, str], bool] = {}

    def repeats(self, passage: str, document: Document) -> bool:
        """Whether a document says what a passage says, be it with other figures; see `repeats`."""
        pair = (passage, document.text)
        if pair not in self._repeated:
            self._repeated[pair] = repeats(self.passage_body(passage), self._body(document.text))
        return self._repeated[pair]

    def prints(self, passage: str, document: Document) -> bool:
        """Whether a document says what a passage says, with every figure."""
        return self.passage_body(passage).figures <= self._body(document.text).figures and self.repeats(
            passage, document
        )

    def adds(self, passage: str, documents: Iterable[Document], wanted: frozenset[str]) -> bool:
        """Whether a passage has one of the wanted figures, and none of the documents has it."""
        known = frozenset[str]().union(*(self._body(document.text).figures for document in documents))
        return bool(self.passage_body(passage).figures & wanted - known)

    def other_figures(self, passage: str, document: Document) -> tuple[str, ...]:
        """The figures that a document has where it says what a passage says, and the passage has not."""
        return other_figures(self.passage_body(passage), self._body(document.text))

    def passage_body(self, passage: str) -> Body:
        """See `index.duplicates.detection.body_of_passage`."""
        if passage not in self._passages:
            self._passages[passage] = body_of_passage(passage)
        return self._passages[passage]

    def _body(self, text: str) -> Body:
        if text not in self._documents:
            self._documents[text] = Body(text)
        return self._documents[text]


def with_copies(hits: Sequence[Hit], clusters: Clusters, texts: Texts) -> list[Hit]:
    """The hits, each with the copies of its document, whatever a filter says of them: they were printed all the same.

    Those with other figures stand first, the latest before the others: they may be corrections.
    """
    return [_listed(hit, clusters[hit.document.id], texts) if hit.document.id in clusters else hit for hit in hits]


def collapse(hits: Sequence[Hit], clusters: Clusters, texts: Texts, query: str = "") -> list[Hit]:
    """Of each cluster, the hits in its best-ranked document, the earliest and then the longest among equals.

    Another member keeps those hits that say what no document kept before it says, as an excerpt may have left it out.
    Where only figures differ, a hit stays if it has one that the query names and none of those kept has; and of the
    others those of the latest member, which may be a correction, or may have been corrected.
    """
    best: dict[int, Hit] = {}
    for hit in hits:
        if cluster := clusters.get(hit.document.id):
            best[cluster.number] = min(best.get(cluster.number, hit), hit, key=_precedence)
    wanted = figures(query)
    kept = {number: {hit.document.id: hit.document} for number, hit in best.items()}
    altered: dict[int, list[Hit]] = {}
    chosen: set[str] = set()
    for hit in hits:
        cluster = clusters.get(hit.document.id)
        documents = kept[cluster.number] if cluster else {}
        alike = [other for other in documents.values() if texts.repeats(hit.text, other)]
        if cluster and hit.document.id not in documents and any(texts.prints(hit.text, other) for other in alike):
            continue
        if not cluster or hit.document.id in documents or not alike or texts.adds(hit.text, alike, wanted):
            documents[hit.document.id] = hit.document
            chosen.add(hit.passage.id)
        else:
            altered.setdefault(cluster.number, []).append(hit)
    for others in altered.values():
        latest = max((hit.document for hit in others), key=lambda document: document.published or date.min)
        chosen.update(hit.passage.id for hit in others if hit.document.id == latest.id)
    return [hit for hit in hits if hit.passage.id in chosen]


def _listed(hit: Hit, cluster: Cluster, texts: Texts) -> Hit:
    copies = [_copy(hit, document, texts) for document in cluster.documents if document.id != hit.document.id]
    copies.sort(key=lambda copy: (copy.published or date.max, copy.document))
    altered = sorted(
        (copy for copy in copies if copy.figures), key=lambda copy: copy.published or date.min, reverse=True
    )
    alike = (copy for copy in copies if not copy.figures)
    return replace(hit, copies=(*altered, *alike), copy_count=cluster.size - 1)


def _copy(hit: Hit, document: Document, texts: Texts) -> Copy:
    prints = texts.prints(hit.text, document)
    instead = () if prints else texts.other_figures(hit.text, document)
    return Copy(
        document.id, document.outlet, document.published, document.title, document.url, document.key, prints, instead
    )


def _precedence(hit: Hit) -> tuple[float, date, int, str]:
    document = hit.document
    return (-hit.score, document.published or date.max, -len(document.text), document.id)
