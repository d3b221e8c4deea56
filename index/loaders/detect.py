"""From a file's content to the loader that reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from index.errors import EmptyInput, UnsupportedFormat
from index.loaders.base import Content, Loader
from index.plugins import resolve

_RTF = b"{\\rtf"

# First bytes (after so many) of formats that no loader takes -> what they are.
_FOREIGN = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (0, b"RIFF", "an image, sound or video (RIFF)"),
    (0, b"ID3", "a sound (MP3)"),
    (0, b"OggS", "a sound or video (Ogg)"),
    (4, b"ftyp", "a video (MP4)"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office document"),
    (0, _RTF, "a rich text document (RTF)"),
    (0, b"\x7fELF", "a program"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"PAR1", "a Parquet table"),
)
_HEAD = 4096
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_FIRST_ELEMENT = re.compile(rb"<([A-Za-z][\w:.-]*)")
FEED_ROOTS = (b"rss", b"feed", b"atom:feed", b"rdf:rdf")
_XML_ROOTS = (*FEED_ROOTS, b"svg", b"urlset", b"sitemapindex", b"opml", b"nitf")


def recognise(content: Content, loaders: Mapping[str, str]) -> Loader:
    """The first of `loaders` (name -> "module:attribute") that recognises the content.

    Raises EmptyInput, NotText, and UnsupportedFormat for what no loader takes.
    """
    if not content.data:
        raise EmptyInput(f"{content.label} is empty: leave it out, or check that it was saved whole")
    if foreign := _foreign(content.data):
        raise UnsupportedFormat(f"{content.label} is {foreign}; what is read: {', '.join(loaders)}")
    for name in loaders:
        loader: Loader = resolve(loaders, name, what="loader")()
        if loader.recognises(content):
            return loader
    raise UnsupportedFormat(f"{content.label} is in no format that is read: {', '.join(loaders)}")


def _foreign(data: bytes) -> str:
    start = data[:_HEAD]
    # A text may begin with the letters of a signature, but then it goes on as text.
    is_plain = start.isascii() and b"\x00" not in start
    for offset, signature, what in _FOREIGN:
        if data.startswith(signature, offset) and (not is_plain or signature == _RTF):
            return what
    root = xml_root(start)
    if root is None or root in FEED_ROOTS:
        return ""
    return f"XML ({root.decode('ascii', 'replace')})" if root else "XML"


def xml_root(data: bytes) -> bytes | None:
    """The name of an XML document's root in lower case, "" where it is not near; None for what is not XML, or HTML."""
    # Without NULs the names of an XML document in UTF-16 can be read too.
    head = data[:_HEAD].replace(b"\x00", b"").lstrip(_BEFORE_MARKUP).lower()
    root = _FIRST_ELEMENT.search(head)
    name = root[1] if root else b""
    is_xml = head.startswith((b"<?xml", b"<!doctype")) and not head.startswith(b"<!doctype html")
    return name if (is_xml and name != b"html") or (head.startswith(b"<") and name in _XML_ROOTS) else None
