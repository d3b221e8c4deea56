"""Words that ask for the newest or the oldest: "latest", "so far", "when did it first appear"."""

from __future__ import annotations

import re

from rag.dates.expression import Order
from rag.dates.names import OWNERS, names_in, word_after, words_before
from rag.dates.tense import looks_past

_TRIGGERS = frozenset(
    """recent recently latest newest far date now current currently nowadays present moment days earliest first
    last""".split()
)
_ORDER = re.compile(
    r"(?<![\w'’-])(?:(?P<sure>most\s+recent(?:ly)?|newest|currently|nowadays|right\s+now|until\s+now|up\s+to\s+now|these\s+days)"
    r"|(?P<recent>recent)|(?P<latest>latest)|(?P<so_far>so\s+far)|(?P<to_date>to\s+date)|(?P<now>now)|(?P<current>current)"
    r"|(?P<moment>at\s+(?:present|the\s+moment))|(?P<earliest>earliest)|(?P<last_time>the\s+last\s+time)"
    r"|(?P<first_news>the\s+first\s+(?:reports?|news|statements?|reactions?|warnings?|signs?))"
    r"|(?P<verb>first|last))(?![\w-]|['’]\w)",
    re.IGNORECASE,
)
_EARLIEST = frozenset({"earliest", "first_news"})
_FAR_OFF = frozenset("as away apart from behind ahead beyond out left right removed east west north south".split())
_KNOWN_AS = re.compile(r"\s+known\s+as\b")
_CURRENTS = frozenset("ocean electric electrical strong gulf alternating direct air sea water the-".split())
_NOT_CURRENT = frozenset("account accounts affairs of in from through at on is was flows flow that which and".split())
_AFTER_DATE = frozenset("in on of for at from by with and or is are has have what who how".split())
_BARE_VERBS = frozenset(
    """appear begin start meet speak report announce happen occur break strike hear say call propose use open
    emerge arrive learn enter land see visit win hold play erupt talk update publish hit post raise cut
    change""".split()
)


def orders_in(text: str, words: frozenset[str]) -> list[tuple[int, int, Order]]:
    """Where a word asks for an order of time, and which."""
    if _TRIGGERS.isdisjoint(words):
        return []
    masks = names_in(text)
    found: list[tuple[int, int, Order]] = []
    for match in _ORDER.finditer(text):
        kind = match.lastgroup or ""
        start, end = match.span()
        if _asks(text, match, kind) and not any(s < end and start < e for s, e in masks):
            first = kind in _EARLIEST or (kind == "verb" and match[0].lower() == "first")
            found.append((start, end, "earliest" if first else "latest"))
    return found


def _asks(text: str, match: re.Match[str], kind: str) -> bool:
    start, end = match.span()
    earlier, before = (word.lower() for word in words_before(text, start))
    after = word_after(text, end)
    small = match[0][0].islower() or not text[:start].strip()
    if kind == "recent":
        return (
            small
            and after[:1].isalpha()
            and after not in {"history", "memory", "times", "past", "graduate", "graduates"}
        )
    if kind in {"latest", "earliest"}:
        return (earlier, before) != ("at", "the")
    if kind == "so_far":
        return after.lower() not in _FAR_OFF
    if kind == "to_date":
        return not after[:1].isalpha() or after in _AFTER_DATE
    if kind == "now":
        return (
            small
            and before not in {"by", "from", "for", "than"}
            and after not in {"that", "called"}
            and (not _KNOWN_AS.match(text, end))
        )
    if kind == "current":
        return small and before not in _CURRENTS and after[:1].isalpha() and after not in _NOT_CURRENT
    if kind == "moment":
        return after not in {"of", "when", "that"}
    if kind == "verb":
        owned = before in OWNERS | {"the", "a", "an", "at", "for", "this", "that", "come"} or before.endswith(
            ("'s", "’s")
        )
        return small and not owned and (after in _BARE_VERBS or (after.islower() and looks_past(after)))
    return True
