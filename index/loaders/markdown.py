"""Markdown → plain text: words, dashes and headings stay, marks go. The only file that imports markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from index.loaders.base import Content, Loaded, parsing
from index.loaders.fields import words
from index.loaders.header import split_front_matter
from index.loaders.html.hiding import UNSEEN, Enclosing
from index.loaders.page import PageText, documents_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
_HEAD = 16 * 1024
_HEADING_LINE = re.compile(r"#{1,6} \S.*$", re.MULTILINE)
_LINKED_WORDS = re.compile(r"\[[^\]\n]+\]\(\S+\)")
_MOST_NESTING = 100
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_UNREAD = ("<!", "<?")
"""Beginnings of comments, declarations and instructions to a program."""


class MarkdownLoader:
    """Reads Markdown, with metadata between `---` lines above it if there is any."""

    def recognises(self, content: Content) -> bool:
        """Any text under a name of Markdown; under a name that says nothing, text with heading or link marks."""
        if content.suffix in _SUFFIXES:
            return True
        head = content.text[:_HEAD]
        return content.suffix != ".txt" and bool(_HEADING_LINE.match(head.lstrip()) or _LINKED_WORDS.search(head))

    def load(self, content: Content) -> Loaded:
        """See `Loader`."""
        from markdown_it import MarkdownIt

        known, text = split_front_matter(content.text)
        content.limits.check("max_characters", len(text), content.label, "characters")
        with parsing(content, "Markdown"):
            parser = MarkdownIt("commonmark", {"maxNesting": _MOST_NESTING}).enable(["table", "strikethrough"])
            tokens = parser.parse(text)
        warnings = content.decoded.warnings
        if any(token.level >= _MOST_NESTING - 1 for token in tokens):
            # The parser leaves out what lies in a block of this level.
            warnings = (*warnings, "nested too deep: taken as plain text")
            return documents_of(content, text.strip(), known, warnings=warnings)
        page = _Page(content)
        page.write(tokens)
        return documents_of(
            content,
            page.draft.text,
            replace(known, title=known.title or page.title),
            headings=page.draft.headings,
            links=page.links,
            warnings=warnings,
        )


class _Page:
    """Writes a parsed text as plain lines."""

    def __init__(self, content: Content) -> None:
        self.draft = PageText()
        self.title = ""
        """The main heading, where nothing stands above it."""
        self.links: dict[str, str] = {}
        self._content = content

    def write(self, tokens: Sequence[Token]) -> None:
        """Write every block in order."""
        mark = ""  # what the next line begins with: the dash or number of its list item
        in_item = 0
        heading = main = False
        cells: list[str] | None = None
        for token in tokens:
            match token.type:
                case "list_item_open":
                    mark = f"{token.info}{token.markup} " if token.info else "- "
                    in_item += 1
                case "list_item_close":
                    in_item -= 1
                case "heading_open" | "heading_close":
                    heading, main = token.nesting > 0, token.tag == "h1" and token.nesting > 0
                case "tr_open":
                    cells = []
                case "tr_close":
                    self.draft.add(" | ".join(cells or ()), close=True)
                    cells = None
                case "inline" if cells is not None:
                    cells.append(" ".join(self._words(token).split()))
                case "inline":
                    if main and not self.draft:
                        self.title = words(self._words(token))
                    self.draft.add(mark + self._words(token), heading=heading, close=bool(in_item))
                    mark = ""
                case "fence" | "code_block":
                    self.draft.add(token.content.rstrip())
                case "html_block":
                    self._write_html(token.content)

    def _words(self, token: Token) -> str:
        """The words of a paragraph; it keeps the line breaks that its author forced."""
        children = token.children or []
        for number, child in enumerate(children):
            if child.type == "link_open":
                # Links do not nest, so the next closing one is its end.
                ends = (n for n in range(number, len(children)) if children[n].type == "link_close")
                end = next(ends, len(children))
                words = "".join(_inline(children[number + 1 : end]))
                self.links.setdefault(" ".join(words.split()), str(child.attrs.get("href", "")))
        return "".join(_inline(children))

    def _write_html(self, markup: str) -> None:
        from index.loaders.html.visible import read_visible

        for line in read_visible(self._content, markup).lines if _TAG.search(markup) else ():
            self.draft.add(line.text, heading=line.heading)
            self.links.update(line.links)


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    """The words that are seen: not those that stand in for a picture, nor those that a hiding tag encloses."""
    around = Enclosing()
    for token in tokens:
        if token.type == "html_inline":
            if _TAG.match(token.content):
                around.feed(token.content)
            yield "" if around.hidden else _tag(token.content)
        elif around.hidden or token.type == "image":
            continue
        elif token.type == "softbreak":
            yield " "
        elif token.type == "hardbreak":
            yield "\n"
        else:
            yield token.content


def _tag(markup: str) -> str:
    """What is shown for a tag: nothing for one of HTML or a comment, else the characters themselves."""
    from lxml.html import defs  # type: ignore[import-untyped]

    tag = _TAG.match(markup)
    name = tag[1].lower() if tag else ""
    if name == "br":
        return "\n"
    return "" if markup.startswith(_UNREAD) or name in defs.tags or name in UNSEEN else markup
