"""Where else a passage was printed, for the page and for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.documents import Copy, Hit
from rag.citations import Source
from ui.markup import TITLE_CHARACTERS, clipped, day, element, isolated

_NAMED = 12
"""More copies than these are only counted."""


def copies_of(source: Source, hits: Sequence[Hit]) -> tuple[Copy, ...]:
    """The copies of a source's document, as the passage that holds the quote knows them."""
    own = [hit for hit in hits if hit.document.id == source.document.id]
    around = [hit for hit in own if hit.passage.start <= source.start and source.end <= hit.passage.end]
    return next((hit.copies for hit in (*around, *own)), ())


def copies_lines(copies: Sequence[Copy], shown: Callable[[str], str] = str) -> list[str]:
    """Outlets and dates of those that print the passage, and of those that print the text without or changed.

    `shown` makes a name from the archive fit to be shown.

    >>> copies_lines([Copy("1", "Island Wire", None, "", ""), Copy("2", "Post", None, "", "", prints=False)])
    ['Also in: Island Wire', 'Changed or shortened in: Post']
    """
    lines = []
    for said, printing in (("Also in: ", True), ("Changed or shortened in: ", False)):
        places = [_place(copy, shown) for copy in copies if copy.prints == printing]
        more = [f"and {len(places) - _NAMED} more"] if len(places) > _NAMED else []
        lines += [said + ", ".join([*places[:_NAMED], *more])] if places else []
    return lines


def copies_html(copies: Sequence[Copy]) -> str:
    """The lines as paragraphs; nothing where there are no copies."""
    return "".join(element("p", line, "meta") for line in copies_lines(copies, _safe))


def _safe(name: str) -> str:
    return isolated(clipped(name, TITLE_CHARACTERS))


def _place(copy: Copy, shown: Callable[[str], str]) -> str:
    name = shown(copy.outlet or copy.title or "untitled")
    return f"{name} ({day(copy.published)})" if copy.published else name
