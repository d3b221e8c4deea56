"""The smallest pieces of a page. Every text from the corpus or a reader enters HTML through `isolated` or `plain`."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from index.documents import Document

TITLE_CHARACTERS = 200
HEADLINE_LABEL = "headline, not article text"


def plain(text: str) -> str:
    """Text as it may stand in an element or between quotation marks of an attribute."""
    # A lone surrogate is no character: no encoder can send it.
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"), quote=True)


def isolated(text: str) -> str:
    """Text in its own direction, so that right-to-left words and control characters move nothing around them."""
    return f"<bdi>{plain(text)}</bdi>"


def element(name: str, content: str, classes: str = "", attributes: Mapping[str, str] | None = None) -> str:
    """An element around HTML that is safe already; attribute values are escaped here."""
    given = {"class": classes, **(attributes or {})}
    written = "".join(f' {key}="{plain(value)}"' for key, value in given.items() if value)
    return f"<{name}{written}>{content}</{name}>"


def clipped(text: str, most: int) -> str:
    """At most `most` characters and an ellipsis, cut between words where there is a gap near the end."""
    if len(text) <= most:
        return text
    head = text[:most]
    gap = head.rfind(" ")
    return (head[:gap] if gap > most * 0.8 else head).rstrip() + " …"


def day(when: date) -> str:
    """A date as a reader writes it.

    >>> day(date(2025, 10, 3))
    '3 October 2025'
    """
    return f"{when.day} {when:%B} {when.year}"


def label(document: Document) -> str:
    """Title, outlet and date on one line, as plain text and not escaped."""
    parts = [clipped(document.title, TITLE_CHARACTERS) or "Untitled", clipped(document.outlet, TITLE_CHARACTERS)]
    parts += [day(document.published)] if document.published else []
    return ", ".join(part for part in parts if part)


def link(url: str) -> str:
    """A link to the original with the name of its site, or nothing unless the address is plain http or https."""
    site = _site(url)
    if not site:
        return ""
    attributes = {"href": url, "target": "_blank", "rel": "noopener noreferrer nofollow"}
    return element("a", isolated(clipped(site, 60)), attributes=attributes)


def _site(url: str) -> str:
    if any(character <= " " or character in '\\<>"`' for character in url):
        return ""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""
