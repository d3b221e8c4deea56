"""The citation format: sources are numbered from 1 in the order in which they are first cited; a mark is `[n]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.documents import HEADLINE_LABEL, Copy, Document, Hit, Span

_NAME = 300
_ADDRESS = 2_000
"""Characters of a title or an outlet, and of an address; what is longer is a fault of the corpus."""
_FIGURES = 8

_GAP = r"[\s\u200b-\u200f\u2060-\u2064\ufeff]*"
"""White space, and characters that show nothing."""
_FOREIGN_MARK = re.compile(rf"[\[［【〔⟦]({_GAP}\d+{_GAP}(?:[,;–-]{_GAP}\d+{_GAP})*)[\]］】〕⟧]")


@dataclass(frozen=True)
class Source:
    """Source number `n` of an answer: the characters `[start, end)` of a document."""

    n: int
    document: Document
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The cited characters, cut from the stored text at every call, so they cannot drift."""
        return Span(self.start, self.end).of(self.document.text)

    @property
    def headline(self) -> bool:
        """Whether the quote is a headline, an article's own or a related one, and no sentence of an article."""
        return self.document.is_headline(Span(self.start, self.end))

    @property
    def described(self) -> str:
        """Which characters are cited, after the word that they are no article's text where they are a headline."""
        kind = f"{HEADLINE_LABEL}, " if self.headline and self.document.kind != "headline" else ""
        return f"{kind}characters {self.start}-{self.end}"

    def to_json(self) -> dict[str, Any]:
        """The source as the JSON of every interface carries it."""
        return {"n": self.n, **describe(self.document), "start": self.start, "end": self.end, "quote": self.quote,
                "headline": self.headline, "sha256": self.document.sha256}  # fmt: skip


def hit_of(source: Source, hits: Sequence[Hit]) -> Hit | None:
    """The passage that holds a source's quote, else another one of its document; None where there is none."""
    own = [hit for hit in hits if hit.document.id == source.document.id]
    around = [hit for hit in own if hit.passage.start <= source.start and source.end <= hit.passage.end]
    return next(iter((*around, *own)), None)


class Numbering:
    """Gives each cited place its number, the same place always the same one."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, int, int], Source] = {}

    def cite(self, document: Document, span: Span) -> int:
        """The number of these characters of this document."""
        place = (document.id, span.start, span.end)
        if place not in self._sources:
            self._sources[place] = Source(len(self._sources) + 1, document, span.start, span.end)
        return self._sources[place].n

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that has been cited so far, by number."""
        return tuple(self._sources.values())


def marked(text: str, numbers: Sequence[int]) -> str:
    """A sentence followed by its marks.

    >>> marked("It rained.", [1, 3])
    'It rained. [1] [3]'
    """
    return " ".join([text, *(f"[{number}]" for number in numbers)])


def unmarked(text: str) -> str:
    """A source's words, of the same length, with parentheses around numbers that would look like marks of ours.

    Whatever shows a source's words beside our marks shows them so: the text of an answer, a page, a terminal.

    >>> unmarked("It rained [7], as always [2, 5].")
    'It rained (7), as always (2, 5).'
    >>> unmarked("It rained ［1］【2】[\u200b3].") == "It rained (1)(2)(\u200b3)."
    True
    """
    return _FOREIGN_MARK.sub(r"(\1)", text)


def copies_json(copies: Sequence[Copy]) -> list[dict[str, Any]]:
    """Where else a text was printed; `prints` says whether the passage stands there too, with every figure.

    `figures` are those that stand there instead.
    """
    return [
        {"document": copy.document, "title": _clipped(copy.title), "outlet": _clipped(copy.outlet),
         "published": copy.published.isoformat() if copy.published else None, "url": _whole(copy.url),
         "prints": copy.prints, "figures": [_clipped(value) for value in copy.figures[:_FIGURES]]}
        for copy in copies
    ]  # fmt: skip


def describe(document: Document) -> dict[str, Any]:
    """The identity of a document for a reader: what it is, where it came from, when."""
    return {
        "document": document.id,
        "kind": document.kind,
        "title": _clipped(document.title),
        "outlet": _clipped(document.outlet),
        "published": document.published.isoformat() if document.published else None,
        "url": _whole(document.url),
    }


def _clipped(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _whole(url: str) -> str:
    """An address as it is, or none: cut, it would be another."""
    return url if len(url) <= _ADDRESS else ""
