"""Events that a question dates itself by: "before the Geneva talks", "after the strike began"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.dates.expression import Relation
from rag.dates.names import word_after, words_before
from rag.dates.tense import looks_past

_TRIGGERS = frozenset(
    "before until till prior ahead time after since following wake aftermath during amid throughout".split()
)
_LEAD = re.compile(
    r"(?<![\w'’-])(?:(?P<before>before|until|till|prior\s+to|ahead\s+of|by\s+the\s+time)"
    r"|(?P<after>after|since|following|in\s+the\s+(?:wake|aftermath)\s+of)|(?P<during>during|amid|throughout))\s+(?=\w)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\s*(\w[\w'’&./-]*(?<![.'’-])(?:(?<=s)['’](?=\s))?|\S)")
_MOST_WORDS = 14
_DETERMINERS = frozenset("the a an his her their its our my this that these those".split())
_SUBJECTS = frozenset("he she they it we you i".split())
_BE_HAVE = frozenset("is are was were has have had".split())
_STOPS = frozenset(
    """who what which when where why how that whom whose and or but about regarding concerning did do does will
    would can could should may might must before after during since until till amid throughout following
    because if while as than so now currently still already yet again instead though although""".split()
)
_PREPOSITIONS = frozenset("of in on at with between for over to from against by into near under around".split())
_BODIES = frozenset(
    """court courts committee judge judges parliament congress camera cameras senate council panel house jury tribunal
    commission board assembly public world nation press media king queen prince princess president pope crowd audience
    fans law inquiry magistrate magistrates minister lawmakers eyes rest others children people""".split()
)
_VAGUE = frozenset(
    """day night morning evening afternoon week weekend month year time times period hour hours moment fact
    break end beginning start past future first last same next field curve rivals schedule pack game country
    region city state area continent island building rules law laws instructions advice example story
    process noon dawn midnight while months
    days weeks years minutes decades name""".split()
)
_NO_GERUND = frozenset("spring evening morning beijing nothing something anything everything king".split())
_VERBS_WITH_AFTER = frozenset(
    """named look looks looked looking go goes went going gone take takes took taken call called ask asks asked
    asking run runs ran chase model modelled modeled patterned come comes sought seek""".split()
)
_FOLLOWERS = frozenset("is are was were be been still who people that by not for countries also".split())


class Event(NamedTuple):
    """Where the words stand; `name` is where the event itself begins."""

    start: int
    name: int
    end: int
    relation: Relation


def events_in(text: str, words: frozenset[str], periods: Sequence[tuple[int, int]]) -> list[Event]:
    """Events that the question looks before, after or at; what `periods` (spans) already cover is none.

    An event is a phrase with an article or an owner, or a clause with a verb: "before Trump" and "before the court"
    are places.
    """
    if _TRIGGERS.isdisjoint(words):
        return []
    events: list[Event] = []
    for lead in _LEAD.finditer(text):
        taken = any(start <= lead.start() < end for start, end in periods)
        if taken or (events and lead.start() < events[-1].end) or _belongs_to_verb(text, lead):
            continue
        owned = any(start == lead.end() and text[end - 1] in "s'’" and _owns(text, end) for start, end in periods)
        if end := _end(text, lead, owned, [start for start, _ in periods]):
            relation: Relation = "before" if lead["before"] else "after" if lead["after"] else "during"
            events.append(Event(lead.start(), lead.end(), end, relation))
    return events


def _belongs_to_verb(text: str, lead: re.Match[str]) -> bool:
    before = words_before(text, lead.start())[1].lower()
    word = lead[0].split()[0].lower()
    return (word == "after" and before in _VERBS_WITH_AFTER) or (word == "following" and before in _FOLLOWERS)


def _owns(text: str, end: int) -> bool:
    return text[end - 2 : end] in {"'s", "’s", "s'", "s’"} and word_after(text, end)[:1].isalpha()


def _end(text: str, lead: re.Match[str], owned: bool, periods: Sequence[int]) -> int:
    """Where the event's phrase ends; 0 where it is none."""
    tokens = _phrase(text, lead.end())
    words = [token[1] for token in tokens]
    if not words:
        return 0
    low = [word.lower() for word in words]
    dated = next((i for i, token in enumerate(tokens) if i > 1 and token.start(1) in periods), len(low))
    verb = next((i for i in range(1, len(low)) if low[i] in _BE_HAVE or looks_past(low[i])), None)
    owner = next((i for i, word in enumerate(words[:4]) if word.endswith(("'s", "’s", "s'", "s’"))), None)
    if low[0] in _DETERMINERS:
        fits = (
            len(low) > 1 and not (verb == 1 and len(low) == 2) and (verb is not None or not _is_no_event(low[:dated]))
        )
    elif owned or (owner is not None and words[0][0].isupper() and owner + 1 < len(words)):
        fits = True
    elif lead[0].lower().startswith(("during", "amid")):
        fits = words[0].isalpha() and low[0] not in _VAGUE and (words[0][0].isupper() or low[0].endswith("s"))
    elif low[0] in _SUBJECTS or words[0][0].isupper():
        fits = verb is not None and verb <= 5 and not any(w in _PREPOSITIONS for w in low[:verb])
    else:
        gerund = low[0].endswith("ing") and len(low[0]) > 5 and low[0] not in _NO_GERUND and len(low) > 1
        fits = gerund and not lead["during"]
    return tokens[-1].end(1) if fits else 0


def _phrase(text: str, start: int) -> list[re.Match[str]]:
    """Words up to a mark, a question word, an auxiliary or another lead; "and" goes on after "between"."""
    tokens: list[re.Match[str]] = []
    seen: set[str] = set()
    while len(tokens) < _MOST_WORDS and (token := _TOKEN.match(text, start)):
        low = token[1].lower()
        stops = low in _STOPS and token[1] != "May" and not (low == "and" and "between" in seen)
        if not low[0].isalnum() or (stops and not (low == "that" and not tokens)):
            break
        tokens.append(token)
        seen.add(low)
        start = token.end()
    while tokens and tokens[-1][1].lower() in _PREPOSITIONS | {"the", "a", "an"}:
        tokens.pop()
    return tokens


def _is_no_event(low: list[str]) -> bool:
    """Whether a phrase without a verb is a place, a person or a stretch of any day."""
    cut = next((i for i, word in enumerate(low) if word in _PREPOSITIONS), len(low))
    head = low[cut - 1]
    of = low[cut : cut + 1] == ["of"] and head not in {"eyes", "rest", "time"}
    return not head[0].isalpha() or head in _BODIES or (head in _VAGUE and not of) or head in _DETERMINERS
