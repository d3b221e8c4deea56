"""Which documents print the same text: MinHash finds pairs that may, runs of shared words decide.

A signature is made of a document's five-word shingles (Broder, "On the resemblance and containment of documents",
1997) and cut into bands of two (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3): texts with a
Jaccard similarity of 0.28, which is what is left where every seventh word was changed, share a band with probability
0.98, unrelated ones almost never. Whether a pair with a shared band is a copy is then decided on the texts.

A short text has too few shingles for that: it is a copy of those that are the same word for word, but for one figure.

Passages are told by the same runs, with figures left open: an update of a figure is no independent report, and no
mere copy either.

In a search copies are one voice: hits in them become hits of one document that lists the others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from index.article.bylines import read_dateline
from index.documents import Cluster, Copy, Document, Hit
from index.lexicon import NUMBER_WORDS, NUMBERS

_LARGEST_SPELT = 12

WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+")
"""A word, or a number with its point, its commas or the colon of a time."""

_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")

METHOD = "2"
"""Raise whenever the same documents would get other signatures or other copies: what is stored is then made anew."""

BANDS = 48
_ROWS = 2
_SHINGLE = 5
_RUN = 4
LEAST_WORDS = 25
"""In a body with fewer words, a shared phrase is most of it."""
_LEAST_PLAIN = 4
"""A short text with fewer words that are no figures is a line of a table, and its figures are what it says."""

LEAST_SHARED = 0.72
LEAST_DISTINCTIVE = 0.75
MOST_MISSING = 0.035

_SENTENCE_END = re.compile(r"[.!?:\n][\"'”’)\s]*[\"'“‘(]*$")
_BEFORE = 6
"""Characters before a word that say whether it begins a sentence."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ANY_FIGURE = "#"


@lru_cache(maxsize=100_000)
def figure(word: str) -> str:
    """The figure that a word is, the same however it is spelled; empty for a word that is none.

    >>> figure("3,400"), figure("three"), figure("4.7"), figure("A17"), figure("million"), figure("pier")
    ('3400', '3', '4.7', 'a17', 'million', '')
    """
    folded = word.casefold()
    if any(character.isdigit() for character in folded):
        return _THOUSANDS.sub("", folded)
    if folded not in NUMBER_WORDS:
        return ""
    number = NUMBERS.get(folded)
    return folded if number is None or number > _LARGEST_SPELT else str(number)


def figures(text: str) -> frozenset[str]:
    """All figures of a text.

    >>> sorted(figures("Eleven of 3,400 crowns, or 0.3 million"))
    ['0.3', '11', '3400', 'million']
    """
    return frozenset(filter(None, map(figure, WORD.findall(text))))


@dataclass(frozen=True)
class Body:
    """A text taken apart: its words as hashes, its figures, and the words that tell one event from another."""

    text: str

    @classmethod
    def of(cls, document: Document) -> Body:
        """Of what stands in the document's body, without title, byline, headings and related headlines."""
        return cls(body(document))

    @cached_property
    def matches(self) -> list[re.Match[str]]:
        """The words in their places."""
        return list(WORD.finditer(self.text))

    @cached_property
    def words(self) -> NDArray[np.uint64]:
        """A hash of each word, shape (words,)."""
        return _hashes([match[0].casefold() for match in self.matches])

    @cached_property
    def placed_figures(self) -> list[str]:
        """For each word the figure that it is, empty for one that is none."""
        return [figure(match[0]) for match in self.matches]

    @cached_property
    def figures(self) -> frozenset[str]:
        """Its figures, in digits or in words."""
        return frozenset(filter(None, self.placed_figures))

    @cached_property
    def distinctive(self) -> frozenset[str]:
        """Names, and figures in digits."""
        return frozenset(match[0] for match in self.matches if _is_distinctive(self.text, match))

    @cached_property
    def runs(self) -> NDArray[np.uint64]:
        """A hash of each run of four words."""
        return _runs(self.words, _RUN)

    @cached_property
    def open_runs(self) -> NDArray[np.uint64]:
        """A hash of each run of four words in which one figure is as good as another, unless most of it is figures."""
        plain = np.array([not value for value in self.placed_figures], dtype=np.int64)
        size = len(self) - len(self.runs) + 1
        counts = np.convolve(plain, np.ones(size, np.int64), "valid") if len(self) else np.zeros(1, np.int64)
        return np.where(2 * counts >= size, _runs(_hashes(self._open_words), _RUN), self.runs)

    @cached_property
    def form(self) -> int:
        """64 bits, signed, that texts share where they are the same word for word."""
        return int.from_bytes(_digest(" ".join(match[0].casefold() for match in self.matches)), "little", signed=True)

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The words, those of a figure such as "3.2 million" in one piece."""
        found: list[str] = []
        for match, value, before in zip(self.matches, self.placed_figures, ["", *self.placed_figures], strict=False):
            if value and before:
                found[-1] += f" {match[0].casefold()}"
            else:
                found.append(match[0].casefold())
        return tuple(found)

    @property
    def _open_words(self) -> list[str]:
        return [
            _ANY_FIGURE if value else match[0].casefold()
            for match, value in zip(self.matches, self.placed_figures, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.matches)


def body(document: Document) -> str:
    """The parts of a document's text that are its body, in their order, with a line break between them."""
    if not document.blocks:
        return document.text
    return "\n".join(block.span.of(document.text) for block in document.blocks if block.role == "body")


