"""How texts of an archive are shown: on one line of a terminal, and as HTML that is safe whatever they hold.

Every text from a corpus or a reader enters HTML through `isolated` or `escape`.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_BRIEF = 60
_LISTED = 10


def printable(text: str) -> str:
    """On one line, without control characters and changes of direction: a document must not drive the terminal."""
    shown = (c for c in text if unicodedata.bidirectional(c) not in _DIRECTIONS)
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in shown).split())


def clipped(text: str, most: int) -> str:
    """At most `most` characters and an ellipsis, cut between words where there is a gap near the end."""
    if len(text) <= most:
        return text
    head = text[:most]
    gap = head.rfind(" ")
    return (head[:gap] if gap > most * 0.8 else head).rstrip() + " …"


def brief_repr(name: str, **values: object) -> str:
    """A call that names an object by its values, long texts cut and empty values left out, for a `__repr__`.

    >>> brief_repr("Document", text="It rained. " * 100, title="Rain", outlet="")
    "Document(text='It rained. It rained. It rained. It rained. It rained. It …', title='Rain')"
    """
    cut = {key: clipped(value, _BRIEF) if isinstance(value, str) else value for key, value in values.items()}
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in cut.items() if value not in ('', None, ()))})"


def few(lines: Sequence[str]) -> list[str]:
    """The first lines, and how many more there are."""
    return [*lines[:_LISTED], *([f"and {len(lines) - _LISTED:,} more"] if len(lines) > _LISTED else [])]


def day(when: date) -> str:
    """A date as a reader writes it.

    >>> day(date(2025, 10, 3))
    '3 October 2025'
    """
    return f"{when.day} {when:%B} {when.year}"


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


def link(url: str, text: str = "") -> str:
    """A link with its text, or the name of its site; without a plain http or https address only the text."""
    if not (site := _site(url)):
        return isolated(text) if text else ""
    attributes = {"href": url, "target": "_blank", "rel": "noopener noreferrer nofollow"}
    return element("a", isolated(text or clipped(site, 60)), attributes=attributes)


def _site(url: str) -> str:
    if not url.isprintable() or any(character in ' \\<>"`' for character in url):
        return ""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""


class InLines:
    """What prints as a few lines and shows as a list in a notebook; in a `__repr__` it is its first line."""

    def lines(self) -> list[str]:
        """Plain text, each on one line; the first one sums up."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.lines()[0]}>"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        first, *rest = map(isolated, self.lines())
        listed = element("ul", "".join(element("li", line) for line in rest)) if rest else ""
        return element("div", element("p", first) + listed)
