"""Records (of JSON, JSON Lines or CSV) → documents: one article each, and the headlines it says are related."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from index.documents import Document, Kind
from index.errors import MalformedInput
from index.loaders.base import Content, Loaded
from index.loaders.dates import parse_date
from index.loaders.decoding import as_shown, tidied
from index.loaders.fields import Metadata, known_fields, multiline, web_address, words

_MOST_NAMED = 20
"""So many bad records are named one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record's value and where it stands, such as "line 3". `problem` says why there is no value."""

    where: str
    value: Any = None
    problem: str = ""


@dataclass
class _Found:
    """What has been read so far, and what was wrong with the rest."""

    articles: list[tuple[Document, Any]]
    """Documents with their `related_headlines`; `parent` is still the key that the record names."""
    problems: list[str]
    dates: list[str]
    """Those that are unclear."""
    bare: list[str]
    """Where there is a title without text, and nothing says that it is a headline."""


def documents_of_records(content: Content, records: Iterable[SourceRecord]) -> Loaded:
    """The documents of all good records; each bad one becomes a warning.

    A `parent` is the key of another record of the file and becomes the id of its document. Raises TooLarge, and
    MalformedInput where no record is good.
    """
    found = _Found([], [], [], [])
    for number, record in enumerate(records, start=1):
        content.limits.check("max_records", number, content.label, "records")
        problem = record.problem or _add(content, record, found)
        if problem:
            found.problems.append(f"{record.where}: {problem}")
    if not found.articles:
        reason = found.problems[0] if found.problems else "there is no record"
        raise MalformedInput(f"{content.label} holds no document ({reason}): give records with a field 'text'")
    documents = tuple(_linked(found))
    return Loaded(documents, content.noted(*content.decoded.warnings, *_warnings(found)))


def _add(content: Content, record: SourceRecord, found: _Found) -> str:
    """Take in a record; returns what is wrong with it, or ""."""
    if not isinstance(record.value, Mapping):
        return f"a {type(record.value).__name__} where an object is expected"
    fields = known_fields(record.value)
    known = Metadata.of(fields)
    body = as_shown(tidied(multiline(fields.get("text")))[0]).strip()
    text = body or known.title
    if not text:
        return "no text: none of its fields is one of text, body, content, article"
    if len(text) > content.limits.max_characters:
        return f"{len(text):,} characters, and the limit max_characters is {content.limits.max_characters:,}"
    kind = words(fields.get("kind")).lower() or ("article" if body else "headline")
    if kind not in get_args(Kind):
        return f"the kind {kind[:40]!r} is neither article nor headline"
    if not body and "kind" not in fields:
        found.bare.append(record.where)
    if "published" in fields and known.published is None:
        found.dates.append(f"{record.where}: {words(fields['published'])[:40]!r}")
    article = Document(
        text=text,
        title=known.title,
        kind=cast(Kind, kind),
        outlet=known.outlet,
        authors=known.authors,
        published=known.published,
        url=known.url,
        language=known.language,
        key=words(fields.get("key")),
        source=content.name,
        collection=content.collection,
        parent=words(fields.get("parent")),
    )
    found.articles.append((article, fields.get("related_headlines")))
    return ""


def _linked(found: _Found) -> Iterator[Document]:
    """The documents with ids for parents, each article followed by its related headlines."""
    by_key: dict[str, Document] = {}
    for article, _ in found.articles:
        if article.key:
            by_key.setdefault(article.key, article)
    for article, related in found.articles:
        document = article
        if article.parent:
            parent = by_key.get(article.parent)
            if parent is None or parent.parent:
                found.problems.append(f"the parent {article.parent[:40]!r} is no article of this file: left out")
            document = replace(article, parent=parent.id if parent and not parent.parent else "")
        yield document
        yield from _headlines(document, related)


def _headlines(article: Document, related: Any) -> Iterator[Document]:
    seen: set[str] = set()
    for item in related if isinstance(related, list) else str(related or "").splitlines():
        fields = known_fields(item) if isinstance(item, Mapping) else {"title": item}
        headline = words(fields.get("title") or fields.get("text"))
        if headline and headline not in seen:
            seen.add(headline)
            yield Document(
                text=headline,
                title=headline,
                kind="headline",
                outlet=words(fields.get("outlet")),
                published=parse_date(words(fields.get("published"))),
                url=web_address(fields.get("url")),
                language=article.language,
                source=article.source,
                collection=article.collection,
                parent=article.id,
            )


def _warnings(found: _Found) -> Iterator[str]:
    yield from found.problems[:_MOST_NAMED]
    if len(found.problems) > _MOST_NAMED:
        yield f"{len(found.problems) - _MOST_NAMED:,} more records like these"
    if found.bare:
        yield (
            f"{len(found.bare):,} titles without text were taken for headlines, the first in {found.bare[0]}: "
            "give their texts in a field 'text', or state the kind 'headline'"
        )
    if found.dates:
        yield f"{len(found.dates):,} dates are unclear, the first in {found.dates[0]}: write them as 2025-10-23"
