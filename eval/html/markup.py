"""The pieces of a page that are made of `index.display`'s."""

from __future__ import annotations

from collections.abc import Iterable

from index.display import element


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
    body = ""
    for first, *rest in rows:
        heading = element("th", first, attributes={"scope": "row"})
        body += element("tr", heading + "".join(element("td", cell) for cell in rest))
    made = element("table", element("thead", element("tr", names)) + element("tbody", body), classes)
    return element("div", made, "frame")