def signature(text: Body) -> NDArray[np.uint32]:
    """One key for each band, shape (BANDS,), in which the band's number is mixed.

    Of a body with fewer than `LEAST_WORDS` words, a key for each of its figures, made of all other words. Two documents
    with a key in common may be copies; see `is_copy`.
    """
    if len(text) < LEAST_WORDS:
        return np.array(
            [int.from_bytes(_digest(" ".join(rest))[:4], "little") for rest in _without_one(text)], np.uint32
        )
    shingles = _runs(text.words, _SHINGLE)
    least = ((shingles[:, None] ^ _SEEDS) * _ODD >> np.uint64(20)).min(axis=0)
    bands = least.reshape(BANDS, _ROWS)
    return np.asarray(_mixed(bands[:, 0] * _ODD + bands[:, 1] + _BAND_NUMBERS) >> np.uint64(32), np.uint32)


def _without_one(text: Body) -> Iterator[tuple[str, ...]]:
    """The text as often as it has figures, each time with another one left open; never where most of it is figures."""
    places = [place for place, piece in enumerate(text.pieces) if figure(piece.split(" ")[0])]
    if len(text.pieces) - len(places) >= max(_LEAST_PLAIN, len(places)):
        yield from ((*text.pieces[:place], _ANY_FIGURE, *text.pieces[place + 1 :]) for place in places)


def is_copy(one: Body, other: Body) -> bool:
    """Whether the shorter text is the longer one's, whole, shortened or edited.

    Most of its words stand in runs of four that the longer text has too. And its names and figures are mostly the
    longer one's, or too few are not to matter, or one figure is all that differs: a report that only fills the same
    form has others. A short text must be the same word for word, but for one figure.
    """
    if one.form == other.form:
        return len(one) > 0
    short, long = sorted((one, other), key=len)
    if len(short) < LEAST_WORDS:
        return len(long) < LEAST_WORDS and not set(_without_one(short)).isdisjoint(_without_one(long))
    if shared(short, long) < LEAST_SHARED:
        return False
    missing = short.distinctive - long.distinctive
    if len([word for word in missing if figure(word)]) == 1:
        missing = frozenset(word for word in missing if not figure(word))
    return len(missing) <= max((1 - LEAST_DISTINCTIVE) * len(short.distinctive), MOST_MISSING * len(short))


def shared(one: Body, other: Body) -> float:
    """Share in [0, 1] of the first text's words that stand in a run of four words that the second has too."""
    return float(_covered(one.runs, other.runs, len(one)).mean()) if len(one) else 0.0


