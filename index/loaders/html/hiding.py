"""What the readers of a page do not see of it, by the attributes and the own style of its elements.

Rules of style sheets are not followed: what one hides at first, a script often shows on a click.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser

UNSEEN = frozenset(
    "script style noscript template title head iframe object embed svg math canvas select button textarea "
    "datalist".split()
)
"""Elements of which a page shows nothing that could be quoted."""

Colour = tuple[int, int, int]

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_DECLARATION = re.compile(r"(?<![a-z-])([a-z-]++)\s*:\s*((?:[^;()]|\([^()]*\)?)*)")
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|ex|ch|vw|vh|cm|mm|in|%)?")
_PIXELS = {"pt": 4 / 3, "em": 16, "rem": 16, "ex": 8, "ch": 8, "vw": 10, "vh": 10, "cm": 38, "mm": 3.8, "in": 96}
_PAGE, _LETTER = 1_000, 16
"""Pixels of a page's side and of a letter, where nothing says otherwise."""
_LEAST_SIZE = 3
"""Letters of fewer pixels cannot be read."""
_FAR = 900
"""Pixels to the left of a page, or above it, where nobody can scroll to."""
_PLACES = ("left", "top", "text-indent", "margin-left", "margin-top")
_CLIPPED = re.compile(r"rect\(\s*(?:[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:50|100)%|circle\(\s*0")
_SHRUNK = re.compile(r"scale(?:3d|x|y)?\(\s*0(?:\.0+)?\s*[,)]")
_CUT_OFF = re.compile(r"hidden|clip")
_IMAGE = re.compile(r"url\(|gradient|image")
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+%?)\s*)?\)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
_CLEAR: Colour = (-1, -1, -1)
"""The colour of letters that let everything through."""
_ALIKE = 8
"""Steps of 255 in each of red, green and blue by which two colours may differ and still look the same."""


@dataclass(frozen=True, slots=True)
class _Appearance:
    """How an element looks: `gone` with all that is in it, or with letters that what is in it may show again."""

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    same: bool = False
    """Whether its letters have the colour of what is behind them."""
    ink: Colour | None = _NAMED["black"]
    ground: Colour | None = _NAMED["white"]


class Sight:
    """Whether text is seen at the place that a walk through a page has reached.

    Where the page has a style sheet, colours are compared only if one element has both of them: all others may come
    from a rule.
    """

    def __init__(self) -> None:
        self._looks = [_Appearance()]
        self._sheet = False

    def enter(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._sheet = self._sheet or tag == "style" or "stylesheet" in attributes.get("rel", "").lower()
        around, style = self._looks[-1], declarations(attributes.get("style", ""))
        gone = around.gone or _is_gone(attributes, style)
        seen, size = style.get("visibility", "inherit"), style.get("font-size", "inherit")
        invisible = around.invisible if seen == "inherit" else seen in ("hidden", "collapse")
        # A size that is a word ("large"), or that depends on another, is none that could not be read.
        tiny = around.tiny if size == "inherit" else _pixels(size, _LETTER) < _LEAST_SIZE
        look = replace(around, gone=gone, invisible=invisible, tiny=tiny)
        self._looks.append(self._coloured(look, attributes, style))

    def leave(self) -> None:
        """The element that began last ends."""
        self._looks.pop()

    @property
    def gone(self) -> bool:
        """Whether nothing is seen of the element that began last, whatever is in it."""
        return self._looks[-1].gone

    @property
    def hidden(self) -> bool:
        """Whether text at this place is not seen."""
        look = self._looks[-1]
        return look.gone or look.invisible or look.tiny or look.same

    def _coloured(self, look: _Appearance, attributes: Mapping[str, str], style: Mapping[str, str]) -> _Appearance:
        ink = style.get("color") or attributes.get("color", "").lower()
        ground = style.get("background-color") or style.get("background") or attributes.get("bgcolor", "").lower()
        behind = look.ground
        if "background" in attributes:
            behind = None
        elif ground and ground not in ("none", "inherit", "initial", "unset") and not _is_transparent(ground):
            behind = None if _IMAGE.search(ground) else _colour(ground)
        letters = _colour(ink) if ink and ink != "inherit" else look.ink
        if letters == _CLEAR:
            same = True
        elif self._sheet and not (ink and ground):
            same = look.same and not (ink or ground)
        else:
            same = (
                letters is not None
                and behind is not None
                and all(abs(a - b) <= _ALIKE for a, b in zip(letters, behind, strict=True))
            )
        return replace(look, ink=letters, ground=behind, same=same)


class Enclosing(HTMLParser):
    """Whether tags that stand in a line of text hide what is between them."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._sight = Sight()

    @property
    def hidden(self) -> bool:
        """Whether text behind the tags so far is not seen."""
        return self._sight.hidden or not UNSEEN.isdisjoint(self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        if tag not in _VOID:
            self._open.append(tag)
            self._sight.enter(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`. An end tag also ends what was opened inside and left open."""
        while tag in self._open:
            self._sight.leave()
            if self._open.pop() == tag:
                break


def declarations(style: str) -> dict[str, str]:
    """The properties of a `style` attribute with their values, in lower case; of one given twice the last counts.

    >>> declarations("Color: RED; display : none !important")
    {'color': 'red', 'display': 'none'}
    """
    plain = _ESCAPE.sub(lambda code: chr(min(int(code[1], 16), 0x10FFFF)), _COMMENT.sub(" ", style)).lower()
    found = _DECLARATION.findall(plain)
    return {name: value.replace("!important", "").strip() for name, value in found}


def _is_gone(attributes: Mapping[str, str], style: Mapping[str, str]) -> bool:
    sides = [style[name] for name in ("width", "height", "max-width", "max-height") if name in style]
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or style.get("display") == "none"
        or _number(style.get("opacity", "1")) == 0
        or any(_pixels(style[name], 0) <= -_FAR for name in _PLACES if name in style)
        or _CLIPPED.search(style.get("clip", "") + style.get("clip-path", "")) is not None
        or _SHRUNK.search(style.get("transform", "")) is not None
        # Cut off at an edge that leaves nothing of it.
        or (bool(_CUT_OFF.search(style.get("overflow", ""))) and any(_pixels(side, _PAGE) < 2 for side in sides))
    )


def _number(value: str) -> float:
    match = _LENGTH.match(value)
    return float(match[1]) if match else 1.0


def _pixels(value: str, whole: float) -> float:
    """A length in pixels, about, where 100 % are `whole` pixels; positive infinity where it is none."""
    match = _LENGTH.match(value)
    if not match:
        return float("inf")
    return float(match[1]) * (whole / 100 if match[2] == "%" else _PIXELS.get(match[2], 1))


def _is_transparent(value: str) -> bool:
    if value == "transparent":
        return True
    if (match := _RGB.search(value)) and match[4]:
        return _number(match[4]) == 0
    match = _HEX.search(value)
    return match is not None and len(match[1]) in (4, 8) and int(match[1][len(match[1]) * 3 // 4 :], 16) == 0


def _colour(value: str) -> Colour | None:
    """Red, green and blue, each 0 to 255; None for what is not understood."""
    if _is_transparent(value):
        return _CLEAR
    if match := _HEX.search(value):
        wide = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        return int(wide[:2], 16), int(wide[2:4], 16), int(wide[4:6], 16)
    if match := _RGB.search(value):
        return int(match[1]), int(match[2]), int(match[3])
    return next((_NAMED[word] for word in value.split() if word in _NAMED), None)
