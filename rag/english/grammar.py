"""English read by its words and their order, without a tagger: forms, tense, content words, verbs, noun phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from index.lexicon import MONTHS, MONTHS_SHORT, NUMBER_WORDS as NUMBER_WORDS, NUMBERS, WEEKDAYS
from rag.english.lexicon import (
    ADVERBS,
    ARTICLES,
    ASKING,
    AUXILIARY,
    BE,
    BECOMING,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    FINITE,
    FUNCTION,
    HAVE,
    MODAL,
    NAME_PARTICLES,
    NO_ADVERBS,
    NO_SUPERLATIVES,
    NOUNS_TOO,
    PARTICIPLES,
    PAST_AUXILIARY,
    PAST_FORMS,
    PLAIN_ADJECTIVES,
    PREDICATES,
    PREPOSITIONS,
    RELATIONAL,
    SUBJECTS,
    VERBS,
    WH,
    WILL,
)

Tense = Literal["past", "future", "neutral"]


def singular(noun: str) -> str:
    """A noun in lower case without its plural ending; good enough to compare nouns, not to print them."""
    low = noun.casefold()
    if low in {"series", "species", "news", "politics"}:
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    return low[:-1] if low.endswith("s") and len(low) > 3 and not low.endswith(("ss", "us", "is")) else low


def is_plural(noun: str) -> bool:
    """Whether a noun looks like a plural."""
    low = noun.casefold()
    return low != singular(low) or low in {"people", "children", "men", "women", "police", "mice"}


def is_superlative(word: str) -> bool:
    """Whether a word is of the kind of "largest"."""
    low = word.casefold()
    return low in {"best", "worst"} or (low.endswith("est") and len(low) > 4 and low not in NO_SUPERLATIVES)


def is_verb(word: str, verbs: frozenset[str] = VERBS | NOUNS_TOO) -> bool:
    """Whether a word is a form of one of these verbs; a past form of any verb that has an irregular one."""
    low = word.casefold()
    stems = (low, *(low.removesuffix(end) for end in ("s", "es", "d", "ed", "ing") if low.endswith(end)))
    return any(stem in verbs or f"{stem}e" in verbs for stem in stems) or low in PAST_FORMS


_NEAR = 200
"""Characters on either side in which a verb is looked for."""
_TENSE_WORD = re.compile(r"['’]ll\b|\w+(?:n['’]t)?")
_PLANNED = frozenset("scheduled planned expected due slated upcoming forthcoming coming plans plan going".split())
_LEADS = frozenset("on in at since until by before after from over during the early mid late end of between".split())
_NO_PAST = frozenset(
    """united need needed feed speed exceed proceed indeed succeed hundred red bed seed breed bleed weed sacred armed
    wicked naked biased limited""".split()
)


def looks_past(word: str) -> bool:
    """Whether a word in small letters is a past tense or a past participle, by its form."""
    return (word in PARTICIPLES and word != "cost") or (len(word) > 4 and word.endswith("ed") and word not in _NO_PAST)


def tense_at(text: str, start: int, end: int) -> Tense:
    """The tense that words at `start` to `end` are read in: of the verb beside them, else of the nearest auxiliary.

    "may" counts as a verb in small letters only. "neutral" where no verb says.
    """
    before = _words(text[max(0, start - _NEAR) : start])
    while before and before[-1] in _LEADS:
        before.pop()
    auxiliary = next((i for i in range(len(before) - 1, -1, -1) if _is_auxiliary(before, i)), None)
    if before and (before[-1] in _PLANNED or (before[-1] in {"for", "to"} and set(before[-3:-1]) & _PLANNED)):
        return "neutral" if auxiliary is not None and before[auxiliary] in PAST_AUXILIARY else "future"
    governed = auxiliary is not None and before[auxiliary] in WILL and before[-2:-1] == ["be"]
    if before and looks_past(before[-1]) and not governed:
        return "past"
    if auxiliary is not None:
        rest = before[auxiliary + 1 :]
        if before[auxiliary] in WILL or set(rest) & _PLANNED:
            return "future" if before[auxiliary] not in PAST_AUXILIARY else "past"
        if before[auxiliary] in PAST_AUXILIARY:
            return "past"
        return "past" if any(map(looks_past, rest)) else "neutral"
    return _first_sign(before) or _first_sign(_words(text[end : end + _NEAR])) or "neutral"


def _is_auxiliary(words: list[str], i: int) -> bool:
    if words[i] in {"have", "has", "had", "do"} and set(words[:i]) & (WILL | DO):
        return False  # "will have met", "did they do"
    return words[i] in FINITE


def _first_sign(words: list[str]) -> Tense | None:
    for word in words:
        if word in WILL or word in _PLANNED:
            return "future"
        if word in PAST_AUXILIARY or looks_past(word):
            return "past"
        if word in FINITE:
            return "neutral"
    return None


def _words(text: str) -> list[str]:
    words = [m[0] for m in _TENSE_WORD.finditer(text)]
    # The month and the name begin with a capital; the verb does so only as the first word, where it asks politely.
    return [w.replace("’", "'").lower() if w != "May" else "" for w in words]


_WORD = re.compile(r"\w+(?:['’]\w+)?")

_EMPTY = frozenset(
    """a about after again all also am an and any anything are as at be because been before being between both but by
    can come could did do does doing done during each either else ever for former from get give go had has have having
    he her hers him his how i if in into is it its just know latter let like made make many may me mean might more most
    much must my name need no not of on one ones or other our out over please said same say says she should so some such
    take tell than that the their theirs them then there these they this those to too under until up us use used very
    want was we were what what's whats when where which while who who's whom whose why will with would you your happen
    happened happening describe explain list""".split()
)
"""Not the lexicon's function words: "only", "against" and "first" say something of what a question is about."""


