"""Lines as a printed page breaks them → paragraphs on a line each, with words put together again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.article.paragraphs import ends_sentence

_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
# Only from a word's first letter, or the time for a word of n letters would be n².
_BREAK = re.compile(r"(?<![^\W\d_])[^\W\d_]+[-\u00ad][ \t]*\n\s*[^\W\d_]+")
_BROKEN = re.compile(r"(?<![^\W\d_])(?P<first>[^\W\d_]+)-$")
_REST = re.compile(r"(?P<second>[^\W\d_]+)")
_BULLET = re.compile(r"(?:[-*•‣▪◦●■–—]|\(?\d{1,2}[.)])\s")
_SOFT_HYPHEN = "\u00ad"
_FULL = 0.95
"""The share of all lines' lengths below which the width of a column is taken: a few stick out."""


def reflow(pages: Sequence[str]) -> str:
    """The text of printed pages with one line for each paragraph; a paragraph may run on over a page's end.

    A line is joined to the one above where the first word would not have fitted there, or where it goes on in lower
    case after a line that ends no sentence. Bullets and empty lines begin paragraphs.
    """
    vocabulary = {word.casefold() for page in pages for word in _WORD.findall(_BREAK.sub(" ", page))}
    joined: list[list[str]] = []
    """The pieces of each paragraph, one for each line."""
    above = ""
    for page in pages:
        lines = [" ".join(line.split()) for line in page.splitlines()]
        lengths = sorted(len(line) for line in lines if line)
        width = lengths[min(int(len(lengths) * _FULL), len(lengths) - 1)] if lengths else 0
        gap = False
        for line in lines:
            if not line:
                gap = True
            elif joined and not gap and _continues(above, line, width):
                joined[-1][-1:] = _together(joined[-1][-1], line, vocabulary)
            else:
                joined.append([line])
            above, gap = (line, False) if line else (above, gap)
    return "\n".join("".join(pieces).replace(_SOFT_HYPHEN, "") for pieces in joined)


def _continues(above: str, line: str, width: int) -> bool:
    if _BULLET.match(line):
        return False
    if line[0].islower() and not ends_sentence(above):
        return True
    full = len(above) + 1 + len(line.split(" ", 1)[0]) > width
    return full and len(above) > width / 2


def _together(above: str, line: str, vocabulary: set[str]) -> tuple[str, str]:
    """Two lines as pieces of one; a hyphen at the break goes where it was the printer's."""
    if above.endswith(_SOFT_HYPHEN):
        return above[:-1], line
    broken, rest = _BROKEN.search(above), _REST.match(line)
    if not broken or not rest or line[0].isupper():
        return above, f" {line}"
    return (above if _keeps_hyphen(broken["first"], rest["second"], vocabulary) else above[:-1]), line


def _keeps_hyphen(first: str, second: str, vocabulary: set[str]) -> bool:
    """Whether "first-second" is a compound, judged by how the rest of the text writes it and its parts."""
    hyphened, whole = f"{first}-{second}".casefold(), f"{first}{second}".casefold()
    if hyphened in vocabulary or whole in vocabulary:
        return hyphened in vocabulary
    return first.casefold() in vocabulary and second.casefold() in vocabulary
