"""Zip archives: their table of contents, checked before anything in it is unpacked."""

from __future__ import annotations

import io
import zipfile

from index.errors import MalformedInput
from index.loaders.base import Content, parsing

_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_SMALL = 16 * 1024 * 1024
"""An archive that unpacks to no more than this may be packed as tightly as it likes."""


def is_archive(content: Content) -> bool:
    """Whether the content begins as a zip archive does."""
    return content.data.startswith(_MARKS)


def member_names(content: Content) -> frozenset[str] | None:
    """The names of an archive's members; None where its table cannot be read."""
    try:
        with parsing(content, "a zip archive"), zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            return frozenset(archive.namelist())
    except MalformedInput:
        return None


def checked_members(content: Content, what: str) -> list[zipfile.ZipInfo]:
    """The members of an archive that keeps the limits, judged by its table of contents alone.

    What is found counts together with what other archives of the same file have used. Raises TooLarge, and
    MalformedInput where the table cannot be read.
    """
    with parsing(content, what), zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        members = archive.infolist()
    limits, spent = content.limits, content.spent
    number = spent.members + len(members)
    limits.check("max_members", number, content.label, "members")
    unpacked = sum(member.file_size for member in members)
    limits.check("max_unpacked_bytes", spent.unpacked_bytes + unpacked, content.label, "bytes when unpacked")
    if unpacked > _SMALL:
        ratio = unpacked // len(content.data)
        limits.check("max_unpack_ratio", ratio, content.label, "times its size when unpacked")
    spent.members, spent.unpacked_bytes = number, spent.unpacked_bytes + unpacked
    return members