def content_words(text: str) -> list[str]:
    """The words in their order, without pronouns, question words and the rest of the grammar.

    >>> content_words("Which two officials will he meet?")
    ['two', 'officials', 'meet']
    """
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY]


_LARGEST_SMALL = 12


def small_number(text: str) -> int | None:
    """The first number from two to twelve in a text, as a word or in digits; None where there is none.

    >>> small_number("What are the five demands?"), small_number("Which 3 ports closed?"), small_number("Who?")
    (5, 3, None)
    """
    for word in _WORD.findall(text.casefold()):
        number = NUMBERS.get(word, int(word) if word.isdecimal() and len(word) <= 2 else 0)
        if 2 <= number <= _LARGEST_SMALL:
            return number
    return None


DATE_WORDS = frozenset({*WEEKDAYS, *MONTHS, *MONTHS_SHORT, "sept"}).union(
    """yesterday today tomorrow tonight week month year weekend spring summer autumn fall winter century decade early
    late night morning noon midnight afternoon evening daily weekly""".split()
)


def answer_key(text: str) -> str:
    """What two spellings of the same short answer share: the words in small letters, without articles.

    >>> answer_key("The Dock & Deck Union") == answer_key("Dock & Deck union")
    True
    """
    return " ".join(word for word in _WORD.findall(text.casefold()) if word not in ARTICLES)


_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*\w*|\w+(?:[-&/]\w+)*(?:['’]\w+|(?<=s)['’](?= ))?|\S")


_PARENTHESES = str.maketrans("()", "  ")


_CAPITAL_NOUNS = frozenset({"US", "IT", "WHO", "May"})


_SHORTEST_ED = 4


ANY_VERB = VERBS | NOUNS_TOO


class Token(NamedTuple):
    """A word or a mark, with its place in the text; `low` is how the word lists spell it."""

    text: str
    start: int
    low: str

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def named(self) -> bool:
        """Whether it begins with a capital or is written as a name is."""
        return self.text[0].isupper()

    @property
    def nominal(self) -> bool:
        """Whether it can be part of a noun phrase."""
        if self.low in FUNCTION:
            return self.text in _CAPITAL_NOUNS
        return self.text[0].isalnum() and (self.named or not self.low.endswith("ly") or self.low in NO_ADVERBS)


def tokens_of(text: str) -> list[Token]:
    """Words and marks of a text in their order."""
    return [Token(m[0], m.start(), m[0].casefold().replace("’", "'")) for m in _TOKEN.finditer(text)]


def without_question_words(question: str) -> str:
    """What a question is about, as words to put into parentheses: its end, without "what did" and the like."""
    tokens = tokens_of(question)
    start = next((t.start for t in tokens if t.low not in WH | AUXILIARY | CONJUNCTIONS | ASKING | {"about"}), None)
    return "" if start is None else " ".join(question[start:].translate(_PARENTHESES).split()).rstrip("?!. ")


