"""Feeds (RSS 0.9 to 2.0 and Atom): each entry a document of its own; nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat

from index.documents import Document
from index.errors import InputError, MalformedInput
from index.loaders.base import Content, Loaded, parsing
from index.loaders.dates import parse_date
from index.loaders.detect import FEED_ROOTS, xml_root
from index.loaders.fields import Metadata, web_address, words
from index.loaders.page import PageText, documents_of

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z!/]|&[a-zA-Z#]\w*;")
_ENTRIES = frozenset({"item", "entry"})
# Local names of elements, best first, in both kinds of feed and the usual extensions.
_CONTENT = ("encoded", "content", "summary", "description")
_DATES = ("pubDate", "published", "date", "issued", "updated", "modified")
_AUTHORS = ("creator", "author")
_MOST_NAMED = 20
_FAULT_CHARACTERS = 100
_MAILBOX = re.compile(r"\S+@\S+\s+\((?P<name>[^()]+)\)")
_LEADS_ON = "leads on"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_MEDIA = "http://search.yahoo.com/mrss/"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """What a feed says of one article. `link` is absolute where the feed's address is known, and else as written."""

    title: str = ""
    link: str = ""
    author: str = ""
    published: date | None = None
    markup: str = ""
    """The article or its summary, as HTML."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's own words about itself, and its entries in its order."""

    title: str
    language: str
    entries: tuple[FeedEntry, ...]
    warnings: tuple[str, ...] = ()


