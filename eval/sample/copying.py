"""Pairs of texts that are copies of one another, and pairs that only look like it, made from invented texts.

The halves share no text: an article, a form, a frame and a pair told twice each belong to one of them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from eval.sample import BENCHMARK, COPIES

SEED = 20250310

Half = Literal["dev", "test"]
_HALVES: tuple[Half, Half] = ("dev", "test")

_LEAST_WORDS = 80
"""Articles with fewer words are not cut and edited."""
_FILLED = 6
"""Pairs of each form that is filled twice."""
_FRAMED = 11
"""Pairs of each frame around two articles."""

_SENTENCE = re.compile(r"(?<=[.!?”\"])\s+")
_SLOT = re.compile(r"\{(\w+?)\d?\}")
_SAME_TEXT = ("mediator", "oskell-plan")
"""Parts of the names of the dossier's own copies, which are no different articles."""

_VALUES: dict[str, tuple[str, ...]] = {
    "place": ("Bellmere", "Harle", "Kessin", "Vantry", "Skelby", "Wexcombe", "Saltcote", "Lower Tarn", "Coldharbour"),
    "name": ("Ada Brandt", "Tom Ridley", "Mara Quint", "Luis Ferrol", "Jon Hasker", "Vera Lind", "Paul Otway"),
    "firm": ("Dray Shipping", "Orsa Foods", "Kessin Steel", "Lorn Energy", "Harle Glass", "Tarn Chemicals"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "sky": ("fog", "rain", "sunshine", "drizzle", "hail", "low cloud", "high wind"),
    "wind": ("light", "fresh", "gusty", "southerly"),
    "index": ("Kessin 30", "Veldaray All Share", "Harbour 50"),
    "updown": ("up", "down"),
    "trade": ("brisk", "quiet", "hesitant"),
    "open": ("open", "closed", "flooded"),
    "post": ("fire chief", "mayor", "head teacher", "harbour master"),
    "he": ("he", "she"),
    "He": ("He", "She"),
}
_RANGES = {"t": (1000, 90000), "year": (1931, 2019), "age": (19, 97)}


@dataclass(frozen=True, slots=True)
class CopyPair:
    """Two texts, whether one copies the other, and in which way they are alike."""

    kind: str
    copy: bool
    half: Half
    one: str
    other: str


def pairs() -> list[CopyPair]:
    """All pairs, the same at every call."""
    chance = random.Random(SEED)  # noqa: S311
    return [*_copies(chance), *_look_alikes(chance)]


def _copies(chance: random.Random) -> Iterator[CopyPair]:
    articles = _articles()
    for place, text in enumerate(articles):
        half = _HALVES[place % 2]
        for number in range(6):
            kind = list(_CHANGES)[(place * 5 // 2 + number * 2) % len(_CHANGES)]
            other = articles[(place + 2) % len(articles)]
            yield CopyPair(kind, True, half, text, _CHANGES[kind](text, other, chance))


def _look_alikes(chance: random.Random) -> Iterator[CopyPair]:
    for place, told in enumerate(_blocks("rewritten.txt")):
        one, other = told.split("\n--\n")
        yield CopyPair("told twice", False, _HALVES[place % 2], one, other)
    for place, form in enumerate(_blocks("forms.txt")):
        for _ in range(_FILLED):
            yield CopyPair("form", False, _HALVES[place % 2], _filled(form, chance), _filled(form, chance))
            one, other = _counted(form, chance)
            yield CopyPair("form, same names", False, _HALVES[place % 2], one, other)
    for place, half in enumerate(_HALVES):
        articles, frames = _articles()[place::2], _blocks("frames.txt")[place::2]
        for frame in frames:
            for _ in range(_FRAMED):
                one, other = chance.sample(articles, 2)
                yield CopyPair("frame", False, half, f"{frame}\n\n{one}", f"{frame}\n\n{other}")
            briefs = [told.split("\n--\n")[1] for told in _blocks("rewritten.txt")[place::2]]
            for one, other in chance.sample(list(combinations(briefs, 2)), 8):
                yield CopyPair("frame, short", False, half, f"{frame}\n\n{one}", f"{frame}\n\n{other}")
        stories = [text for text in articles if text in _dossier()]
        for one, other in chance.sample(list(combinations(stories, 2)), 25):
            yield CopyPair("same story", False, half, one, other)
        for one, other in (chance.sample(articles, 2) for _ in range(12)):
            quoted = chance.choice(_SENTENCE.split(one))
            yield CopyPair("quotation", False, half, one, f"{other}\n\n{quoted}")
    for place, text in enumerate(_blocks("translated.txt")):
        yield CopyPair("translation", False, _HALVES[place % 2], _blocks("articles.txt")[place], text)


def _articles() -> list[str]:
    return [text for text in (*_blocks("articles.txt"), *_dossier()) if len(text.split()) >= _LEAST_WORDS]


def _dossier() -> list[str]:
    """The articles of the packaged dossier, of its own copies the agency's only."""
    lines = (BENCHMARK / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    records = [record for record in map(json.loads, lines) if record["metadata"]["kind"] == "article"]
    return [r["text"] for r in records if r["_id"].startswith("wire") or not r["_id"].endswith(_SAME_TEXT)]


def _blocks(name: str) -> list[str]:
    return (COPIES / name).read_text(encoding="utf-8").strip().split("\n==\n")


def _counted(form: str, chance: random.Random) -> tuple[str, str]:
    """A form filled twice with the same names on another day: of the rest, only the figures differ."""
    fixed = {"day", "updown"}

    def named(slot: re.Match[str]) -> str:
        return chance.choice(_VALUES[slot[1]]) if slot[1] in _VALUES.keys() - fixed else slot[0]

    names = _SLOT.sub(named, form)
    return _filled(names, chance), _filled(names, chance)


def _filled(form: str, chance: random.Random) -> str:
    def value(slot: re.Match[str]) -> str:
        name = slot[1]
        return chance.choice(_VALUES[name]) if name in _VALUES else str(chance.randint(*_RANGES.get(name, (1, 60))))

    return _SLOT.sub(value, form)


# Ways in which a copy differs from its text


def _new_headline(text: str, other: str, chance: random.Random) -> str:
    """Another first line, and two sentences that another article had."""
    sentences = _SENTENCE.split(text)
    strange = _SENTENCE.split(other)
    for place in chance.sample(range(len(sentences)), 2 if len(sentences) > 7 else 1):
        sentences[place] = chance.choice(strange)
    return f"{' '.join(strange[-1].split()[:8])}\n\n{' '.join(sentences)}"


def _truncated(text: str, other: str, chance: random.Random) -> str:
    words = text.split(" ")
    return " ".join(words[: int(len(words) * chance.uniform(0.5, 0.85))])


def _middle_cut(text: str, other: str, chance: random.Random) -> str:
    sentences = _SENTENCE.split(text)
    cut = max(1, int(len(sentences) * chance.uniform(0.2, 0.45)))
    start = chance.randint(1, max(1, len(sentences) - cut - 1))
    return " ".join([*sentences[:start], *sentences[start + cut :]])


def _credited(text: str, other: str, chance: random.Random) -> str:
    place, name = chance.choice(_VALUES["place"]), chance.choice(_VALUES["name"])
    return f"By {name}\n\n{place.upper()}, {chance.randint(1, 28)} March (Dray Press) - {text}\n\nPhoto: {name}"


def _straightened(text: str, other: str, chance: random.Random) -> str:
    there = str.maketrans("“”‘’–", "\"\"''-")
    back = re.sub(r'"([^"]*)"', r"„\1“", text).replace("'", "’")
    return text.translate(there) if "“" in text else back


def _edited(text: str, other: str, chance: random.Random) -> str:
    """From five to fifteen per cent of the words replaced by words of another article, left out or doubled up."""
    strange = [word for word in other.split() if word.islower()]
    share = chance.uniform(0.05, 0.15)
    words = []
    for word in text.split(" "):
        if chance.random() >= share:
            words.append(word)
        elif chance.random() < 0.7:
            words.append(chance.choice(strange))
        elif chance.random() < 0.5:
            words += [chance.choice(strange), word]
    return " ".join(words)


def _excerpt(text: str, other: str, chance: random.Random) -> str:
    words = text.split(" ")
    length = int(len(words) * chance.uniform(0.4, 0.6))
    start = chance.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def _extended(text: str, other: str, chance: random.Random) -> str:
    """With a paragraph of the outlet's own at the end."""
    return f"{text}\n\n{chance.choice(other.split(chr(10) * 2))}"


def _corrected(text: str, other: str, chance: random.Random) -> str:
    figures = list(re.finditer(r"\d+", text)) or list(re.finditer(r"\b(two|three|four|six|nine)\b", text))
    figure = chance.choice(figures)
    return f"{text[: figure.start()]}{chance.randint(100, 999)}{text[figure.end() :]}"


_CHANGES: dict[str, Callable[[str, str, random.Random], str]] = {
    "verbatim": lambda text, _other, _chance: text,
    "new headline": _new_headline,
    "truncated": _truncated,
    "middle cut": _middle_cut,
    "credited": _credited,
    "straightened": _straightened,
    "merged": lambda text, _other, _chance: " ".join(text.split()),
    "edited": _edited,
    "excerpt": _excerpt,
    "extended": _extended,
    "corrected": _corrected,
}


def halves(of: Sequence[CopyPair], half: Half) -> list[CopyPair]:
    """The pairs of one half: thresholds are chosen on "dev" and reported on "test"."""
    return [pair for pair in of if pair.half == half]
