"""The smallest pieces of a page. Every text from the corpus or a reader enters HTML through `isolated` or `escape`."""

from __future__ import annotations

from urllib.parse import urlsplit

from eval.html.markup import clipped as clipped
from eval.html.markup import element as element
from eval.html.markup import escape as escape
from eval.html.markup import isolated as isolated
from index.documents import Document
from ui.cli.terminal import day

TITLE_CHARACTERS = 200
HEADLINE_LABEL = "headline, not article text"


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
    if not url.isprintable() or any(character in ' \\<>"`' for character in url):
        return ""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""
