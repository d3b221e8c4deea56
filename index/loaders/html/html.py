"""HTML: the article without the page around it. The only file that imports trafilatura."""

from __future__ import annotations

import logging
import re
import warnings as python_warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from index.article.headlines import read_cue
from index.errors import MalformedInput
from index.loaders.base import Content, Loaded, parsing
from index.loaders.dates import parse_date
from index.loaders.fields import Metadata, names, web_address, words
from index.loaders.html.hiding import Sight
from index.loaders.page import PageText, documents_of

if TYPE_CHECKING:
    from index.loaders.html.visible import Line, VisiblePage

_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_HEAD = 64 * 1024
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FRAGMENT = re.compile(
    r"\s*<(?:main|article|section|div|p|h[1-6]|header|meta|title|table|ul|ol)(?:\s[^<>]*)?>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<(?:!--|/?[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>", re.IGNORECASE)

# trafilatura's time grows faster than the page, and a tree deeper than this is no article: beyond these figures the
# page's visible text is taken as it stands.
_MOST_ELEMENTS = 30_000
_MOST_DEPTH = 200
_MOST_ATTRIBUTES = 500
_MOST_CHARACTERS = 4_000_000

_DORMANT = frozenset({"noscript", "template"})
"""What a browser that runs scripts does not show. Other elements that show nothing may hold metadata."""

_LIBRARIES = ("trafilatura", "htmldate", "courlan", "justext", "readability")
_SILENT = logging.NullHandler()
_BLOCKS = frozenset({"p", "head", "list", "item", "quote", "table", "code", "div", "ab", "fw"})
_FEWEST_WORDS = 3
"""A link of fewer words is a topic or a section, not a headline."""


class HtmlLoader:
    """Reads a saved web page."""

    def recognises(self, content: Content) -> bool:
        """It begins as a page does; under a name of HTML one tag is enough, under an unknown one a block element."""
        head = content.text[:_HEAD]
        if _PAGE.match(head):
            return True
        if content.suffix in _SUFFIXES:
            return _ANY_TAG.search(head) is not None
        return content.suffix not in {".txt", ".md", ".markdown"} and _FRAGMENT.match(head) is not None

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput for a page that shows nothing."""
        from index.loaders.html.visible import read_visible

        page = _XML_DECLARATION.sub("", content.text, count=1)
        seen = read_visible(content, page)
        if not seen.lines:
            raise MalformedInput(f"{content.label} is a page that shows no text: save it when it has loaded whole")
        extracted, warnings = _extract(content, page, seen)
        draft = PageText()
        for line, heading in _article_lines(extracted, seen):
            draft.add(line, heading=heading, close=line.startswith("- "))
        known = _metadata(extracted, seen)
        return documents_of(
            content,
            draft.text,
            known,
            headings=draft.headings,
            links=_links(seen, content.address or known.url),
            warnings=warnings,
        )


def _extract(content: Content, page: str, seen: VisiblePage) -> tuple[Any, tuple[str, ...]]:
    """What trafilatura makes of a page, or None where it finds no article or would take too long; and warnings."""
    import trafilatura
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    warnings = content.decoded.warnings
    if (
        seen.elements > _MOST_ELEMENTS
        or seen.depth > _MOST_DEPTH
        or seen.attributes > _MOST_ATTRIBUTES
        or seen.characters > _MOST_CHARACTERS
    ):
        return None, (*warnings, "the page is too large to tell its article from the rest: all visible text was taken")
    # Or else what the libraries have to say of a page would be printed.
    for name in _LIBRARIES:
        logging.getLogger(name).addHandler(_SILENT)
    try:
        with parsing(content, "HTML", LxmlError), python_warnings.catch_warnings():
            python_warnings.filterwarnings("ignore", "tzname .* identified but not understood")
            found = trafilatura.bare_extraction(
                _as_seen(trafilatura.load_html(page)),
                with_metadata=True,
                include_comments=False,
                date_extraction_params={"original_date": True, "extensive_search": False},
            )
    except MalformedInput:
        found = None
    if found is None:
        return None, (*warnings, "no article was found on the page: all visible text was taken")
    return found, warnings


def _as_seen(tree: Any) -> Any:
    """A page's tree without what its readers do not see, by the rules of `read_visible`; None stays None."""
    from lxml.etree import iterwalk

    if tree is None:
        return None
    sight, gone = Sight(), []
    for event, element in iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            sight.enter(element.tag, element.attrib)
            if sight.gone or element.tag in _DORMANT:
                gone.append(element)
            elif sight.hidden:
                element.text = None
            continue
        if event == "end":
            sight.leave()
        if sight.hidden:
            element.tail = None
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()
    return tree


