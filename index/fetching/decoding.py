"""Packed bodies → bytes, piece by piece, so that a small one cannot become a huge one."""

from __future__ import annotations

import zlib

from index.errors import FetchError
from index.fetching.limits import FetchLimits

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})
_AT_ONCE = 256 * 1024


class Unpacker:
    """Collects one body. Takes the encodings that were asked for, gzip and deflate, and none over another."""

    def __init__(self, encoding: str, where: str, limits: FetchLimits) -> None:
        if encoding not in _PACKED | _PLAIN:
            raise FetchError(
                f"{where} was sent in the encoding {encoding[:40]!r}, which was not asked for: save the page as a file"
            )
        self._where = where
        self._limits = limits
        self._body = bytearray()
        self._packed = encoding in _PACKED
        self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._may_be_raw = encoding == "deflate"
        self._started = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece, which is not empty. Raises FetchError where too much comes of it."""
        if not self._packed:
            self._keep(piece)
            return
        while piece:
            if self._stream.eof:
                # Packed data may consist of several members.
                self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)
            self._keep(self._unpacked(piece))
            piece = self._stream.unconsumed_tail or self._stream.unused_data
        while not self._stream.eof and (rest := self._stream.decompress(b"", _AT_ONCE)):
            self._keep(rest)

    def finished(self) -> bytes:
        """The body. Raises FetchError where packed data ends too soon."""
        if self._packed and self._started and not self._stream.eof:
            raise FetchError(f"{self._where} ends within its packed data and was dropped: try again later")
        return bytes(self._body)

    def _unpacked(self, piece: bytes) -> bytes:
        first, self._started = not self._started, True
        try:
            return self._stream.decompress(piece, _AT_ONCE)
        except zlib.error as error:
            if first and self._may_be_raw:
                # Some servers leave out the frame that the name of this encoding promises.
                self._stream = zlib.decompressobj(_RAW)
                return self._unpacked(piece)
            raise FetchError(f"{self._where} holds broken packed data ({error}): try again later") from error

    def _keep(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > self._limits.max_body_bytes:
            raise self._limits.exceeded("max_body_bytes", self._where)
