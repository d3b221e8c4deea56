"""Which documents print the same text: MinHash finds pairs that may, runs of shared words decide.

A signature is made of a document's five-word shingles (Broder, "On the resemblance and containment of documents",
1997) and cut into bands of two (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3): texts with a
Jaccard similarity of 0.28, which is what is left where every seventh word was changed, share a band with probability
0.98, unrelated ones almost never. Whether a pair with a shared band is a copy is then decided on the texts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from index.bylines import read_dateline
from index.documents import Document

METHOD = "1"
"""Raise whenever the same documents would get other signatures or other copies: what is stored is then made anew."""

BANDS = 48
_ROWS = 2
_SHINGLE = 5
_RUN = 4
LEAST_WORDS = 25
"""A body with fewer words is compared with nothing: in so short a text, a shared phrase is most of it."""

LEAST_SHARED = 0.72
LEAST_TELLING = 0.75
MOST_MISSING = 0.035

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?:\n][\"'”’)\s]*[\"'“‘(]*$")
_BEFORE = 6
"""Characters before a word that say whether it begins a sentence."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Body:
    """The words of a document's body as hashes, shape (words,), and those of them that tell one event from another."""

    words: NDArray[np.uint64]
    telling: frozenset[str]

    @classmethod
    def of(cls, document: Document) -> Body:
        """Of what stands in the document's body, without title, byline, headings and related headlines."""
        return cls.of_text(body(document))

    @classmethod
    def of_text(cls, text: str) -> Body:
        """Of a text that is all body."""
        matches = list(_WORD.finditer(text))
        words = np.fromiter((_hash(match[0].casefold()) for match in matches), np.uint64, len(matches))
        return cls(words, frozenset(match[0] for match in matches if _tells(text, match)))

    @cached_property
    def runs(self) -> NDArray[np.uint64]:
        """A hash of each run of four words."""
        return _runs(self.words, _RUN)

    def __len__(self) -> int:
        return len(self.words)


def body(document: Document) -> str:
    """The parts of a document's text that are its body, in their order, with a line break between them."""
    if not document.blocks:
        return document.text
    return "\n".join(block.span.of(document.text) for block in document.blocks if block.role == "body")


def signature(text: Body) -> NDArray[np.uint32]:
    """One key for each band, shape (BANDS,), in which the band's number is mixed; empty for a body that is too short.

    Two documents with a key in common may be copies; see `is_copy`.
    """
    if len(text) < LEAST_WORDS:
        return np.empty(0, np.uint32)
    shingles = _runs(text.words, _SHINGLE)
    least = ((shingles[:, None] ^ _SEEDS) * _ODD >> np.uint64(20)).min(axis=0)
    bands = least.reshape(BANDS, _ROWS)
    return np.asarray(_mixed(bands[:, 0] * _ODD + bands[:, 1] + _BAND_NUMBERS) >> np.uint64(32), np.uint32)


def is_copy(one: Body, other: Body) -> bool:
    """Whether the shorter text is the longer one's, whole, shortened or edited.

    Most of its words stand in runs of four that the longer text has too. And its names and figures are mostly the
    longer one's, or too few are not to matter: a report that only fills the same form has others.
    """
    short, long = sorted((one, other), key=len)
    if len(short) < LEAST_WORDS or shared(short, long) < LEAST_SHARED:
        return False
    missing = len(short.telling - long.telling)
    return missing <= max((1 - LEAST_TELLING) * len(short.telling), MOST_MISSING * len(short))


def shared(one: Body, other: Body) -> float:
    """Share in [0, 1] of the first text's words that stand in a run of four words that the second has too."""
    if not len(one):
        return 0.0
    found = np.isin(one.runs, other.runs)
    covered = np.zeros(len(one), bool)
    for place in range(min(_RUN, len(one))):
        covered[place : place + len(found)] |= found
    return float(covered.mean())


def said(passage: str) -> Body:
    """What a passage says.

    Place and day before the first sentence are the paper's own and say nothing that another copy must repeat.
    """
    return Body.of_text(passage[read_dateline(passage)[0] :])


def says(passage: Body, text: Body) -> bool:
    """`prints`, of a passage that `said` has taken apart."""
    figures = {word for word in passage.telling if word[0].isdigit()}
    return figures <= text.telling and shared(passage, text) >= LEAST_SHARED


def components(pairs: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """For each document with a copy, the least number of those that are linked to it through copies of copies.

    >>> components({3: [5], 5: [3, 9], 9: [5], 4: []})
    {3: 3, 5: 3, 9: 3}
    """
    found: dict[int, int] = {}
    for start in sorted(number for number, others in pairs.items() if others):
        waiting = [start]
        while waiting:
            number = waiting.pop()
            if number not in found:
                found[number] = start
                waiting += pairs.get(number, ())
    return found


def _runs(words: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """A hash of each run of so many words; of all of them where there are fewer."""
    size = min(size, len(words))
    last = len(words) - size + 1
    runs = np.zeros(last, np.uint64)
    for place in range(size):
        runs = _mixed(runs + words[place : place + last])
    return runs


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits spread over the whole word, as in SplitMix64 (Steele, Lea and Flood 2014), without its last step."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@lru_cache(maxsize=100_000)
def _hash(word: str) -> int:
    """The same in every process, unlike `hash`."""
    data = word.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def _tells(text: str, match: re.Match[str]) -> bool:
    """Whether a word is a figure, or a name: it has a capital that no beginning of a sentence gave it."""
    first = match[0][0]
    if first.islower() or first.isdigit():
        return first.isdigit()
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    return first.isupper() and len(match[0]) > 1 and bool(before.strip()) and not _SENTENCE_END.search(before)


_SEEDS = _mixed(np.arange(1, BANDS * _ROWS + 1, dtype=np.uint64) * _ODD)
_BAND_NUMBERS = _mixed(np.arange(1, BANDS + 1, dtype=np.uint64))