def _article_lines(extracted: Any, seen: VisiblePage) -> Iterator[tuple[str, bool]]:
    """Lines of text and whether they are headings: the article's, and the related headlines that were cut off it."""
    if extracted is None:
        yield from ((line.text, line.heading) for line in seen.lines)
        return
    lines = list(_lines(extracted.body))
    kept = {line.removeprefix("- ") for line, _ in lines}
    groups = [(cue, [line for line in items if line.text not in kept]) for cue, items in _related(seen)]
    lost = [(cue, items) for cue, items in groups if items]
    cues = {cue.text for cue, _ in lost}
    yield from (line for line in lines if line[0] not in cues)
    for cue, items in lost:
        if cue is not items[0]:
            yield cue.text, False
        yield from ((line.text if line is cue else f"- {line.text}", False) for line in items)


def _related(seen: VisiblePage) -> Iterator[tuple[Line, list[Line]]]:
    """The cues inside the article part of a page, each with the linked lines that follow it, or with itself."""
    lines = [line for line in seen.lines if line.inside] if seen.has_content else seen.lines
    for number, line in enumerate(lines):
        cue = read_cue(line.text)
        if cue is None:
            continue
        if cue.headlines:
            yield line, [line] if line.links else []
        else:
            yield line, _linked_after(lines, number + 1)


def _linked_after(lines: Sequence[Line], start: int) -> list[Line]:
    items = []
    for line in lines[start:]:
        if not line.linked or read_cue(line.text):
            break
        if len(line.text.split()) >= _FEWEST_WORDS:
            items.append(line)
    return items


def _lines(element: Any) -> Iterator[tuple[str, bool]]:
    """The lines of an element of trafilatura's tree, depth first; a list's items begin with a dash."""
    inline: list[str] = [_collapsed(element.text)]
    mark = "- " if element.tag == "item" else ""
    for child in element:
        if child.tag in _BLOCKS:
            yield from _ended(inline, mark)
            yield from _block(child)
        else:
            inline.append("\n" if child.tag == "lb" else _inline(child))
        inline.append(_collapsed(child.tail))
    yield from _ended(inline, mark)


def _block(element: Any) -> Iterator[tuple[str, bool]]:
    if element.tag == "head":
        yield _inline(element).replace("\n", " ").strip(), True
    elif element.tag == "table":
        for row in element.iter("row"):
            yield " | ".join(_inline(cell).replace("\n", " ").strip() for cell in row), False
    else:
        yield from _lines(element)


def _ended(inline: list[str], mark: str) -> Iterator[tuple[str, bool]]:
    lines = [line.strip() for line in "".join(inline).split("\n")]
    inline.clear()
    yield from ((mark + line, False) for line in lines if line)


def _inline(element: Any) -> str:
    """An element's words on one line, except where it breaks them itself."""
    parts = [_collapsed(element.text)]
    for child in element:
        parts += ["\n" if child.tag == "lb" else _inline(child), _collapsed(child.tail)]
    return "".join(parts)


def _collapsed(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _metadata(extracted: Any, seen: VisiblePage) -> Metadata:
    if extracted is None:
        return Metadata(title=words(seen.title), language=words(seen.language))
    return Metadata(
        title=words(extracted.title or seen.title),
        outlet=words(extracted.sitename),
        authors=names(extracted.author),
        published=parse_date(words(extracted.date)),
        url=web_address(extracted.url),
        language=words(extracted.language or seen.language),
    )


def _links(seen: VisiblePage, base: str) -> Mapping[str, str]:
    """Absolute web addresses for the words of linked lines."""
    found: dict[str, str] = {}
    for linked, href in (link for line in seen.lines for link in line.links):
        try:
            address = urljoin(base, href) if urlsplit(base).scheme in {"http", "https"} else href
        except ValueError:
            continue
        if address.startswith(("http://", "https://")):
            found.setdefault(linked, address)
    return found
