"""Web addresses → documents: a page is an article, a feed leads to its newest pages, each through the same guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from index.documents import Document
from index.errors import InputError
from index.fetching.fetcher import Fetch, Fetched, Fetcher
from index.loaders import LOADERS, Content, Loaded, Skipped, parse
from index.loaders.feed import FeedLoader, leads_on

FEED_ITEMS = 20
"""How many pages of a feed are fetched, unless somebody asks for another number."""

_OUTLINE = {"feed": "index.loaders.feed:FeedOutlineLoader"}


def load_addresses(
    urls: Iterable[str], *, collection: str = "default", feed_items: int = FEED_ITEMS, fetch: Fetch | None = None
) -> Iterator[Loaded | Skipped]:
    """What web addresses hold; what cannot be fetched or read is named with its reason.

    `source` and `url` of a document are the address where it was found, after all redirects. Of a feed at most
    `feed_items` entries are taken, newest first. An address inside a page or a text is never followed.
    """
    get = fetch or Fetcher()
    for url in urls:
        try:
            content = _content(get(url), collection)
            if FeedLoader().recognises(content):
                yield from _load_feed(content, feed_items, get)
            else:
                yield parse(content, LOADERS)
        except InputError as error:
            yield Skipped(url, str(error))


def _content(fetched: Fetched, collection: str) -> Content:
    address = str(fetched.address)
    return Content(address, fetched.data, collection=collection, address=address, charset=fetched.charset)


def _load_feed(content: Content, most: int, get: Fetch) -> Iterator[Loaded | Skipped]:
    """The pages of a feed's newest entries; an entry without a link is taken from the feed itself."""
    outline = parse(content, _OUTLINE)
    if outline.warnings:
        yield Loaded((), outline.warnings)
    seen: set[str] = set()
    # Those without a date last, in the feed's order.
    entries = sorted(_entries(outline.documents), key=lambda entry: entry[0].published or date.min, reverse=True)
    for first, *headlines in entries[:most]:
        if not leads_on(first):
            yield Loaded((first, *headlines))
        elif first.url not in seen:
            seen.add(first.url)
            try:
                # A feed that leads to feeds is not followed on: it would be read as one document each.
                yield parse(_content(get(first.url), content.collection), LOADERS)
            except InputError as error:
                yield Skipped(first.url, str(error))


def _entries(documents: Iterable[Document]) -> list[list[Document]]:
    """What a feed holds, entry by entry: an article is followed by the headlines that stood beside it."""
    entries: list[list[Document]] = []
    for document in documents:
        if document.parent and entries:
            entries[-1].append(document)
        else:
            entries.append([document])
    return entries