class FeedLoader:
    """Reads the entries of a feed from what the feed itself holds of them."""

    def recognises(self, content: Content) -> bool:
        """Its first element is that of RSS or Atom."""
        return xml_root(content.data) in FEED_ROOTS

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput for a feed that declares entities or holds no entry with text."""
        feed = read_feed(content)
        documents: list[Document] = []
        warnings = [*content.noted(*feed.warnings)]
        problems: list[str] = []
        for number, entry in enumerate(feed.entries, start=1):
            try:
                loaded = self._read(content, feed, entry)
            except InputError as error:
                problems.append(f"entry {number} is skipped: {error}")
            else:
                documents += loaded.documents
                warnings += loaded.warnings
        if not documents:
            reason = problems[0] if problems else "there is no entry"
            raise MalformedInput(f"{content.label} is a feed in which nothing can be read ({reason})")
        if len(problems) > _MOST_NAMED:
            problems[_MOST_NAMED:] = [f"{len(problems) - _MOST_NAMED:,} more entries like these"]
        return Loaded(tuple(documents), (*warnings, *content.noted(*problems)))

    def _read(self, content: Content, feed: Feed, entry: FeedEntry) -> Loaded:
        return document_of_entry(content, feed, entry)


class FeedOutlineLoader(FeedLoader):
    """Reads where the entries of a feed lead: one with a link is a document that `leads_on`, else it is its own."""

    def _read(self, content: Content, feed: Feed, entry: FeedEntry) -> Loaded:
        if not entry.link:
            return super()._read(content, feed, entry)
        link = Document(
            entry.link, url=entry.link, published=entry.published, source=content.name, collection=content.collection,
            metadata={_LEADS_ON: True},
        )  # fmt: skip
        return Loaded((link,))


def leads_on(document: Document) -> bool:
    """Whether a document of an outline stands for the page at its address."""
    return document.metadata.get(_LEADS_ON) is True


def read_feed(content: Content) -> Feed:
    """The entries of a feed.

    Raises MalformedInput for what is no XML and for a feed that declares entities, which could grow without bound or
    name files; TooLarge for too many entries.
    """
    from lxml import etree  # type: ignore[import-untyped]

    data = _DECLARATION.sub("", content.text, count=1).strip().encode()
    _refuse_entities(content, data)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    with parsing(content, "a feed", etree.LxmlError):
        root = etree.fromstring(data, parser, base_url=content.address or None)
    if root is None:
        raise MalformedInput(f"{content.label} cannot be read as a feed: check that it was saved whole")
    found = [element for element in root.iter() if _name(element) in _ENTRIES]
    content.limits.check("max_records", len(found), content.label, "entries")
    channel = next((element for element in root.iter() if _name(element) == "channel"), root)
    warnings = [*content.decoded.warnings]
    if len(parser.error_log):
        fault = words(parser.error_log[0].message)[:_FAULT_CHARACTERS]
        warnings.append(f"the feed is not well-formed ({fault}): what follows may be incomplete")
    # A reference to half a surrogate pair is let through, and fails only when its text is asked for.
    with parsing(content, "a feed", etree.LxmlError):
        return Feed(
            title=_words(_child(channel, "title")),
            language=words(_text(_child(channel, "language")).strip() or root.get(_XML_LANGUAGE, "")),
            entries=tuple(_entry(element, content.address) for element in found),
            warnings=tuple(warnings),
        )


def document_of_entry(content: Content, feed: Feed, entry: FeedEntry) -> Loaded:
    """The article that an entry holds, and its related headlines. Raises EmptyInput where it holds no text."""
    from index.loaders.html.visible import read_visible

    draft = PageText()
    if _MARKUP.search(entry.markup):
        for line in read_visible(content, entry.markup).lines:
            draft.add(line.text, heading=line.heading)
    else:
        for paragraph in entry.markup.split("\n\n"):
            draft.add(paragraph)
    known = Metadata(
        title=entry.title,
        outlet=feed.title,
        authors=(entry.author,) if entry.author else (),
        published=entry.published,
        url=entry.link,
        language=feed.language,
    )
    return documents_of(content, draft.text, known, headings=draft.headings)


def _refuse_entities(content: Content, data: bytes) -> None:
    """Read on to the root element, before which all entities are declared. Raises MalformedInput for any."""

    class RootReached(Exception):
        pass

    def refuse(*_: Any) -> None:
        raise MalformedInput(f"{content.label} declares entities, which feeds do not need: it is not read")

    def stop(*_: Any) -> None:
        raise RootReached

    parser = expat.ParserCreate("utf-8")
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        with parsing(content, "a feed", expat.ExpatError):
            parser.Parse(data, True)
    except RootReached:
        return


def _entry(element: Any, address: str) -> FeedEntry:
    return FeedEntry(
        title=_words(_child(element, "title")),
        link=_link(element, address),
        author=_author(element),
        published=next((day for name in _DATES if (day := parse_date(_text(_child(element, name))))), None),
        markup=next((text for name in _CONTENT if (text := _markup(_child(element, name))).strip()), ""),
    )


def _link(element: Any, address: str) -> str:
    """The entry's page: a link to an alternate, or an RSS link or permanent identifier; never an enclosure."""
    links = [child for child in element if _name(child) == "link"]
    chosen = next((child for child in links if child.get("rel", "alternate") == "alternate"), None)
    written = (chosen.get("href") or _text(chosen)).strip() if chosen is not None else ""
    guid = _child(element, "guid")
    if not written and guid is not None and guid.get("isPermaLink", "true") == "true":
        written = _text(guid).strip()
        written = written if written.startswith(("http://", "https://")) else ""
    try:
        base = (element if chosen is None else chosen).base or address
        return web_address(urljoin(base, written) if address and written else written)
    except ValueError:
        return ""


def _author(element: Any) -> str:
    for name in _AUTHORS:
        author = _child(element, name)
        if author is not None:
            person = _child(author, "name")
            line = words(_text(author if person is None else person))
            mailbox = _MAILBOX.fullmatch(line)
            return mailbox["name"] if mailbox else line
    return ""


def _child(element: Any, name: str) -> Any:
    """The first child of that local name that is no picture's or film's; None without one."""
    return next(
        (child for child in element if _name(child) == name and not child.tag.startswith(f"{{{_MEDIA}}}")), None
    )


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    return "".join(element.itertext()) if element is not None else ""


def _words(element: Any) -> str:
    """The words of a title, which may be written as HTML."""
    from lxml import html

    text = _text(element).strip()
    if _MARKUP.search(text):
        shown = html.fragment_fromstring(text, create_parent=True)
        text = "".join(shown.itertext())
    return words(text)


def _markup(element: Any) -> str:
    """What an element holds as HTML, whether it was written as text or as elements."""
    from lxml import etree

    if element is None:
        return ""
    if len(element):
        return "".join([element.text or "", *(etree.tostring(child, encoding="unicode") for child in element)])
    return element.text or ""
