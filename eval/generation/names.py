"""Names of people, places and organisations, told apart by how the corpus uses them; English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.english.grammar import DATE_WORDS, Token, tokens_of
from rag.english.lexicon import FUNCTION, NAME_PARTICLES, NOT_PEOPLE, SAYING, TITLES
from rag.english.places import is_surely_place, kinds_of

NameKind = Literal["person", "place", "organisation", "other"]

_JOINTS = NAME_PARTICLES | {"of", "&"}
_TITLES = TITLES | frozenset(
    """prime vice deputy rep sen gov gen lt col sgt det justice attorney ceo chief executive chair coach lord lady
    administrator director spokesman spokeswoman spokesperson officer congressman congresswoman sheriff commissioner
    ambassador pastor reverend archbishop bishop cardinal sultan emperor chairperson analyst economist professor
    sergeant detective lieutenant colonel major first second foreign defense defence interior finance""".split()
)
_CAPITAL_WORDS = frozenset({"US", "UK", "UN", "EU", "WHO", "IT"})
_PLACING = frozenset("in near".split())
_ORGANISED = NOT_PEOPLE - DATE_WORDS - frozenset(
    """island islands city bay river lake mount mountain street bridge airport port harbour harbor lines battle war act
    agreement treaty north south east west new eve area park plan united republic kingdom news""".split()
) | frozenset("ministry bureau service administration chamber co-operative cooperative parliament".split())
_FEW, _SHARE = 2, 0.4
"""A name that stands behind "in" so often, and for so large a share of its mentions, is a place."""
_PERSON_WORDS = (2, 3)
ASKING = frozenset({"Who", "Which", "How", "When", "Where", "What"})
"""What opens a question has a capital as a name has, and is none."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a sentence: characters `[start, end)`, tokens `[first, last)`; `title` is what stood before a person.

    `title` is "US President" in "US President Ada Lund said"; an article is no part of a name.
    """

    text: str
    start: int
    end: int
    first: int
    last: int
    kind: NameKind = "other"
    title: str = ""


def runs_of(text: str, tokens: Sequence[Token]) -> list[Name]:
    """Runs of capitalised words that make one name by their form, whatever they name."""
    found, i = [], 0
    while i < len(tokens):
        if not _capital(tokens[i]):
            i += 1
            continue
        end = i + 1
        while end < len(tokens) and not _closed(tokens[end - 1]):
            if _follows(tokens, end) and _capital(tokens[end]):
                end += 1
            elif length := _joint(tokens, i, end):
                end += length
            else:
                break
        found.append(_run(text, tokens, i, end))
        i = end
    return found


def _run(text: str, tokens: Sequence[Token], first: int, last: int) -> Name:
    end = tokens[last - 1].end - (2 if _closed(tokens[last - 1]) and not tokens[last - 1].low.endswith("s'") else 0)
    end -= tokens[last - 1].low.endswith("s'")
    return Name(text[tokens[first].start : end], tokens[first].start, end, first, last)


def _capital(token: Token) -> bool:
    if not token.text[0].isupper():
        return False
    if token.low in FUNCTION or token.low.partition("'")[0] in DATE_WORDS | FUNCTION:
        return token.text in _CAPITAL_WORDS
    return True


def _closed(token: Token) -> bool:
    return token.low.endswith(("'s", "s'"))


def _follows(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token stands one space behind the one before."""
    return tokens[at].start == tokens[at - 1].end + 1


def _joint(tokens: Sequence[Token], first: int, at: int) -> int:
    """How many tokens a small word and the name behind it add: "of Harbours", "of the Sea"; 0 where none."""
    if at + 1 >= len(tokens) or not _follows(tokens, at) or not _follows(tokens, at + 1):
        return 0
    if tokens[at].low in _JOINTS:
        if _capital(tokens[at + 1]):
            return 2
        over = tokens[at].low == "of" and tokens[at + 1].low == "the" and at + 2 < len(tokens)
        return 3 if over and _follows(tokens, at + 2) and _capital(tokens[at + 2]) else 0
    ahead = tokens[at + 1 : at + 3]
    paired = tokens[at].low == "and" and at - first == 1 and first > 0 and tokens[first - 1].low == "the"
    if paired and len(ahead) == 2 and all(map(_capital, ahead)) and ahead[1].low.partition("'")[0] in _ORGANISED:
        return 3
    return 0


