"""Zip archives: each member read by the loader for its content, in memory; nothing is written to disk."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator

from index.errors import InputError, UnsupportedFormat
from index.loaders.base import Content, Loaded, parsing
from index.loaders.containers.archive import checked_members, is_archive
from index.loaders.containers.members import Members

# A member that stands for a format made of archives -> what it is.
_PACKAGES = {
    "[Content_Types].xml": "an Office document that is no Word document",
    "mimetype": "an OpenDocument file or an e-book",
    "META-INF/MANIFEST.MF": "a program (JAR)",
}
_ENCRYPTED = 0x1
# Of the other methods zipfile unpacks whole blocks at once, however much comes of them.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DRIVE = re.compile(r"[A-Za-z]:")
_FURNITURE = "__MACOSX"


class ZipLoader:
    """Reads a zip archive of files that are read. Hidden members are left out, as in folders."""

    def recognises(self, content: Content) -> bool:
        """Any zip archive that no loader before this one takes."""
        return is_archive(content)

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises TooLarge before anything is unpacked, UnsupportedFormat for what is only made as one."""
        members = Members(content)
        infos = checked_members(content, "a zip archive")
        names = {info.filename for info in infos}
        if package := next((what for name, what in _PACKAGES.items() if name in names), ""):
            raise UnsupportedFormat(f"{content.label} is {package}: save it in a format that is read")
        with parsing(content, "a zip archive"):
            archive = zipfile.ZipFile(io.BytesIO(content.data))
        with archive:
            for info in _wanted(infos):
                try:
                    data = _unpacked(content, archive, info)
                except InputError as error:
                    members.skip(info.filename, str(error))
                else:
                    members.read(info.filename, data)
        return members.loaded("a zip archive")


def _wanted(infos: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """Files that are not hidden, in the order of their names."""
    for info in sorted(infos, key=lambda info: info.filename):
        hidden = any(part.startswith(".") and part.strip(".") for part in info.filename.split("/"))
        if not (info.is_dir() or hidden or info.filename.startswith(_FURNITURE)):
            yield info


def _unpacked(content: Content, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member. Raises InputError for one that is not read: its name, its size or how it is packed."""
    name = info.orig_filename
    if name.startswith("/") or "\\" in name or "\0" in name or _DRIVE.match(name) or ".." in name.split("/"):
        raise InputError("its name leads out of the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError("it is a link: pack what it leads to")
    if info.flag_bits & _ENCRYPTED:
        raise InputError("it is encrypted: unpack the archive with its password and give the files")
    if info.compress_type not in _METHODS:
        raise InputError("it is packed by a method that is not read: pack it anew with the usual one, deflate")
    content.limits.check("max_file_bytes", info.file_size, "it", "bytes")
    # Asked for a number of bytes, zipfile never unpacks many more; then it compares the checksum.
    with parsing(content, "a zip archive"), archive.open(info) as member:
        data = member.read(info.file_size)
        member.read(1)
    return data
