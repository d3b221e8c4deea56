"""The time expressions of a question: its periods with the words that lead into them, its events and its orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from index.lexicon import MONTHS_SHORT
from rag.dates.patterns import (
    OWNERS,
    Atom,
    Period,
    Recurring,
    atoms_in,
    joined,
    names_in,
    part,
    unit,
    word_after,
    words_before,
)
from rag.english.grammar import looks_past, tense_at
from rag.english.lexicon import (
    ARTICLES,
    BE,
    CONJUNCTIONS,
    DEMONSTRATIVES,
    DO,
    FINITE,
    HAVE,
    MODAL,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECTS,
    WH,
)

Order = Literal["latest", "earliest"]
Relation = Literal["before", "after", "during"]

_MONTHS = [month.capitalize() for month in MONTHS_SHORT]


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """Words of a question that say when, and what they mean on the day of asking.

    `since` and `until` are inclusive; None is open. `event` names what only the archive can date, and `relation` says
    on which side of it the question looks; an event whose date stands beside it ("Monday's vote") has bounds as well.
    """

    text: str
    start: int
    end: int
    since: date | None
    until: date | None
    order: Order | None = None
    event: str = ""
    relation: Relation | None = None

    def describe(self) -> str:
        """The words with the days they were taken for.

        >>> TimeExpression("in October", 0, 10, date(2025, 10, 1), date(2025, 10, 31)).describe()
        'in October [1–31 Oct 2025]'
        """
        days = _shown_days(self.since, self.until) or (self.order if self.order != self.text.casefold() else "")
        return f"{self.text} [{days}]" if days else self.text


def _shown_days(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        if since is not None:
            return f"from {_day(since)}"
        return f"until {_day(until)}" if until is not None else ""
    if since == until:
        return _day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}–{_day(until)}"
    if since.year == until.year:
        return f"{since.day} {_MONTHS[since.month - 1]} – {_day(until)}"
    return f"{_day(since)} – {_day(until)}"


def _day(day: date) -> str:
    # strftime would write the months of the machine's locale.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_EVENT_TRIGGERS = frozenset(
    "before until till prior ahead time after since following wake aftermath during amid throughout".split()
)
_EVENT_LEAD = re.compile(
    r"(?<![\w'’-])(?:(?P<before>before|until|till|prior\s+to|ahead\s+of|by\s+the\s+time)"
    r"|(?P<after>after|since|following|in\s+the\s+(?:wake|aftermath)\s+of)|(?P<during>during|amid|throughout))\s+(?=\w)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\s*(\w[\w'’&./-]*(?<![.'’-])(?:(?<=s)['’](?=\s))?|\S)")
_MOST_WORDS = 14
_DETERMINERS = ARTICLES | POSSESSIVES | DEMONSTRATIVES
_BE_HAVE = (BE | HAVE) & FINITE
_STOPS = (
    WH
    | CONJUNCTIONS
    | DO
    | MODAL
    | _EVENT_TRIGGERS - {"ahead", "following", "prior", "time", "wake", "aftermath"}
    | frozenset("about regarding concerning as than now currently still already yet again instead".split())
)
_PARTICLES = frozenset("along up down off out inside outside".split())
"""Prepositions that may end a clause: "until she was locked up"."""
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
_OWNING = ("'s", "’s", "s'", "s’")
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
    if _EVENT_TRIGGERS.isdisjoint(words):
        return []
    events: list[Event] = []
    for lead in _EVENT_LEAD.finditer(text):
        taken = any(start <= lead.start() < end for start, end in periods)
        before, word = words_before(text, lead.start())[1].lower(), lead[0].split()[0].lower()
        of_verb = before in {"after": _VERBS_WITH_AFTER, "following": _FOLLOWERS}.get(word, ())
        if taken or of_verb or (events and lead.start() < events[-1].end):
            continue
        owned = any(
            start == lead.end() and text[:end].endswith(_OWNING) and word_after(text, end)[:1].isalpha()
            for start, end in periods
        )
        if end := _end(text, lead, owned, [start for start, _ in periods]):
            relation: Relation = "before" if lead["before"] else "after" if lead["after"] else "during"
            events.append(Event(lead.start(), lead.end(), end, relation))
    return events


def _end(text: str, lead: re.Match[str], owned: bool, periods: Sequence[int]) -> int:
    """Where the event's phrase ends; 0 where it is none."""
    tokens = _phrase(text, lead.end())
    words = [token[1] for token in tokens]
    if not words:
        return 0
    low = [word.lower() for word in words]
    dated = next((i for i, token in enumerate(tokens) if i > 1 and token.start(1) in periods), len(low))
    verb = next((i for i in range(1, len(low)) if low[i] in _BE_HAVE or looks_past(low[i])), None)
    owner = next((i for i, word in enumerate(words[:4]) if word.endswith(_OWNING)), None)
    if low[0] in _DETERMINERS:
        fits = (
            len(low) > 1 and not (verb == 1 and len(low) == 2) and (verb is not None or not _is_no_event(low[:dated]))
        )
    elif owned or (owner is not None and words[0][0].isupper() and owner + 1 < len(words)):
        fits = True
    elif lead[0].lower().startswith(("during", "amid")):
        fits = words[0].isalpha() and low[0] not in _VAGUE and (words[0][0].isupper() or low[0].endswith("s"))
    elif low[0] in SUBJECTS or words[0][0].isupper():
        fits = verb is not None and verb <= 5 and not any(w in PREPOSITIONS for w in low[:verb])
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
    while tokens and tokens[-1][1].lower() in (PREPOSITIONS | ARTICLES) - _PARTICLES:
        tokens.pop()
    return tokens


