"""What an HTML page shows, line by line, got in one pass of libxml2's event parser: any depth, any size, no tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

from index.loaders.base import Content, parsing
from index.loaders.html.hiding import UNSEEN, Sight

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol option p pre section summary table "
    "tbody td tfoot th thead tr ul".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CONTENT = frozenset({"article", "main"})
_FURNITURE = frozenset({"nav", "footer"})
_COUNTED = _HEADINGS | _CONTENT | _FURNITURE | {"a"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. `links`: linked words and where they lead; `linked`: there are no others on it.

    `inside`: it stands in the page's article or main part, and not in its navigation.
    """

    text: str
    heading: bool = False
    links: tuple[tuple[str, str], ...] = ()
    linked: bool = False
    inside: bool = False


@dataclass
class VisiblePage:
    """What a page shows and how it is built: numbers that say whether a tree of it can be worked on."""

    lines: list[Line] = field(default_factory=list)
    title: str = ""
    language: str = ""
    elements: int = 0
    depth: int = 0
    attributes: int = 0
    """The most that one element has."""
    characters: int = 0
    has_content: bool = False
    """Whether there is an <article> or <main>."""


def read_visible(content: Content, markup: str) -> VisiblePage:
    """Read a page, or a piece of one. Raises TooLarge for one of too many elements, MalformedInput for no markup."""
    parser = etree.HTMLParser(target=_VisiblePageParser(content), huge_tree=True, no_network=True)
    with parsing(content, "HTML", etree.LxmlError):
        found: VisiblePage = etree.HTML(markup, parser)
    return found


class _VisiblePageParser:
    """Takes the parser's events. Start and end events come in pairs, whatever the page forgot to close."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._page = VisiblePage()
        self._around: Counter[str] = Counter()
        self._open: list[bool] = []
        """For each open element whether its kind hides what is in it; `_unseen` counts those that do."""
        self._unseen = 0
        self._sight = Sight()
        self._words: list[str] = []
        self._links: list[tuple[str, str]] = []
        self._link_start = 0
        self._href = ""
        self._unlinked = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        page = self._page
        self._open.append(tag in UNSEEN)
        self._sight.enter(tag, attributes)
        self._unseen += self._open[-1]
        page.elements += 1
        page.depth = max(page.depth, len(self._open))
        page.attributes = max(page.attributes, len(attributes))
        self._content.limits.check("max_elements", page.elements, self._content.label, "elements or more")
        if tag in _BLOCKS:
            self._end_line()
        if tag in _COUNTED:
            self._around[tag] += 1
        if tag == "a":
            self._href, self._link_start = attributes.get("href", ""), len(self._words)
        elif tag == "html":
            page.language = attributes.get("lang") or attributes.get("xml:lang") or page.language
        elif tag in _CONTENT:
            page.has_content = True
        elif tag == "title" and not page.title:
            self._around[tag] = 1

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in _BLOCKS:
            self._end_line()
        if tag == "a":
            self._end_link()
        elif tag == "title":
            self._around[tag] = 0
        if tag in _COUNTED:
            self._around[tag] -= 1
        self._unseen -= self._open.pop()
        self._sight.leave()

    def data(self, text: str) -> None:
        """Characters, of which a long run comes in pieces."""
        self._page.characters += len(text)
        if self._around["title"]:
            self._page.title += text
        elif not (self._unseen or self._sight.hidden):
            self._words.append(text)
            self._unlinked = self._unlinked or (not self._around["a"] and any(map(str.isalnum, text)))

    def close(self) -> VisiblePage:
        """The page ends."""
        self._end_line()
        self._page.title = " ".join(self._page.title.split())
        return self._page

    def _end_link(self) -> None:
        words = " ".join("".join(self._words[self._link_start :]).split())
        if words and self._href:
            self._links.append((words, self._href))

    def _end_line(self) -> None:
        if self._around["a"]:
            self._end_link()
        if words := " ".join("".join(self._words).split()):
            around = self._around
            line = Line(
                words,
                heading=any(around[tag] for tag in _HEADINGS),
                links=tuple(self._links),
                linked=bool(self._links) and not self._unlinked,
                inside=any(around[tag] for tag in _CONTENT) and not any(around[tag] for tag in _FURNITURE),
            )
            self._page.lines.append(line)
        self._words.clear()
        self._links.clear()
        self._link_start = 0
        self._unlinked = False