def without_verbs(tokens: Sequence[Token], start: int, end: int) -> list[tuple[int, int]]:
    """A run of words that may hold a verb, cut into the phrases on either side of it."""
    if start == end:
        return []
    before = start - 1
    while before >= 0 and tokens[before].low in ADVERBS:
        before -= 1
    nearest = tokens[before].low if before >= 0 else ""
    verb = _verb(tokens, start, end, nearest, _governor(tokens, start))
    if verb is None:
        return [(start, end)]
    return [piece for piece in ((start, verb), (verb + 1, end)) if piece[0] < piece[1]]


def _governor(tokens: Sequence[Token], at: int) -> str:
    """The small word before a phrase and its article."""
    at -= 1
    while at >= 0 and tokens[at].low in DETERMINERS | ADVERBS:
        at -= 1
    return tokens[at].low if at >= 0 else ""


def _verb(tokens: Sequence[Token], start: int, end: int, before: str, governor: str) -> int | None:
    """Which token of the run is a verb or a predicate; None where none is."""
    first = tokens[start]
    inner = [i for i in range(start + 1, end) if not tokens[i].named]
    if before in SUBJECTS | {"it's", "they're"} or (before == "how" and end < len(tokens)):
        return None if first.named else start
    if governor in DO | MODAL:
        if before in MODAL and not first.named and first.low in VERBS:
            return start
        sure = [i for i in inner if tokens[i].low in VERBS]
        unsure = [i for i in inner if tokens[i].low in NOUNS_TOO]
        if sure or unsure:
            return sure[0] if sure else unsure[-1]
        noun = end < len(tokens) and tokens[end].low in DO | HAVE | PREPOSITIONS
        return end - 1 if end - 1 in inner and not noun else None
    if governor in BE | HAVE or before in BECOMING:
        alone = end - start == 1 and not first.named
        if alone and (
            first.low in PREDICATES or (before not in HAVE and before in BE | BECOMING and _participle(first))
        ):
            return start
        return next((i for i in inner if _predicate(tokens, i, end)), None)
    if before in {"who", "what", "which", "that"}:
        verbal = is_verb(first.text) and not first.named
        if (before == "who" and not first.named) or (
            verbal and (before == "that" or end - start > 1 or end < len(tokens))
        ):
            return start
        return next((i for i in inner if is_verb(tokens[i].text, VERBS) or _cut_off(tokens, i, end)), None)
    if before == "to" and not first.named and first.low in ANY_VERB:
        return start
    if _late_verb(tokens, start, end):
        return end - 1
    if governor not in PREPOSITIONS and (verbs := [i for i in inner if is_verb(tokens[i].text, VERBS)]):
        return verbs[0]
    for i in inner:
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        closing = after is None or not after.text[0].isalnum()  # "what makes the batteries unique"
        between_names = tokens[i - 1].named and after is not None and after.named  # "Maddery runs Lantern Line"
        if (
            _cut_off(tokens, i, end)
            or (closing and tokens[i].low in PREDICATES - {"good", "right", "new"})
            or (between_names and is_verb(tokens[i].text))
        ):
            return i
    return None


def _late_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    """The verb behind a subject with an "of": "how much does a litre of diesel cost"."""
    asked = next((k for k in range(start) if tokens[k].low in DO | MODAL), None)
    if asked is None or end - 1 <= start or tokens[end - 1].low not in ANY_VERB or tokens[end - 1].named:
        return False
    closes = end == len(tokens) or tokens[end].low in PREPOSITIONS or not tokens[end].text[0].isalnum()
    return closes and not any(is_verb(token.text) for token in tokens[asked + 1 : end - 1])


def _cut_off(tokens: Sequence[Token], i: int, end: int) -> bool:
    """A verb at the end of a run, with its object behind: "what foods cause it"."""
    return i == end - 1 and end < len(tokens) and is_verb(tokens[i].text) and tokens[end].low in DETERMINERS | SUBJECTS


def _participle(token: Token) -> bool:
    return token.low in PARTICIPLES or (token.low.endswith("ed") and len(token.low) > _SHORTEST_ED)


def _predicate(tokens: Sequence[Token], i: int, end: int) -> bool:
    low = tokens[i].low
    if low.endswith("ing"):
        return tokens[i - 1].named or (end < len(tokens) and tokens[end].low == "to")
    closing = i == end - 1
    return _participle(tokens[i]) or (closing and low in PREDICATES)


