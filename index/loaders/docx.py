"""Word documents (.docx). The only file that imports python-docx."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from index.errors import MalformedInput
from index.loaders.base import Content, Loaded, parsing
from index.loaders.containers.archive import checked_members, is_archive, member_names
from index.loaders.fields import Metadata, names, words
from index.loaders.page import PageText, documents_of

_MAIN_PART = "word/document.xml"

_PARAGRAPH, _TABLE, _ROW, _CELL, _STYLE, _VALUE, _NUMBERED, _TEXT, _TAB, _BREAK, _RETURN, _HYPHEN = (
    f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"
    for name in "p tbl tr tc pStyle val numPr t tab br cr noBreakHyphen".split()
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"(?:heading \d|title|subtitle)", re.IGNORECASE)


class DocxLoader:
    """Reads a Word document of the current format."""

    def recognises(self, content: Content) -> bool:
        """A zip archive with the main part of a Word document; a broken one under the name of one."""
        if not is_archive(content):
            return False
        names = member_names(content)
        return _MAIN_PART in names if names is not None else content.suffix == ".docx"

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises TooLarge for a document that unpacks to too much."""
        from docx import Document

        checked_members(content, "a .docx file")
        with _reading(content):
            document = Document(io.BytesIO(content.data))
            writer = _Writer(document)
        if not writer.draft:
            raise MalformedInput(f"{content.label} holds no text, perhaps only pictures: run text recognition over it")
        known, created = _metadata(content, document, writer.title)
        return documents_of(content, writer.draft.text, known, headings=writer.draft.headings, created=created)


def _reading(content: Content) -> AbstractContextManager[None]:
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    return parsing(content, "a .docx file", PythonDocxError, OpcError, LxmlError)


class _Writer:
    """Writes the body of a Word document as plain lines."""

    def __init__(self, document: Any) -> None:
        self.draft = PageText()
        self.title = ""
        self._styles: Mapping[str, str] = {style.style_id: style.name or "" for style in document.styles}
        body = document.element.body
        # Drawings are stored twice: as they are, and for programs that cannot draw them.
        for fallback in list(body.iter(_FALLBACK)):
            fallback.getparent().remove(fallback)
        self._write(body)

    def _write(self, element: Any) -> None:
        for child in element:
            if child.tag == _PARAGRAPH:
                self._write_paragraph(child)
            elif child.tag == _TABLE:
                self._write_table(child)
            elif isinstance(child.tag, str):
                self._write(child)

    def _write_paragraph(self, paragraph: Any) -> None:
        line = "".join(_characters(paragraph)).strip()
        style = next((node.get(_VALUE, "") for node in paragraph.iter(_STYLE)), "")
        name = self._styles.get(style, "").lower()
        if not self.title and (name == "title" or (name == "heading 1" and not self.draft)):
            self.title = line
        if _HEADING.fullmatch(name):
            self.draft.add(line, heading=True)
        elif name.startswith("list") or next(paragraph.iter(_NUMBERED), None) is not None:
            self.draft.add(line and f"- {line}", close=True)
        else:
            self.draft.add(line)

    def _write_table(self, table: Any) -> None:
        rows = [_own(row, _CELL) for row in _own(table, _ROW)]
        if all(len(cells) == 1 for cells in rows):
            # A table of one column is a frame around text.
            for (cell,) in rows:
                self._write(cell)
            return
        for number, cells in enumerate(rows):
            self.draft.add(" | ".join(" ".join("".join(_characters(cell)).split()) for cell in cells), close=number > 0)


def _own(element: Any, tag: str) -> list[Any]:
    """The descendants with this tag that stand in no inner table."""
    return [node for node in element.iter(tag) if next(node.iterancestors(element.tag)) is element]


def _characters(element: Any) -> Iterator[str]:
    """The characters of a paragraph or cell, with what breaks them; deleted text is no text."""
    for node in element.iter():
        if node.tag == _TEXT:
            # Not `text`, which ends before an entity.
            yield "".join(node.itertext())
        elif node.tag == _TAB:
            yield " "
        elif node.tag in (_BREAK, _RETURN) or (node.tag == _PARAGRAPH and node is not element):
            yield "\n"
        elif node.tag == _HYPHEN:
            yield "-"


def _metadata(content: Content, document: Any, title: str) -> tuple[Metadata, date | None]:
    """The core properties and when the file was made; only the given title if they are broken."""
    try:
        with _reading(content):
            core = document.core_properties
            created = core.created.date() if core.created else None
            known = Metadata(words(core.title or title), authors=names(core.author), language=words(core.language))
    except MalformedInput:
        return Metadata(words(title)), None
    return known, created
