"""The smallest pieces of a page. Every text from a corpus or a reader enters HTML through `isolated` or `escape`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping


def escape(text: str) -> str:
    """Text as it may stand in an element or between quotation marks of an attribute."""
    return html.escape(sound(text), quote=True)


def sound(text: str) -> str:
    """Text of the same length that can be encoded: a lone surrogate is no character."""
    return text.encode("utf-8", "replace").decode("utf-8")


def isolated(text: str) -> str:
    """Text in its own direction, so that right-to-left words and control characters move nothing around them."""
    return f"<bdi>{escape(text)}</bdi>"


def element(name: str, content: str, classes: str = "", attributes: Mapping[str, str] | None = None) -> str:
    """An element around HTML that is safe already; attribute values are escaped here."""
    given = {"class": classes, **(attributes or {})}
    written = "".join(f' {key}="{escape(value)}"' for key, value in given.items() if value)
    return f"<{name}{written}>{content}</{name}>"


def clipped(text: str, most: int) -> str:
    """At most `most` characters and an ellipsis, cut between words where there is a gap near the end."""
    if len(text) <= most:
        return text
    head = text[:most]
    gap = head.rfind(" ")
    return (head[:gap] if gap > most * 0.8 else head).rstrip() + " …"


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "question"), count(1200, "question")
    ('1 question', '1,200 questions')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def folded(summary: str, content: str, classes: str = "") -> str:
    """Content that opens with a click on its summary; both are HTML."""
    return element("details", element("summary", summary) + content, classes)


def html_table(head: Iterable[str], rows: Iterable[Iterable[str]], classes: str = "") -> str:
    """A table of HTML cells inside a frame that scrolls; the first cell of each row is its heading."""
    names = "".join(element("th", name, attributes={"scope": "col"}) for name in head)
    body = "".join(element("tr", _row(cells)) for cells in rows)
    made = element("table", element("thead", element("tr", names)) + element("tbody", body), classes)
    return element("div", made, "frame")


def _row(cells: Iterable[str]) -> str:
    first, *rest = cells
    return element("th", first, attributes={"scope": "row"}) + "".join(element("td", cell) for cell in rest)
