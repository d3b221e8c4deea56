"""Plain text. Whatever no other loader claims, and is text, is read here."""

from __future__ import annotations

from index.loaders.base import Content, Loaded
from index.loaders.header import split_header
from index.loaders.page import documents_of


class TextLoader:
    """Reads a text as a news page, with an optional block of "Title: …" lines above it."""

    def recognises(self, content: Content) -> bool:
        """Anything; `load` refuses what is no text."""
        return True

    def load(self, content: Content) -> Loaded:
        """See `Loader`."""
        known, text = split_header(content.text.strip())
        return documents_of(content, text.strip(), known, warnings=content.decoded.warnings)
