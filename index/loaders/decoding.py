"""Bytes → text: byte order marks, UTF-8, a stated encoding, a guessed one; and the refusal of what is no text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from index.errors import NotText

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STATED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,30})", re.IGNORECASE)
_STATED_WITHIN = 2048
# Python also knows codecs that are no character sets ("hex") or that are never meant ("unicode_escape").
_CHARACTER_SET = re.compile(
    r"(?:windows|cp\d|ibm|iso|latin|us-ascii|ascii|utf-?(?:8|16|32)|koi8|mac|big5|gb|euc|shift|sjis|ms_?kanji|tis|hz|johab|ks)",
    re.IGNORECASE,
)
_WESTERN = "cp1252"
_ISO_WESTERN = ("iso8859-1", "ascii")

_MOST_NUL = 0.1
_MOST_GARBAGE = 0.08
_SAMPLE = 64 * 1024
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f)|[\U000e0000-\U000e007f]+")
"""Characters that nothing shows, except in the flag of a region, which they name."""
_BACKWARDS = re.compile("\u202e([^\u202c\u202d\u202e\n]*)\u202c?")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without byte order mark, with LF line ends, that UTF-8 can write; and what was lost on the way."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, label: str, sent_as: str = "") -> Decoded:
    """The bytes as text. Raises NotText, naming `label`, for bytes that are text in no encoding.

    `sent_as` is the encoding that their sender states; it counts where the bytes themselves say nothing.
    """
    encoding, start, guessed = _encoding(data, label, sent_as)
    raw = data[start:].decode(encoding, "replace").removeprefix("\ufeff")
    if _garbage_share(raw) > _MOST_GARBAGE:
        raise _not_text(label, "most of it is control characters")
    genuine = data.count("\ufffd".encode()) if encoding == "utf-8" else 0
    undecodable = raw.count("\ufffd") - genuine
    text, unfit = tidied(raw)
    warnings = (
        [f"its encoding is not stated: {encoding} is a guess, save it as UTF-8 if it reads wrong"] if guessed else []
    )
    if undecodable > 0:
        warnings.append(f"{undecodable:,} sequences that are not valid {encoding} were replaced by U+FFFD")
    if unfit:
        warnings.append(f"{unfit:,} NUL characters or lone surrogates were replaced by U+FFFD")
    return Decoded(text, encoding, tuple(warnings))


def tidied(text: str) -> tuple[str, int]:
    """The text with LF line ends and without what cannot be stored, and how many characters had to go."""
    return repaired(_LINE_END.sub("\n", text) if "\r" in text else text)


def repaired(text: str) -> tuple[str, int]:
    """The text with U+FFFD for each NUL and lone surrogate, so of the same length, and how many there were."""
    return _UNFIT.subn("\ufffd", text)


def as_shown(text: str) -> str:
    """The text as its readers see it: without tag characters, and what is shown backwards in that order.

    Tag characters (U+E0000 to U+E007F) spell words that nobody sees; a right-to-left override (U+202E) turns letters
    around of which each reads from left to right. Other control characters stay.

    >>> as_shown("\u202esyad 04\u202c and not" + chr(0xE0041) + " 40")
    '40 days and not 40'
    """
    return _TAGS.sub(lambda run: run[1] or "", _BACKWARDS.sub(lambda run: run[1][::-1], text))


def _encoding(data: bytes, label: str, sent_as: str) -> tuple[str, int, bool]:
    """The encoding's Python name, how many bytes of mark precede the text, and whether it is but a guess."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark), False
    if wide := _utf16_without_mark(data):
        return wide, 0, False
    if data.count(0) > _MOST_NUL * len(data):
        raise _not_text(label, f"{data.count(0) / len(data):.0%} of it are NUL bytes")
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd") - data.count("\ufffd".encode())
    # Valid, or damaged in no more places than it has valid characters beyond ASCII.
    if damaged == 0 or len(text) - len(text.encode("ascii", "ignore")) - damaged >= damaged:
        return "utf-8", 0, False
    # What an HTML or XML head states, if it is a character set and fits.
    match = _STATED.search(data, 0, _STATED_WITHIN)
    if stated := (_fitting(match[1].decode("ascii"), data) if match else "") or _fitting(sent_as, data):
        return stated, 0, False
    return _guessed(data, label), 0, True


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 of mostly Latin text has a NUL in every other byte."""
    sample = data[: _SAMPLE & ~1]
    pairs = len(sample) // 2
    first, second = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if second > 0.6 * pairs and first < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if first > 0.6 * pairs and second < 0.1 * pairs else ""


def _fitting(stated: str, data: bytes) -> str:
    """The Python name of a stated encoding that is a character set and can read the data, or ""."""
    if not _CHARACTER_SET.match(stated):
        return ""
    try:
        name = codecs.lookup(stated).name
        data[:_SAMPLE].decode(name, "replace")
    except LookupError:
        return ""
    # Browsers, and so the pages made for them, take Latin-1 and ASCII for Windows' Western encoding.
    return _WESTERN if name in _ISO_WESTERN else "" if name == "utf-8" else name


def _guessed(data: bytes, label: str) -> str:
    """The likeliest encoding of the part around the first byte beyond ASCII; Western where nothing else fits better."""
    from charset_normalizer import from_bytes

    beyond = next(iter(re.finditer(rb"[\x80-\xff]", data)), None)
    start = max(0, (beyond.start() if beyond else 0) - _SAMPLE // 4) & ~3
    sample = data[start : start + _SAMPLE]
    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        raise _not_text(label, "its bytes fit no encoding")
    western = next((match for match in matches if _WESTERN in match.could_be_from_charset), None)
    letters, high = len(re.findall(rb"[A-Za-z]", sample)), len(re.findall(rb"[\x80-\xff]", sample))
    if (western or 4 * high < letters) and best.coherence <= (western.coherence if western else 0.0):
        return _WESTERN
    return best.encoding


def _garbage_share(text: str) -> float:
    """Share of control characters, unassigned ones and failed ones in the first and the middle part."""
    middle = len(text) // 2
    sample = text[:_SAMPLE] if len(text) <= _SAMPLE else text[: _SAMPLE // 2] + text[middle : middle + _SAMPLE // 2]
    garbage = sum(
        character == "\ufffd" or unicodedata.category(character) in {"Cc", "Cn", "Cs"}
        for character in sample
        if character not in "\x00\t\n\v\f\r\x1b\x85"
    )
    return garbage / max(1, len(sample))


def _not_text(label: str, why: str) -> NotText:
    return NotText(f"{label} is not text ({why}): give a text, or one of the formats that are read")
