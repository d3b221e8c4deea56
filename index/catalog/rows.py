"""Rows of the catalog to documents and passages, and back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from index.documents import Block, Document, Filters, Passage, Span


def document_row(document: Document) -> tuple[Any, ...]:
    """The columns of `documents` after its number."""
    blocks = json.dumps([[block.start, block.end, block.role] for block in document.blocks])
    published = document.published.isoformat() if document.published else None
    return (
        document.id, document.kind, document.title, int(document.title_derived), document.outlet,
        document.outlet.casefold(), json.dumps(document.authors, ensure_ascii=False), published, document.url,
        document.language, document.key, document.source, document.collection, document.parent, blocks,
        json.dumps(dict(document.metadata)), document.text,
    )  # fmt: skip


def document_from(row: tuple[Any, ...]) -> Document:
    """The document of a row of `documents`."""
    (_, _, kind, title, derived, outlet, _, authors, published, url, language, key, source, collection, parent, blocks,
     metadata, text) = row  # fmt: skip
    return Document(
        text=text, title=title, kind=kind, title_derived=bool(derived), outlet=outlet,
        authors=tuple(json.loads(authors)), published=date.fromisoformat(published) if published else None, url=url,
        language=language, key=key, source=source, collection=collection, parent=parent,
        blocks=tuple(Block(start, end, role) for start, end, role in json.loads(blocks)),
        metadata=json.loads(metadata),
    )  # fmt: skip


def passage_from(document: str, row: tuple[Any, ...]) -> Passage:
    """The passage of a document from start, end, heading and sentences."""
    start, end, heading, sentences = row
    return Passage(document, start, end, tuple(Span(*span) for span in json.loads(sentences)), heading)


def where(filters: Filters) -> tuple[list[str], list[str]]:
    """SQL conditions on a document `d` for filters, and their values."""
    clauses: list[str] = []
    values: list[str] = []
    if filters.since:
        clauses.append("d.published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        clauses.append("d.published <= ?")
        values.append(filters.until.isoformat())
    outlets = [outlet.casefold() for outlet in filters.outlets]
    for column, wanted in (("outlet_folded", outlets), ("kind", filters.kinds), ("collection", filters.collections)):
        if wanted:
            clauses.append(f"d.{column} IN ({', '.join('?' * len(wanted))})")
            values.extend(wanted)
    return clauses, values
