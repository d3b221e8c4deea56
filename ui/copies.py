"""Where else a passage was printed, for the page and for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.documents import Copy, Hit
from rag.citations import Source
from ui.web.page.markup import TITLE_CHARACTERS, clipped, day, element, isolated

_FIGURES = 4
_NAMED = 12
"""More copies than these are only counted."""


def hit_of(source: Source, hits: Sequence[Hit]) -> Hit | None:
    """The passage that holds a source's quote, else another one of its document; None where there is none."""
    own = [hit for hit in hits if hit.document.id == source.document.id]
    around = [hit for hit in own if hit.passage.start <= source.start and source.end <= hit.passage.end]
    return next(iter((*around, *own)), None)


def copies_lines(hit: Hit | None, shown: Callable[[str], str] = str) -> list[str]:
    """Outlets and dates of those that print the passage, print it with other figures, or print the text without it.

    Other figures are named. `shown` makes a name from the archive fit to be shown.
    """
    if hit is None:
        return []
    groups: dict[str, list[str]] = {"Also in": [], "With other figures in": [], "Changed or shortened in": []}
    for copy in hit.copies:
        said = "Also in" if copy.prints else "With other figures in" if copy.figures else "Changed or shortened in"
        groups[said].append(_place(copy, shown))
    lines = []
    for said, places in groups.items():
        more = [f"and {len(places) - _NAMED} more"] if len(places) > _NAMED else []
        lines += [f"{said}: {', '.join([*places[:_NAMED], *more])}"] if places else []
    if hit.copy_count > len(hit.copies):
        lines.append(f"And {hit.copy_count - len(hit.copies):,} further copies")
    return lines


def copies_html(hit: Hit | None) -> str:
    """The lines as paragraphs; nothing where there are no copies."""
    return "".join(element("p", line, "meta") for line in copies_lines(hit, _safe))


def _safe(name: str) -> str:
    return isolated(clipped(name, TITLE_CHARACTERS))


def _place(copy: Copy, shown: Callable[[str], str]) -> str:
    name = shown(copy.outlet or copy.title or "untitled")
    told = [day(copy.published)] if copy.published else []
    told += [shown(", ".join(copy.figures[:_FIGURES]))] if copy.figures else []
    return f"{name} ({': '.join(told)})" if told else name