def _is_no_event(low: list[str]) -> bool:
    """Whether a phrase without a verb is a place, a person or a stretch of any day."""
    cut = next((i for i, word in enumerate(low) if word in PREPOSITIONS), len(low))
    head = low[cut - 1]
    of = low[cut : cut + 1] == ["of"] and head not in {"eyes", "rest", "time"}
    return not head[0].isalpha() or head in _BODIES or (head in _VAGUE and not of) or head in _DETERMINERS


_ORDER_TRIGGERS = frozenset(
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
    if _ORDER_TRIGGERS.isdisjoint(words):
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


_WORD = re.compile(r"[^\W\d_]+|\d")
_JOIN = re.compile(r"\s*(?:-|–|—)\s*|\s+(?:to|through|until|till|and)\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_LEAD_IN = 32
"""Characters before a period in which the words that lead into it stand."""

_NUMBERS = {"": 1, "two": 2, "three": 3, "few": 3, "2": 2, "3": 3}
_PART = re.compile(
    r"(?<![\w'’-])(?:(?P<the>the\s+)?(?P<third>early|mid|late)(?:[\s-]+|\s+(?:in|on)\s+)"
    r"|(?:the\s+)?(?P<side>beginning|start|middle|end|first\s+half|second\s+half)\s+of\s+"
    r"|(?:the\s+)?(?P<edge>first|last)\s+(?P<n>two\s+|three\s+|few\s+|[23]\s+)?(?P<unit>week|day)s?\s+(?:of|in)\s+"
    r"|(?:the\s+)?(?P<week>week)\s+of\s+|the\s+month\s+of\s+)$",
    re.IGNORECASE,
)
_SIDES = {"beginning": "early", "start": "early", "middle": "mid", "end": "late"}
_LEAD = re.compile(
    r"(?<![\w'’-])(?:(?P<not_before>since|on\s+or\s+after|(?:starting|beginning)(?:\s+(?:on|in|from))?)"
    r"|(?P<not_after>on\s+or\s+before|(?:up\s+)?until|till|up\s+to|by|no\s+later\s+than|through|as\s+of)"
    r"|(?P<before>before|prior\s+to|ahead\s+of)|(?P<after>after)|(?P<from>from)"
    r"|(?:in|on|at|during|over|throughout|within|of|for|between))\s+$",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"today|tonight|yesterday|tomorrow", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+on(?:wards?)?\b(?!\s+\w)|\s+onwards?\b", re.IGNORECASE)
_LONG = timedelta(days=3000)
_ONE_DAY = timedelta(days=1)


class _Item(NamedTuple):
    """A period that has been worked out, before events have taken what belongs to them."""

    start: int
    end: int
    since: date | None
    until: date | None


def find_times(question: str, *, today: date) -> tuple[TimeExpression, ...]:
    """The time expressions of a question in their order, none overlapping another, as understood on the day `today`.

    Takes any text and raises nothing; what lies beyond the calendar is left out.

    >>> [time.describe() for time in find_times("Who resigned last week?", today=date(2025, 10, 24))]
    ['last week [13–19 Oct 2025]']
    >>> find_times("Will May resign over the 90-day pause?", today=date(2025, 10, 24))
    ()
    """
    small = question.lower()
    capitals_tell = not question.isupper() or len(small) != len(question)
    text = question if capitals_tell else small
    words = frozenset("#" if word.isdigit() else word.lower() for word in _WORD.findall(text))
    items = _items(text, words, today)
    events = events_in(text, words, [(item.start, item.end) for item in items])
    found = [_event(question, event, items) for event in events]
    taken = [(time.start, time.end) for time in found]
    found += [
        TimeExpression(question[item.start : item.end], *item)
        for item in items
        if not _overlaps(item[0], item[1], taken)
    ]
    taken = [(time.start, time.end) for time in found]
    for start, end, order in orders_in(text, words):
        if not _overlaps(start, end, taken):
            found.append(TimeExpression(question[start:end], start, end, None, None, order))
    return tuple(sorted(found, key=lambda time: time.start))


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < e and s < end for s, e in spans)


def _items(text: str, words: frozenset[str], today: date) -> list[_Item]:
    """Periods with their leading words; two that a range joins make one item."""
    atoms = [_with_part(text, atom, today) for atom in atoms_in(text, words, today)]
    items: list[_Item] = []
    at = 0
    while at < len(atoms):
        atom = atoms[at]
        floor = items[-1].end if items else 0
        period = None
        if at + 1 < len(atoms) and not atom.attributive and _makes_range(text, atom, atoms[at + 1]):
            last = atoms[at + 1]
            tense = tense_at(text, atom.start, last.end)
            if period := joined(atom.reading, last.reading, today, tense):
                atom = Atom(atom.start, last.end, period, last.attributive)
                at += 1
        if period is None:
            reading = atom.reading
            period = (
                reading if isinstance(reading, Period) else reading.choose(today, tense_at(text, atom.start, atom.end))
            )
        if period is not None and (item := _led(text, atom, period, floor)):
            items.append(item)
        at += 1
    return items


def _makes_range(text: str, first: Atom, last: Atom) -> bool:
    if first.end >= last.start or not (link := _JOIN.fullmatch(text, first.end, last.start)):
        return False
    return (
        "and" not in link[0].lower() or _BETWEEN.search(text, max(0, first.start - _LEAD_IN), first.start) is not None
    )


def _with_part(text: str, atom: Atom, today: date) -> Atom:
    """The atom with "early", "the end of" or "the first week of" before it taken in."""
    match = _PART.search(text[max(0, atom.start - _LEAD_IN) : atom.start])
    if match is None:
        return atom
    start = max(0, atom.start - _LEAD_IN) + match.start()
    if match["the"] and not (isinstance(atom.reading, Period) and atom.reading.until - atom.reading.since > _LONG):
        start += len(match["the"])  # "before the early October vote" is not before early October

    def of(period: Period) -> Period:
        if match["week"]:
            return unit("week", period.since, 0)
        if match["edge"]:
            days = _NUMBERS[(match["n"] or "").strip().lower()] * (7 if match["unit"].lower() == "week" else 1)
            return part(period, f"{match['edge'].lower()} {days}")
        side = " ".join((match["third"] or match["side"] or "").lower().split())
        return part(period, _SIDES.get(side, side)) if side and period.since != period.until else period

    reading = atom.reading
    if isinstance(reading, Period):
        return atom._replace(start=start, reading=of(reading))
    return atom._replace(
        start=start, reading=Recurring(lambda k: of(p) if (p := reading.nth(k)) else None, reading.which)
    )


def _led(text: str, atom: Atom, period: Period, floor: int) -> _Item | None:
    """The period as its leading word bounds it; None where that leads beyond the calendar."""
    plain = _Item(atom.start, atom.end, *period)
    match = _LEAD.search(text, max(floor, atom.start - _LEAD_IN), atom.start)
    if match is None or atom.attributive:
        return plain  # "after Monday's vote" is after the vote
    if match.lastgroup is None and _ADVERB.match(text, atom.start):
        return plain  # "when they signed in today"
    led = plain._replace(start=match.start())
    try:
        if match["before"]:
            return led._replace(since=None, until=period.since - _ONE_DAY)
        if match["after"]:
            return led._replace(since=period.until + _ONE_DAY, until=None)
    except OverflowError:
        return None
    if match["not_before"]:
        return led._replace(until=None)
    if match["not_after"]:
        return led._replace(since=None)
    if match["from"] and (onwards := _ONWARDS.match(text, atom.end)):
        return led._replace(until=None, end=onwards.end())
    return led


def _event(question: str, event: Event, items: Sequence[_Item]) -> TimeExpression:
    """An event with the bounds of the periods that its phrase holds."""
    inside = [item for item in items if event.start <= item.start < event.end]
    end = max([event.end, *(item.end for item in inside)])
    since = until = None
    if event.relation != "before":
        since = next((item.since for item in inside if item.since), None)
    if event.relation != "after":
        until = next((item.until for item in inside if item.until), None)
    name = question[event.name : end]
    return TimeExpression(question[event.start : end], event.start, end, since, until, None, name, event.relation)