@lru_cache(maxsize=256)
def body_of_passage(passage: str) -> Body:
    """What a passage says; those of the last few questions are kept, since each is looked at several times.

    Place and day before the first sentence are the paper's own and say nothing that another copy must repeat.
    """
    return Body(passage[read_dateline(passage)[0] :])


def repeats(passage: Body, text: Body) -> bool:
    """Whether a text says what a passage that `body_of_passage` took apart says, be it with other figures."""
    if not len(passage):
        return False
    return bool(_covered(passage.open_runs, text.open_runs, len(passage)).mean() >= LEAST_SHARED)


def other_figures(passage: Body, text: Body) -> tuple[str, ...]:
    """The figures, as they are written, that a text has where it says what a passage says, and the passage has not."""
    covered = _covered(text.open_runs, passage.open_runs, len(text))
    found: dict[str, None] = {}
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and covered[end] and text.placed_figures[end]:
            end += 1
        if not passage.figures.issuperset(text.placed_figures[start:end]):
            found[text.text[text.matches[start].start() : text.matches[end - 1].end()]] = None
        start = end + 1
    return tuple(found)


def text_groups(texts: Iterable[str]) -> Iterator[int]:
    """For each text, as it comes, the place of the first that it repeats, figures aside; its own where there is none.

    >>> told = ["Four boats left the harbour at dawn", "Rain fell", "Six boats left the harbour at dawn, it said"]
    >>> list(text_groups(told))
    [0, 1, 0]
    """
    firsts: dict[int, list[int]] = {}
    bodies: dict[int, Body] = {}
    for number, text in enumerate(texts):
        own = body_of_passage(text)
        runs = own.open_runs.tolist()
        candidates = sorted({first for run in runs for first in firsts.get(run, ())})
        alike = (first for first in candidates if repeats(*sorted((own, bodies[first]), key=len)))
        group = next(alike, number)
        if group == number:
            bodies[number] = own
            for run in dict.fromkeys(runs):
                firsts.setdefault(run, []).append(number)
        yield group


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


def _covered(own: NDArray[np.uint64], other: NDArray[np.uint64], count: int) -> NDArray[np.bool_]:
    """Which of a text's words stand in one of its runs that another text has too, shape (count,)."""
    found = np.isin(own, other)
    covered = np.zeros(count, bool)
    for place in range(min(_RUN, count)):
        covered[place : place + len(found)] |= found
    return covered


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


def _hashes(words: Sequence[str]) -> NDArray[np.uint64]:
    return np.fromiter(map(_hash, words), np.uint64, len(words))


@lru_cache(maxsize=100_000)
def _hash(word: str) -> int:
    """The same in every process, unlike `hash`."""
    return int.from_bytes(_digest(word), "little")


def _digest(words: str) -> bytes:
    """64 bits; whoever writes a text must not be able to choose them."""
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _is_distinctive(text: str, match: re.Match[str]) -> bool:
    """Whether a word is a figure, or a name: it has a capital that no beginning of a sentence gave it."""
    first = match[0][0]
    if first.islower() or first.isdigit():
        return first.isdigit()
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    return first.isupper() and len(match[0]) > 1 and bool(before.strip()) and not _SENTENCE_END.search(before)


_SEEDS = _mixed(np.arange(1, BANDS * _ROWS + 1, dtype=np.uint64) * _ODD)
_BAND_NUMBERS = _mixed(np.arange(1, BANDS + 1, dtype=np.uint64))


Clusters = Mapping[str, Cluster]
"""By a document's id, its cluster; a document without copies is absent."""