class Names:
    """The names of a corpus and what they name."""

    def __init__(self, sentences: Iterable[str]) -> None:
        """Read the sentences of the corpus."""
        self._inner: Counter[str] = Counter()
        self._small: Counter[str] = Counter()
        self._placed: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._found: dict[str, list[Name]] = {}
        for text in sentences:
            self._read(text)
        inner = (n for n in self._inner if self.kind(n) == "other" and may_be_person(Name(n, 0, 0, 0, 0)))
        people = (name for name in [*self._people, *inner] if len(name.split()) > 1)
        given = (name.split()[0] for name in self._people if self.kind(name) == "person")
        self._of_people = frozenset([*(name.split()[-1] for name in people), *given])

    def of(self, text: str, tokens: Sequence[Token] | None = None) -> list[Name]:
        """The names of a sentence in their order."""
        if text not in self._found:
            self._found[text] = self._in(text, tokens_of(text) if tokens is None else tokens)
        return self._found[text]

    def _in(self, text: str, tokens: Sequence[Token]) -> list[Name]:
        found = []
        for run in runs_of(text, tokens):
            name = self._opening(text, tokens, run) if run.first == 0 else run
            if name and not all(token.low in _TITLES for token in tokens[name.first : name.last]):
                found.append(self._known(text, tokens, name))
        return found

    def kind(self, text: str) -> NameKind:
        """What a name names, by its form and its uses."""
        words = text.split()
        if kinds_of(text):
            return "place"
        if text in self._people and words[-1].casefold() not in self._small:
            return "person"
        if len(words) > 1 and not {words[0].casefold(), words[-1].casefold()}.isdisjoint(_ORGANISED):
            return "organisation"
        if self._placed[text] >= _FEW and self._placed[text] >= _SHARE * self._inner[text]:
            return "place"
        return "organisation" if text.isupper() and text.isalpha() and len(text) > 1 else "other"

    def common(self, word: str) -> bool:
        """Whether a word is more often written small than alone as a name."""
        return self._small[word.casefold()] > self._inner[word]

    def of_people(self, word: str) -> bool:
        """Whether a word is a given name, or the last of a name that is, or may be, somebody's."""
        return word in self._of_people

    def mentions(self, text: str) -> int:
        """How often a name stands inside a sentence, where only names have capitals."""
        return self._inner[text]

    def _read(self, text: str) -> None:
        tokens = tokens_of(text)
        self._small.update(token.low for token in tokens if token.text[0].islower())
        for run in runs_of(text, tokens):
            before = tokens[run.first - 1] if run.first else None
            name, titled = _untitled(text, tokens, run)
            if before:
                self._inner[name.text] += 1
                self._placed[name.text] += before.low in _PLACING
            spoken = before is not None and before.low in SAYING
            if before is not None and before.low == "the":
                continue
            if may_be_person(name) and (titled or spoken or _acts(tokens, run.last)):
                self._people[name.text] += 1

    def _opening(self, text: str, tokens: Sequence[Token], run: Name) -> Name | None:
        """The name that opens a sentence, where every word has a capital; None where it is likely no name."""
        first = tokens[0].low
        length = run.last - run.first
        known = run.text in self._inner or run.text in self._people
        if (known and (length > 1 or first not in self._small)) or (first not in self._small and length > 1):
            return run
        if length > 1 and first in _TITLES:
            return run
        if length > 1:
            rest = _run(text, tokens, 1, run.last)
            return rest if rest.text in self._inner and tokens[1].text[0].isupper() else None
        return None

    def _known(self, text: str, tokens: Sequence[Token], run: Name) -> Name:
        name, title = _untitled(text, tokens, run)
        kind = self.kind(name.text)
        if title and kind != "person":
            return Name(run.text, run.start, run.end, run.first, run.last, self.kind(run.text))
        return Name(name.text, name.start, name.end, name.first, name.last, kind, title)


def _untitled(text: str, tokens: Sequence[Token], run: Name) -> tuple[Name, str]:
    """The run behind the last title in it, and all that stands before: ("Ada Lund", "US President")."""
    titles = [i for i in range(run.first, run.last) if tokens[i].low in _TITLES]
    if not titles or not 1 <= run.last - titles[-1] - 1 <= _PERSON_WORDS[1]:
        return run, ""
    at = titles[-1] + 1
    if tokens[at].low in _JOINTS:
        return run, ""
    return _run(text, tokens, at, run.last), text[run.start : tokens[titles[-1]].end]


def may_be_person(name: Name) -> bool:
    """Whether a name has the form of a person's: two or three words, none of them an office or a sort of thing."""
    words = name.text.casefold().split()
    listed = {word for word in words if word in NOT_PEOPLE | {"of", "&"} or is_surely_place(word)}
    listed |= set(words) & _TITLES
    return _PERSON_WORDS[0] <= len(words) <= _PERSON_WORDS[1] and not listed and not name.text.isupper()


def _acts(tokens: Sequence[Token], at: int) -> bool:
    """Whether what follows a name says that it is somebody's: "said", ", 41,", ", who"."""
    after = [token.low for token in tokens[at : at + 3]]
    if after[:1] and after[0] in SAYING:
        return True
    aged = (
        len(after) == 3 and after[0] == "," and after[1].isdecimal() and len(after[1]) == 2 and after[2] in {",", "."}
    )
    return aged or after[:2] == [",", "who"]
