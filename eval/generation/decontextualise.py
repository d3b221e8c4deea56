"""Whether a question can be understood by somebody who sees nothing else; English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from eval.generation.numbers import MONTH, WEEKDAY
from rag.english.grammar import Token, is_superlative, is_verb, tokens_of
from rag.english.lexicon import AUXILIARY, FUNCTION, PAST_FORMS, VERBS

_REACH = 6
"""Words behind "the" among which a name says which one is meant."""
_POINTING = frozenset(
    """i me my mine we us our ours you your yours he him she her hers it they them theirs this these those here there
    himself herself itself themselves ones one's it's he's she's they're that's there's i'm we're both another other
    others such latter former same instead however too then so therefore also either neither else again none each
    already similar meanwhile moreover whose whom yet still next later earlier""".split()
)
_OWNING = frozenset({"his", "her", "their", "its"})
_PERIOD = "day|night|week|weekend|month|quarter|year|decade|century|season|spring|summer|autumn|fall|winter|morning"
_RELATIVE = re.compile(
    r"\b(?:recent|latest|upcoming|(?:last|past) (?:few|couple|several|two|three|four|five|six|\d+)|"
    r"yesterday|today|tomorrow|tonight|now|nowadays|currently|recently|lately|soon|ago|so far|weekend|"
    rf"(?:last|next|this|past|coming|previous|following) (?:\w+ )?(?:{_PERIOD}|afternoon|evening|\w+day|{MONTH})s?|"
    rf"{WEEKDAY}s?(?! \d| {MONTH} \d))\b",
    re.IGNORECASE,
)
_KNOWN = frozenset(
    """world internet sun moon earth sea press pope us uk eu un future past beginning north south east west end way
    right left time year war number percentage share fact idea equator pandemic coronavirus climate planet ground air
    sky ocean universe stock market elderly poor rich wounded dead road streets public media""".split()
)
_LINKS = frozenset("of at for on to in between from that who which".split())
"""Small words that join to a noun what says which one it is."""
_WHICH = frozenset("first last only second third".split())
_GENERIC = frozenset(
    """company firm plan report deal talks man woman two three four people group case bill law other others money same
    statement article matter issue story figure figures cost costs""".split()
)
_WIDELY = 0.25
"""Share of the articles in which "the union" must stand to be known in an archive."""
_LEAST_ARTICLES = 5
_MARKS = re.compile(r"[\"“”„«»()\[\]…;:]|--|[–—]|\.\.|(?<!\w)['‘’]|['’](?!\w)(?<!s['’])")
_ALL_OF = re.compile(r"\b[Aa]ll (?:two|three|four|five|six|of)\b|\bthat,")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)\b")


def is_standalone(text: str, *, owner: bool = False, known: Collection[str] = ()) -> bool:
    """Whether nothing in it points outside: no pronoun, no day named by its distance, no "the" without its name.

    With `owner` a possessive may stand for who is asked for: "Who sold his boat?". `known` are the things that the
    archive means when it says "the": see `well_known`.
    """
    if _MARKS.search(text) or _RELATIVE.search(text) or _ALL_OF.search(text):
        return False
    tokens = tokens_of(text)
    for at, token in enumerate(tokens):
        pointing = token.low in _POINTING and token.text not in ("US", "IT")
        if pointing or (token.low in _OWNING and not owner):
            return False
        if token.low == "the" and not _anchored(tokens, at) and (noun := noun_behind(tokens, at)) not in known:
            # The phrase may have taken in the verb behind a noun that is known.
            first, _, behind = noun.rpartition(" ")
            if first not in known or not (is_verb(behind) or behind.endswith("ly")):
                return False
    return True


def _anchored(tokens: Sequence[Token], at: int) -> bool:
    """Whether what "the" stands before is named, or the only one of its kind."""
    after = tokens[at + 1 : at + 1 + _REACH]
    if not after or _ORDINAL.fullmatch(after[0].text):
        return False
    last = _ends(after)
    noun = after[: last + 1]
    if any(token.named or token.text[0].isdigit() or is_superlative(token.low) for token in noun):
        return True
    # "First" and the like are anchored by what they count.
    counts = after[0].low in _WHICH and len(after) > 1 and after[1].nominal and not is_verb(after[1].low, VERBS)
    if counts or (noun and noun[-1].low in _KNOWN):
        return True
    behind = after[last + 1 :]
    if not behind or not (behind[0].low in _LINKS or behind[0].named):
        return False
    if behind[0].low == "of" and len(behind) > 1 and behind[1].low not in ("the", "his", "her", "its", "their"):
        return True  # "the price of a ticket": what stands behind says which
    return _named_soon(behind)


def _named_soon(behind: Sequence[Token]) -> bool:
    """Whether a name comes before the next verb, mark or indefinite noun."""
    for token in behind:
        if token.named:
            return True
        stops = token.low in AUXILIARY | PAST_FORMS | {"a", "an"} or (token.low not in _LINKS and is_verb(token.low))
        if not token.text[0].isalnum() or stops or token.low.endswith("ed"):
            return False
    return False


def noun_behind(tokens: Sequence[Token], at: int) -> str:
    """The noun phrase in small letters behind "the"."""
    after = tokens[at + 1 : at + 1 + _REACH]
    return " ".join(token.text for token in after[: _ends(after) + 1])


def well_known(articles: Iterable[Iterable[str]]) -> frozenset[str]:
    """What "the" means one thing in an archive: "the union" where most articles speak of it; from their sentences."""
    counts: Counter[str] = Counter()
    total = 0
    for sentences in articles:
        total += 1
        counts.update(set(_definite(sentences)))
    least = max(_LEAST_ARTICLES, _WIDELY * total)
    return frozenset(noun for noun, count in counts.items() if count >= least and noun.split()[-1] not in _GENERIC)


def _definite(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        tokens = tokens_of(sentence)
        for at, token in enumerate(tokens):
            if token.low == "the" and (noun := noun_behind(tokens, at)).islower():
                yield noun


def _ends(after: Sequence[Token]) -> int:
    """The place of the last word of the noun phrase that `after` begins with."""
    small = FUNCTION | PAST_FORMS
    for i, token in enumerate(after):
        verbal = not token.named and (token.low in small or is_verb(token.low, VERBS))
        if verbal or not token.text[0].isalnum() or (i and token.low.endswith("ed")):
            return i - 1
    return len(after) - 1
