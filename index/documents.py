"""The nouns of the index: documents, spans of them, and hits. Standard library and our errors only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from index.errors import QuestionError

Kind = Literal["article", "headline"]
"""An `article` has a body; a `headline` is one line about an article we do not hold."""

Role = Literal["title", "byline", "body", "heading", "cue", "related"]
"""What a stretch of a news page is: `cue` is the words that announce related headlines ("Also see:")."""

Stage = Literal["dense", "lexical", "fused", "read"]
"""A stage of the search that ranks passages."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `[start, end)` of a document's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters themselves."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document's text with its role on the page, for example a section heading."""

    start: int
    end: int
    role: Role

    @property
    def span(self) -> Span:
        """The block's place in the text."""
        return Span(self.start, self.end)


@dataclass(frozen=True)
class Document:
    """A text and what is known about it. `text` is final: every offset anywhere refers to it.

    `blocks` are in reading order and do not overlap; a document without blocks is all body.
    `key` is the identifier its source gave it (a benchmark's `_id`), `source` the path or address it was read from.
    `metadata` holds what else the source said, as plain JSON values; it is stored and given back, never interpreted.
    A headline's `parent` is the id of the article that it stood beside.
    """

    text: str
    title: str = ""
    kind: Kind = "article"
    title_derived: bool = False
    outlet: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    url: str = ""
    language: str = ""
    key: str = ""
    source: str = ""
    collection: str = "default"
    parent: str = ""
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @cached_property
    def id(self) -> str:
        """20 hexadecimal digits that follow from the content alone, so a renamed file keeps its id."""
        identity = [
            self.kind, self.title, self.text, self.outlet, list(self.authors),
            self.published.isoformat() if self.published else "",
            self.url, self.key, self.parent, self.collection, dict(self.metadata),
        ]  # fmt: skip
        encoded = json.dumps(identity, ensure_ascii=True, sort_keys=True).encode("ascii")
        return hashlib.sha256(encoded).hexdigest()[:20]

    def role_of(self, span: Span) -> Role:
        """What the page has at this place; where nothing says, it is body, or title where it is the title's words."""
        for block in self.blocks:
            if block.start <= span.start < block.end:
                return block.role
        words = span.of(self.text).strip()
        return "title" if words and words == self.title and not self.title_derived else "body"

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, hexadecimal; a citation carries it so a quote can be checked later."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive whole sentences of one document; `heading` is the section they stand in."""

    document: str
    start: int
    end: int
    sentences: tuple[Span, ...]
    heading: str = ""

    @property
    def span(self) -> Span:
        """The passage's place in its document's text."""
        return Span(self.start, self.end)

    @property
    def id(self) -> str:
        """Document id and offsets: stable as long as the text and the chunker are."""
        return f"{self.document}:{self.start}-{self.end}"


@dataclass(frozen=True)
class Cluster:
    """The documents that print one text: how many they are, and the first and the last of them by date."""

    number: int
    size: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """Another document with the text of a hit's document, whole, shortened, edited or with other figures.

    `prints` says whether it has the hit's passage too, with every figure; `figures` are those that it has there
    instead, as it writes them. `key` is the identifier its source gave it.
    """

    document: str
    outlet: str
    published: date | None
    title: str
    url: str
    key: str = ""
    prints: bool = True
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A passage that a search found. `score`: similarity, higher is better; ranks count from 1.

    `copies` are other documents that print its document's text: those with other figures, the latest first, then the
    others, the earliest first. Of a large cluster they are some; `copy_count` counts all.
    """

    document: Document
    passage: Passage
    score: float
    ranks: Mapping[Stage, int] = field(default_factory=dict)
    copies: tuple[Copy, ...] = ()
    copy_count: int = 0

    @property
    def text(self) -> str:
        """The passage as it stands in the document."""
        return self.passage.span.of(self.document.text)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy. Dates are inclusive; an empty tuple allows everything.

    A document without a date does not pass a date filter: we cannot say that it lies inside. Raises QuestionError where
    `since` is after `until`.
    """

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    collections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise QuestionError(f"since ({self.since}) is after until ({self.until}): swap them")

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.outlets or self.kinds or self.collections)

    def allow(self, document: Document) -> bool:
        """Whether the document passes: the definition that every engine's own filtering must agree with."""
        if self.since and (document.published is None or document.published < self.since):
            return False
        if self.until and (document.published is None or document.published > self.until):
            return False
        folded = tuple(outlet.casefold() for outlet in self.outlets)
        return (
            (not folded or document.outlet.casefold() in folded)
            and (not self.kinds or document.kind in self.kinds)
            and (not self.collections or document.collection in self.collections)
        )
