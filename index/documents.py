"""The nouns of the index: documents, spans of them, and hits, and how they print. Standard library and ours only."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from index.display import brief_repr, clipped, day, element, isolated, link, printable
from index.errors import InputError, QuestionError

_COLLECTION = re.compile(r"[^\W_][\w.-]{0,63}")
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")

Kind = Literal["article", "headline"]
"""An `article` has a body; a `headline` is one line about an article we do not hold."""

Role = Literal["title", "byline", "body", "heading", "cue", "related"]
"""What a stretch of a news page is: `cue` is the words that announce related headlines ("Also see:")."""

Stage = Literal["dense", "lexical", "fused", "read"]
"""A stage of the search that ranks passages."""

HEADLINE_LABEL = "headline, not article text"

_SHOWN_CHARACTERS = 400
"""Of a passage; all of it is in its `text`."""
_FIGURES = 4
_NAMED = 12
"""More copies than these are only counted."""


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

    def is_headline(self, span: Span) -> bool:
        """Whether characters of it are a headline, its own or a related one."""
        return self.kind == "headline" or self.role_of(span) in ("title", "heading", "related")

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, hexadecimal; a citation carries it so a quote can be checked later."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def __repr__(self) -> str:
        published = self.published.isoformat() if self.published else None
        return brief_repr("Document", text=self.text, title=self.title, outlet=self.outlet, published=published)

    def __str__(self) -> str:
        """Title, outlet and date; a headline is called one, since it is not an article's text."""
        return ", ".join([printable(self.title) or self.id, *self._details()])

    def _repr_html_(self) -> str:
        """The same line for a notebook; its title leads to the original."""
        title = clipped(printable(self.title), _SHOWN_CHARACTERS) or self.id
        return ", ".join([element("b", link(self.url, title)), *map(isolated, self._details())])

    def _details(self) -> list[str]:
        published = self.published.isoformat() if self.published else ""
        kind = HEADLINE_LABEL if self.kind == "headline" else ""
        return [part for part in (printable(self.outlet), published, kind) if part]


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive whole sentences of one document; `heading` is the section they stand in."""

    document: str
    start: int
    end: int
    sentences: tuple[Span, ...] = field(repr=False)
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
    others, the earliest first. Of a large cluster they are some; `copy_count` counts all. `copy_of`
    is the id of the first passage among those found together whose text this one repeats, empty where there is none.
    """

    document: Document
    passage: Passage
    score: float
    ranks: Mapping[Stage, int] = field(default_factory=dict)
    copies: tuple[Copy, ...] = ()
    copy_count: int = 0
    copy_of: str = ""

    @property
    def text(self) -> str:
        """The passage as it stands in the document."""
        return self.passage.span.of(self.document.text)

    def __repr__(self) -> str:
        place = f"{self.passage.start}-{self.passage.end}"
        return brief_repr("Hit", text=self.text, title=self.document.title, place=place, score=round(self.score, 3))

    def __str__(self) -> str:
        """The passage, cut where it is long, with where it stands, how it was found and who else printed it."""
        text = printable(self.text)
        shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
        return "\n    ".join([f"{self.document}, {self._found()}", shown, *copies_lines(self, printable)])

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        found = f"{self.document._repr_html_()}, {isolated(self._found())}"
        text = element("blockquote", isolated(clipped(printable(self.text), _SHOWN_CHARACTERS)))
        return element("div", found + text + "<br>".join(copies_lines(self, isolated)))

    def _found(self) -> str:
        ranks = ", ".join(f"{stage} {rank}" for stage, rank in self.ranks.items())
        return f"characters {self.passage.start}-{self.passage.end} (score {self.score:.3f}; ranks: {ranks})"


class Hits(list[Hit]):
    """Hits in their order, that print as a numbered list."""

    def __repr__(self) -> str:
        return f"<{len(self)} hits{f', the first {self[0]!r}' if self else ''}>"

    def __str__(self) -> str:
        return "\n\n".join(f"{number}. {hit}" for number, hit in enumerate(self, start=1)) or "nothing found"

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        listed = "".join(element("li", hit._repr_html_()) for hit in self)
        return element("ol", listed) if listed else element("p", "nothing found")


def copies_lines(hit: Hit | None, shown: Callable[[str], str] = str) -> list[str]:
    """Outlets and dates of those that print the passage, print it with other figures, or print the text without it.

    Other figures are named. `shown` makes a name from the archive fit to be shown.
    """
    if hit is None:
        return []
    groups: dict[str, list[str]] = {"Also in": [], "With other figures in": [], "Changed or shortened in": []}
    for copy in hit.copies:
        said = "Also in" if copy.prints else "With other figures in" if copy.figures else "Changed or shortened in"
        name = shown(copy.outlet or copy.title or "untitled")
        told = [day(copy.published)] if copy.published else []
        told += [shown(", ".join(copy.figures[:_FIGURES]))] if copy.figures else []
        groups[said].append(f"{name} ({': '.join(told)})" if told else name)
    lines = []
    for said, places in groups.items():
        more = [f"and {len(places) - _NAMED} more"] if len(places) > _NAMED else []
        lines += [f"{said}: {', '.join([*places[:_NAMED], *more])}"] if places else []
    if hit.copy_count > len(hit.copies):
        lines.append(f"And {hit.copy_count - len(hit.copies):,} further copies")
    return lines


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy. Dates are inclusive; an empty tuple allows everything.

    A document without a date does not pass a date filter: we cannot say that it lies inside. Raises QuestionError where
    `since` is after `until`, and where a text stands in the place of a tuple of texts.
    """

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    collections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise QuestionError(f"since ({self.since}) is after until ({self.until}): swap them")
        for name in ("outlets", "kinds", "collections"):
            if isinstance(value := getattr(self, name), str):
                raise QuestionError(f"{name} is the text {value!r}: give a tuple of texts, ({value!r},)")

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


def check_collections(names: Iterable[str]) -> None:
    """Raises InputError for what is no name of a collection.

    A name has 1 to 64 letters, digits, "_", "-" and ".", the first a letter or digit, and none that systems reserve.
    """
    for name in names:
        if not _COLLECTION.fullmatch(name) or _RESERVED.fullmatch(name):
            raise InputError(
                f"the collection {name[:80]!r} has no allowed name: use 1 to 64 letters, digits, '_', '-' and '.', "
                "the first a letter or digit, and no name of a device"
            )


EVERYTHING = Filters()
"""What allows every document."""
