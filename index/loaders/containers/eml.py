"""E-mails (.eml): the message as an article, its attachments as further documents."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from typing import Any

from index.errors import InputError, MalformedInput, TooLarge
from index.loaders.base import Content, Loaded, parsing
from index.loaders.containers.members import Members
from index.loaders.dates import parse_date
from index.loaders.fields import Metadata, words
from index.loaders.html.html import HtmlLoader
from index.loaders.page import documents_of

_SUFFIXES = frozenset({".eml"})
_HEAD = 64 * 1024
_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]?|[ \t]+\S")
_TELLING = frozenset({b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to", b"dkim-signature"})
_PARSED = re.compile(r"content-|from$|subject$|date$", re.IGNORECASE)
"""The header fields whose structure is read; that takes time that grows faster than the field."""
_LONGEST_FIELD = 3_000
_MOST_IN_FIELDS = 100_000
"""Characters of all such fields of a message and its parts."""
_MOST_FIELDS = 10_000


class EmailLoader:
    """Reads one e-mail message."""

    def recognises(self, content: Content) -> bool:
        """It begins with header fields, "From" among them, and one that only e-mails have unless the name tells."""
        fields = _field_names(content.data[:_HEAD])
        if content.suffix in _SUFFIXES:
            return bool(fields & {b"from", b"subject", b"date"})
        return b"from" in fields and bool(fields & _TELLING)

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput where neither the message nor an attachment holds text."""
        members = Members(content)
        with parsing(content, "an e-mail"):
            message = email.message_from_bytes(content.data.lstrip(), _class=EmailMessage, policy=_frugal())
            known = _metadata(message)
            body = message.get_body(("plain", "html"))
            attachments = list(message.iter_attachments()) if message.is_multipart() or body is None else []
        try:
            members.take(_article(members, known, message, body))
        except InputError as error:
            members.skip("the message itself", str(error))
        for number, part in enumerate(attachments, start=1):
            _attach(content, members, number, part)
        return members.loaded("an e-mail")


def _frugal() -> EmailPolicy[Any]:
    """The library's policy for one message, with a ValueError for header fields that would take too long to read."""
    fields = characters = 0

    class Frugal(EmailPolicy):
        def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
            nonlocal fields, characters
            name, value = super().header_source_parse(sourcelines)
            fields += 1
            if _PARSED.match(name):
                characters += len(value)
                if len(value) > _LONGEST_FIELD:
                    raise ValueError(f"a header field {name[:40]!r} of more than {_LONGEST_FIELD:,} characters")
            if fields > _MOST_FIELDS or characters > _MOST_IN_FIELDS:
                raise ValueError("too many header fields, or too long ones")
            return name, value

    return Frugal()


def _field_names(head: bytes) -> frozenset[bytes]:
    """The names of the fields above the first empty line, in lower case; none where a line is no field."""
    names = set()
    for line in head.lstrip().replace(b"\r\n", b"\n").split(b"\n\n")[0].splitlines():
        if not (field := _FIELD.match(line)):
            return frozenset()
        names.add((field[1] or b"").lower())
    return frozenset(names)


def _metadata(message: EmailMessage) -> Metadata:
    """The subject as title, the sender as author and the part after the @ as outlet, the date as written."""
    addresses = getattr(message["from"], "addresses", ())
    sender = addresses[0] if addresses else None
    author = words(sender.display_name or sender.username) if sender else words(str(message["from"] or ""))
    return Metadata(
        title=words(str(message["subject"] or "")),
        outlet=words(sender.domain) if sender else "",
        authors=(author,) if author else (),
        published=parse_date(str(message["date"] or "")),
    )


def _article(members: Members, known: Metadata, message: EmailMessage, body: MIMEPart | None) -> Loaded:
    """The message's own text: what it says in plain text, or else what its page shows."""
    if body is None:
        raise MalformedInput("it has no text")
    plain, is_page = _text_of(body), body.get_content_subtype() == "html"
    if not is_page and not plain.data.strip() and (page := message.get_body(("html",))):
        plain, is_page = _text_of(page), True
    content = replace(members.part("message.html" if is_page else "message.txt", plain.data), charset=plain.charset)
    if not is_page:
        return documents_of(content, content.text.strip(), known, warnings=content.decoded.warnings)
    loaded = HtmlLoader().load(content)
    return _retold(loaded, known)


def _text_of(part: MIMEPart) -> Content:
    payload = part.get_payload(decode=True)
    return Content("", payload if isinstance(payload, bytes) else b"", charset=part.get_content_charset(""))


def _retold(loaded: Loaded, known: Metadata) -> Loaded:
    """The documents of a page with what the e-mail says of it; its headlines keep their article."""
    article, *headlines = loaded.documents
    told = replace(
        article,
        title=known.title or article.title,
        title_derived=article.title_derived and not known.title,
        outlet=known.outlet or article.outlet,
        authors=known.authors or article.authors,
        published=known.published or article.published,
    )
    return Loaded((told, *(replace(line, parent=told.id) for line in headlines)), loaded.warnings)


def _attach(content: Content, members: Members, number: int, part: MIMEPart) -> None:
    """Read an attachment, or note why not."""
    name = f"attachment {number}"
    try:
        content.spent.attachments += 1
        content.limits.check("max_attachments", content.spent.attachments, "the e-mail", "attachments")
        with parsing(content, "an e-mail"):
            name = part.get_filename() or (f"{name}.eml" if part.is_multipart() else name)
            data = _bytes_of(part)
    except TooLarge as error:
        members.skip(name, str(error))
    except InputError:
        members.skip(name, "it is damaged")
    else:
        members.read(name, data)


def _bytes_of(part: MIMEPart) -> bytes:
    """What an attachment holds; of an attached e-mail, the e-mail."""
    if part.is_multipart():
        inner: Iterator[EmailMessage] = (p for p in part.iter_parts() if isinstance(p, EmailMessage))
        return b"\n".join(message.as_bytes() for message in inner)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
