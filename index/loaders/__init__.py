"""Files → documents. A new format is one file and one line here."""

from __future__ import annotations

from pathlib import Path

from index.loaders.base import DEFAULT_LIMITS, Content, Limits, Loaded, Loader
from index.loaders.files import Skipped, discover, read_bytes, shown
from index.loaders.sandbox.sandbox import containment, parse

LOADERS = {
    # The first that recognises a content reads it, so the most telling formats come first and plain text last.
    "pdf": "index.loaders.pdf:PdfLoader",
    "docx": "index.loaders.docx:DocxLoader",
    "zip": "index.loaders.containers.zip:ZipLoader",
    "feed": "index.loaders.feed:FeedLoader",
    "html": "index.loaders.html.html:HtmlLoader",
    "eml": "index.loaders.containers.eml:EmailLoader",
    "jsonl": "index.loaders.records.json:JsonLinesLoader",
    "json": "index.loaders.records.json:JsonLoader",
    "csv": "index.loaders.records.csv:CsvLoader",
    "markdown": "index.loaders.markdown:MarkdownLoader",
    "text": "index.loaders.text:TextLoader",
}

__all__ = [
    "DEFAULT_LIMITS",
    "LOADERS",
    "Content",
    "Limits",
    "Loaded",
    "Loader",
    "Skipped",
    "containment",
    "discover",
    "load",
    "parse",
]


def load(path: Path, *, collection: str = "default", limits: Limits | None = None) -> Loaded:
    """The documents in a file; its content decides the format. Another process parses it, see `sandbox`.

    Raises only InputError: EmptyInput, NotText, UnsupportedFormat, MalformedInput, TooLarge, ParserFailed, or
    InputError itself where the file cannot be read; and ConfigError where this installation cannot read it.
    """
    limits = limits or DEFAULT_LIMITS
    return parse(Content(shown(path), read_bytes(path, limits), limits, collection), LOADERS)
