"""Which lines are headlines or section headings, and a title made from the first sentence where there is none."""

from __future__ import annotations

import re

from index.article.bylines import read_byline, read_dateline
from index.article.paragraphs import ends_sentence
from index.documents import Span

_TITLE_CHARACTERS = 200
_TITLE_WORDS = 25
_HEADING_CHARACTERS = 90
_HEADING_WORDS = 13
_DERIVED_CHARACTERS = 90
_SHORTEST_SENTENCE = 12

_MARKUP = re.compile(r"#{1,6}\s+|[*_]+(?=\S)")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_NEVER = re.compile(r"[-*•–—−·|>\[(]|https?://|www\.|\S+@\S")
_RUN_ON = re.compile(r"[^\W\d]:[^\W\d]")
_OPEN_END = (",", ";", ":", "-", "–", "—", "、", "，")
_RHETORICAL = re.compile(r"(?:and|but|so|or)\b", re.IGNORECASE)
_QUOTES = str.maketrans("“”‘’", "\"\"''")

_SENTENCE_STOP = re.compile(r"[.!?。！？؟][\"”’»)]*(?=\s+[^a-z\s]|\s*$)|[。！？]")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Prof|St|Lt|No)\.$")
_PUNCTUATION_STOP = re.compile(r"[;:]\s|,\s|\s[–—-]\s|[。，；：、]")
_CLAUSE_STOP = re.compile(
    r"\s(?=(?:to|as|after|before|because|while|when|if|whether|but|and|amid|who|which|that|over|despite|although"
    r"|unless|until)\s)"
)
_DANGLING = re.compile(
    r"(?:\s+(?:a|an|the|to|of|in|on|at|by|for|from|with|and|or|but|as|if|that|is|are|was|were|its|their|his|her))+$"
)


def without_markup(line: str) -> Span:
    """The words of a line without Markdown's heading or emphasis marks around them."""
    start, end = 0, len(line)
    while mark := _MARKUP.match(line, start):
        start = mark.end()
    while start and end > start and line[end - 1] in "#*_ ":
        end -= 1
    return Span(start, end)


def could_be_headline(line: str) -> bool:
    """Whether a page's first line can be its headline: short, and not written as a sentence."""
    if len(line) > _TITLE_CHARACTERS or line.endswith(_OPEN_END) or _NEVER.match(line):
        return False
    if ends_sentence(line) and not line.endswith(("?", "!", "…")):
        return False
    # Scripts that write no spaces between words have no words to count.
    if line[0].islower() or not (2 if line.isascii() else 1) <= len(line.split()) <= _TITLE_WORDS:
        return False
    return read_byline(line, after_title=False) is None and read_dateline(line)[0] == 0


def is_heading(line: str) -> bool:
    """Whether a line can head a section, as far as it shows: short, capitalised, without the end of a sentence."""
    words = without_markup(line).of(line)
    if len(words) > _HEADING_CHARACTERS or len(words.split()) > _HEADING_WORDS or _NEVER.match(words):
        return False
    first = _ALPHANUMERIC.search(words)
    if first is None or words.endswith((*_OPEN_END, "...", "…", "!")) or words.count('"') % 2:
        return False
    if _RUN_ON.search(words) or " | " in words:
        return False
    if first[0].islower() and not words[first.end() : first.end() + 1].isupper():
        return False
    if words.endswith("?"):
        return not _RHETORICAL.match(words) and not any(quote in words for quote in '"“”«»') and " " in words
    return not ends_sentence(words)


def same_title(line: str, given: str) -> bool:
    """Equal but for case, quotes and white space, or for the outlet's name at the end of the given one."""
    words, wanted = comparable(line), comparable(given)
    return bool(words) and wanted.startswith(words) and wanted[len(words) :][:3] in {"", " | ", " - ", " – ", " — "}


def comparable(words: str) -> str:
    """The first thousand characters in lower case, with straight quotes and single spaces: for comparison."""
    return " ".join(words[:1000].translate(_QUOTES).casefold().split())


def derived_title(paragraph: str) -> str:
    """A paragraph's first sentence, shortened at a clause or a word to 90 characters at most."""
    start, _ = read_dateline(paragraph)
    opening = paragraph[start : start + 1000].strip() or paragraph[:1000]
    opening = " ".join(opening.split())
    ends = (stop.end() for stop in _SENTENCE_STOP.finditer(opening) if stop.end() > _SHORTEST_SENTENCE)
    sentence = opening[: next((end for end in ends if not _ABBREVIATION.search(opening[:end][-8:])), None)]
    if len(sentence) <= _DERIVED_CHARACTERS:
        return sentence if sentence.endswith("..") else sentence.rstrip(".:;, ") or sentence
    return _shortened(sentence)


def _shortened(sentence: str) -> str:
    """The sentence up to a clause that ends within the limit, else up to its last whole word there."""
    limit = _DERIVED_CHARACTERS - 1
    window = sentence[:limit]
    punctuation = [stop.start() for stop in _PUNCTUATION_STOP.finditer(window) if stop.start() >= 0.5 * limit]
    clauses = [stop.start() for stop in _CLAUSE_STOP.finditer(window) if stop.start() >= 0.6 * limit]
    words = limit if sentence[limit] == " " else window.rfind(" ")
    end = punctuation[-1] if punctuation else clauses[0] if clauses else words if words > 0 else limit
    return _DANGLING.sub("", window[:end]).rstrip(" ,;:–—-") + "…"