_JOINTS = NAME_PARTICLES | {"of", "and", "&", "the"}
_COMPOUND = 2


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that name something. `start` includes the article; `link` is the small word before the phrase."""

    tokens: tuple[Token, ...]
    article: str
    start: int
    link: str

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.tokens[-1].end

    @property
    def name(self) -> str:
        """Without the article, its words one space apart or none."""
        further = (" " * (token.start > before.end) + token.text for before, token in pairwise(self.tokens))
        return "".join((self.tokens[0].text, *further))

    @property
    def text(self) -> str:
        """With the article where there is one."""
        return f"{self.article} {self.name}" if self.article else self.name

    @property
    def head(self) -> str:
        """The noun, in the singular and in lower case."""
        return singular(self.tokens[-1].low)

    @property
    def named(self) -> bool:
        """Whether it holds a name."""
        return any(token.named for token in self.tokens)

    @property
    def plural(self) -> bool:
        """Whether "they" may stand for it."""
        pair = any(token.low == "and" for token in self.tokens) and self.tokens[-1].named
        return pair or is_plural(self.tokens[-1].low)

    @property
    def relational(self) -> bool:
        """Whether it says too little without an "of": "the main causes"."""
        bare = all(not t.named and (t.low in PLAIN_ADJECTIVES or is_superlative(t.low)) for t in self.tokens[:-1])
        return self.head in RELATIONAL and not self.named and (bare or len(self.tokens) == _COMPOUND)

    def trimmed(self) -> Phrase:
        """Without the words in front that say little: of "the most famous pirate", the pirate."""
        start = 0
        while start < len(self.tokens) - 1 and _says_little(self.tokens[start]):
            start += 1
        if not start:
            return self
        best = any(is_superlative(token.low) for token in self.tokens[:start])
        article = self.article if self.article.casefold() == "the" and not best else ""
        return Phrase(self.tokens[start:], article, self.tokens[start].start, self.link)

    @property
    def says_little(self) -> bool:
        """Whether no word of it names anything: "next", "the best"."""
        return all(_says_little(token) for token in self.tokens)

    @property
    def telling_words(self) -> frozenset[str]:
        """Its words in lower case without those adjectives."""
        return frozenset(token.low for token in self.tokens if not _says_little(token) or token is self.tokens[-1])


def phrases_of(text: str) -> list[Phrase]:
    """The noun phrases of a text in their order."""
    tokens = tokens_of(text)
    found, i = [], 0
    while i < len(tokens):
        end = i
        while end < len(tokens) and (tokens[end].nominal or _joins(tokens, i, end) or _homonym(tokens, end)):
            end += 1
        for first, last in without_verbs(tokens, i, end):
            found.append(_phrase(tokens, first, last))
        i = max(end, i + 1)
    return found


def _says_little(token: Token) -> bool:
    if token.named:
        return False
    verbal = token.low.endswith("ing") and is_verb(token.low, VERBS)
    return token.low in PLAIN_ADJECTIVES or is_superlative(token.low) or verbal


def _joins(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether a small word stands inside a name: "Museum of Art", "Larsen and Berg"."""
    if at == start or at + 1 >= len(tokens) or tokens[at].low not in _JOINTS or not tokens[at - 1].named:
        return False
    return tokens[at + 1].named and tokens[at + 1].nominal


def _homonym(tokens: Sequence[Token], at: int) -> bool:
    """Whether a name looks like a small word: He Lifeng, Will Smith."""
    if not 0 < at < len(tokens) - 1 or not tokens[at].named or not tokens[at - 1].text[0].isalnum():
        return False
    small = tokens[at].low in ARTICLES | PREPOSITIONS | CONJUNCTIONS | BE
    return not small and tokens[at + 1].named and tokens[at + 1].nominal


def _phrase(tokens: Sequence[Token], first: int, last: int) -> Phrase:
    before = first - 1
    article = ""
    if before >= 0 and tokens[before].low in ARTICLES:
        article = tokens[before].text
        before -= 1
    start = tokens[before + 1].start if article else tokens[first].start
    while before >= 0 and tokens[before].low in DETERMINERS | ADVERBS:
        before -= 1
    return Phrase(tuple(tokens[first:last]), article, start, tokens[before].low if before >= 0 else "")