class Texts:
    """Passages and documents by their text, each taken apart once, and each pair of them compared once."""

    def __init__(self) -> None:
        self._passages: dict[str, Body] = {}
        self._documents: dict[str, Body] = {}
        self._repeated: dict[tuple[str, str], bool] = {}

    def repeats(self, passage: str, document: Document) -> bool:
        """Whether a document says what a passage says, be it with other figures; see `repeats`."""
        pair = (passage, document.text)
        if pair not in self._repeated:
            self._repeated[pair] = repeats(self.passage_body(passage), self._body(document.text))
        return self._repeated[pair]

    def prints(self, passage: str, document: Document) -> bool:
        """Whether a document says what a passage says, with every figure."""
        return self.passage_body(passage).figures <= self._body(document.text).figures and self.repeats(
            passage, document
        )

    def adds(self, passage: str, documents: Iterable[Document], wanted: frozenset[str]) -> bool:
        """Whether a passage has one of the wanted figures, and none of the documents has it."""
        known = frozenset[str]().union(*(self._body(document.text).figures for document in documents))
        return bool(self.passage_body(passage).figures & wanted - known)

    def other_figures(self, passage: str, document: Document) -> tuple[str, ...]:
        """The figures that a document has where it says what a passage says, and the passage has not."""
        return other_figures(self.passage_body(passage), self._body(document.text))

    def passage_body(self, passage: str) -> Body:
        """See `body_of_passage`."""
        if passage not in self._passages:
            self._passages[passage] = body_of_passage(passage)
        return self._passages[passage]

    def _body(self, text: str) -> Body:
        if text not in self._documents:
            self._documents[text] = Body(text)
        return self._documents[text]


def with_copies(hits: Sequence[Hit], clusters: Clusters, texts: Texts) -> list[Hit]:
    """The hits, each with the copies of its document, whatever a filter says of them: they were printed all the same.

    Those with other figures stand first, the latest before the others: they may be corrections.
    """
    return [_listed(hit, clusters[hit.document.id], texts) if hit.document.id in clusters else hit for hit in hits]


def collapse(hits: Sequence[Hit], clusters: Clusters, texts: Texts, query: str = "") -> list[Hit]:
    """Of each cluster, the hits in its best-ranked document, the earliest and then the longest among equals.

    Another member keeps those hits that say what no document kept before it says, as an excerpt may have left it out.
    Where only figures differ, a hit stays if it has one that the query names and none of those kept has; and of the
    others those of the latest member, which may be a correction, or may have been corrected.
    """
    best: dict[int, Hit] = {}
    for hit in hits:
        if cluster := clusters.get(hit.document.id):
            best[cluster.number] = min(best.get(cluster.number, hit), hit, key=_precedence)
    wanted = figures(query)
    kept = {number: {hit.document.id: hit.document} for number, hit in best.items()}
    altered: dict[int, list[Hit]] = {}
    chosen: set[str] = set()
    for hit in hits:
        cluster = clusters.get(hit.document.id)
        documents = kept[cluster.number] if cluster else {}
        alike = [other for other in documents.values() if texts.repeats(hit.text, other)]
        if cluster and hit.document.id not in documents and any(texts.prints(hit.text, other) for other in alike):
            continue
        if not cluster or hit.document.id in documents or not alike or texts.adds(hit.text, alike, wanted):
            documents[hit.document.id] = hit.document
            chosen.add(hit.passage.id)
        else:
            altered.setdefault(cluster.number, []).append(hit)
    for others in altered.values():
        latest = max((hit.document for hit in others), key=lambda document: document.published or date.min)
        chosen.update(hit.passage.id for hit in others if hit.document.id == latest.id)
    return [hit for hit in hits if hit.passage.id in chosen]


def _listed(hit: Hit, cluster: Cluster, texts: Texts) -> Hit:
    copies = [_copy(hit, document, texts) for document in cluster.documents if document.id != hit.document.id]
    copies.sort(key=lambda copy: (copy.published or date.max, copy.document))
    altered = sorted(
        (copy for copy in copies if copy.figures), key=lambda copy: copy.published or date.min, reverse=True
    )
    alike = (copy for copy in copies if not copy.figures)
    return replace(hit, copies=(*altered, *alike), copy_count=cluster.size - 1)


def _copy(hit: Hit, document: Document, texts: Texts) -> Copy:
    prints = texts.prints(hit.text, document)
    instead = () if prints else texts.other_figures(hit.text, document)
    return Copy(
        document.id, document.outlet, document.published, document.title, document.url, document.key, prints, instead
    )


def _precedence(hit: Hit) -> tuple[float, date, int, str]:
    document = hit.document
    return (-hit.score, document.published or date.max, -len(document.text), document.id)
