"""The SGML of TREC: elements found by their tags alone, as neither its documents nor its topics are well-formed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.errors import BenchmarkError

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PARAGRAPH = re.compile(r"\s*</?P(?:\s[^<>]*)?>\s*", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z0-9_][^<>]*>")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Element:
    """What stands between the tags of an element, and where it starts."""

    where: str
    inner: str

    def within(self, *names: str) -> str:
        """The plain text of every closed element with one of these names, in their order, a blank line between."""
        tags = "|".join(map(re.escape, names))
        found = re.finditer(rf"<({tags})(?:\s[^<>]*)?>(.*?)</\1\s*>", self.inner, re.DOTALL | re.IGNORECASE)
        return "\n\n".join(text for match in found if (text := plain_text(match[2])))

    def check_closed(self, name: str) -> None:
        """Raises BenchmarkError where an element of this name does not end: its text would be lost."""
        opening, closing = (len(re.findall(rf"<{slash}{name}[\s>]", self.inner, re.IGNORECASE)) for slash in ("", "/"))
        if opening != closing:
            raise BenchmarkError(
                f"{self.where}: the element that starts here has {opening} <{name}> and {closing} </{name}>"
            )

    def after(self, name: str) -> str:
        """The plain text from an opening tag to the next tag of any kind; "" where it is not there."""
        found = re.search(rf"<{name}(?:\s[^<>]*)?>([^<]*)", self.inner, re.IGNORECASE)
        return plain_text(found[1]) if found else ""


def elements(lines: Iterable[tuple[str, str]], name: str) -> Iterator[Element]:
    """Every element of a name, over whole lines with their places; what stands outside of them is passed over.

    Raises BenchmarkError where one starts inside another, ends without a start, or does not end.
    """
    tags = re.compile(rf"(</?{name}(?:\s[^<>]*)?>)", re.IGNORECASE)
    start, inner, where, found = "", list[str](), "", False
    for where, line in lines:
        for part in tags.split(line + "\n"):
            if not tags.fullmatch(part):
                inner.append(part)
                continue
            closes = part.startswith("</")
            if closes != bool(start):
                raise BenchmarkError(
                    f"{where}: {part} without a <{name}> before it"
                    if closes
                    else f"{where}: <{name}> inside the one that starts at {start}"
                )
            if closes:
                yield Element(start, "".join(inner))
            start, inner, found = ("" if closes else where), [], True
    if start:
        raise BenchmarkError(f"{start}: the <{name}> that starts here does not end: the file is cut short")
    if where and not found:
        raise BenchmarkError(f"{where}: the file ends here and holds no <{name}>")


def plain_text(markup: str) -> str:
    """Text without tags and comments; a `<P>` is a blank line, an entity the character it stands for."""
    text = _PARAGRAPH.sub("\n\n", _COMMENT.sub("", markup))
    return _BLANK_LINES.sub("\n\n", html.unescape(_TAG.sub("", text))).strip()
