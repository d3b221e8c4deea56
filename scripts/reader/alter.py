"""Questions altered so that the paragraph that answered them no longer does.

A reader that has only seen questions about other paragraphs as unanswerable takes any similar sentence for an answer.
Most kinds of the traps that people set (Rajpurkar, Jia and Liang, "Know What You Don't Know", 2018) can be made by
rule: another name or number of the same article; another month, unit or office of the same kind; another verb or thing
than the paragraph's; the opposite of a word; a negated verb. Some altered questions are clumsy and a few are still
answerable; it is their number that teaches.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_OPPOSITES = """
    first/last first/second most/least more/less more/fewer largest/smallest biggest/smallest highest/lowest high/low
    oldest/youngest older/younger earliest/latest early/late before/after north/south northern/southern east/west
    eastern/western left/right upper/lower top/bottom male/female men/women man/woman increase/decrease
    increased/decreased increasing/decreasing rise/fall rose/fell win/lose won/lost winning/losing support/oppose
    supported/opposed best/worst better/worse positive/negative major/minor internal/external inside/outside
    public/private black/white old/new ancient/modern married/divorced began/ended begin/end beginning/end start/end
    started/stopped accept/reject accepted/rejected allow/forbid allowed/forbade same/different common/rare
    popular/unpopular long/short longest/shortest large/small big/small strong/weak rich/poor fast/slow
    fastest/slowest hot/cold wet/dry summer/winter spring/autumn morning/evening day/night always/never often/rarely
    with/without arrive/leave arrived/left buy/sell bought/sold build/demolish built/destroyed add/remove
    added/removed gain/lose gained/lost include/exclude included/excluded legal/illegal possible/impossible
    majority/minority maximum/minimum success/failure successful/unsuccessful friend/enemy victory/defeat
    import/export imported/exported heavy/light hard/soft husband/wife father/mother son/daughter brother/sister
    king/queen safe/dangerous easy/difficult rural/urban domestic/foreign national/local temporary/permanent
    active/inactive direct/indirect formal/informal primary/secondary above/below agree/disagree agreed/disagreed
    true/false wide/narrow
""".split()
_KINDS = """
    january/february/march/april/may/june/july/august/september/october/november/december
    monday/tuesday/wednesday/thursday/friday/saturday/sunday
    spring/summer/autumn/winter
    hundred/thousand/million/billion/trillion
    miles/kilometres/metres/yards/feet/inches
    tonnes/pounds/kilograms/ounces/barrels/gallons/litres/acres/hectares
    dollars/euros/pounds/yen/yuan/francs/rupees/roubles
    seconds/minutes/hours/days/weeks/months/years/decades/centuries
    president/chancellor/premier/minister/governor/mayor/senator/ambassador/spokesman/secretary/judge
    chairman/director/founder/owner/manager/editor/adviser/treasurer
    coach/captain/goalkeeper/referee/sponsor
    author/publisher/translator/illustrator/critic
    singer/drummer/guitarist/producer/composer/conductor
    general/admiral/colonel/sergeant/lieutenant
    bishop/priest/monk/pope/rabbi
    killed/injured/arrested/rescued/evacuated
    bought/sold/leased/inherited/donated
    approved/rejected/postponed/amended/drafted
    built/demolished/repaired/designed/financed
    son/daughter/nephew/uncle/brother/cousin
""".split()
"""Words of one kind, of which any may stand for any other."""
_NAME = re.compile(r"[A-Z][\w’'.-]*\w(?: (?:of |the |and )?[A-Z][\w’'.-]*\w)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_WORD = re.compile(r"[A-Za-z]+")
_VERB = re.compile(r"\b(?:was|were|is|are|did|does|do|could|has|have|had|would)\b")
_ASKED_FIRST = re.compile(
    r"(?P<asked>Who|Whom|When|Where|(?:What|Which|Whose|How many|How much)(?: [a-z-]+){0,2}?) "
    r"(?P<verb>is|are|was|were|did|does|do) (?P<rest>.{10,}?)\s*\?*"
)
_OPENINGS = frozenset(
    """What Which Who Whom Whose When Where Why How In On At The A An Of For To From By Is Are Was Were Do Does Did Has
    Have Had Can Could If During After Before According""".split()
)
_NEARBY = (-3, -2, -1, 1, 2, 3, 10)


def _both_ways(pairs: Sequence[str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for pair in pairs:
        one, other = pair.split("/")
        table.setdefault(one, []).append(other)
        table.setdefault(other, []).append(one)
    return table


_OPPOSITE = _both_ways(_OPPOSITES)
_OF_KIND = {word: kind.split("/") for kind in _KINDS for word in kind.split("/")}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with its own names, and the names and numbers of its whole article."""

    text: str
    names: Sequence[str]
    article_names: Sequence[str]
    article_numbers: Sequence[str]


def names(text: str) -> list[tuple[int, str]]:
    """Names with their places; a word that opens a question is no part of one."""
    found = []
    for match in _NAME.finditer(text):
        first, _, rest = match.group().partition(" ")
        name = rest if first in _OPENINGS else match.group()
        if name:
            found.append((match.end() - len(name), name))
    return found


def distinct_names(text: str) -> list[str]:
    """The names of a paragraph, without words that it also writes small."""
    small = set(re.findall(r"\b[a-z]+\b", text))
    found = {name for _, name in names(text)}
    return sorted(n for n in found if len(n) > 2 and "'" not in n and n.split()[0].lower() not in small)


def numbers(text: str) -> list[str]:
    """The numerals of a text."""
    return sorted(set(_NUMBER.findall(text)))


def moved(question: str) -> str | None:
    """The question with its question word at the end, as quizzes ask; None where it does not begin with one.

    >>> moved("Which river did the army cross in May?"), moved("What is the capital of Veldaray?")
    ('the army cross in May which river?', 'the capital of Veldaray is what?')
    """
    match = _ASKED_FIRST.fullmatch(question)
    if not match:
        return None
    asked = match["asked"][0].lower() + match["asked"][1:]
    # Only after a verb of being does the verb stand behind what follows it.
    whole = match["verb"][0] in "iaw" and match["rest"].startswith("the ")
    return f"{match['rest']} {match['verb']} {asked}?" if whole else f"{match['rest']} {asked}?"


def altered(
    question: str,
    answers: Sequence[str],
    paragraph: Paragraph,
    rng: random.Random,
    siblings: Callable[[str], Sequence[str]] = lambda word: (),
) -> str | None:
    """The question with one thing changed, or None where nothing can be.

    `siblings` gives words that are used as a word is but mean something else.
    """
    given = " ".join(answers).casefold()
    here = [(at, name) for at, name in names(question) if name.casefold() in paragraph.text.casefold()]
    figures = list(_NUMBER.finditer(question))
    turned = [match for match in _WORD.finditer(question) if match.group().lower() in _OPPOSITE]
    verb = _VERB.search(question)
    told = set(_WORD.findall(paragraph.text.casefold()))
    asked = [match for match in _WORD.finditer(question) if match.group().lower() in told]
    kinds = [match for match in asked if match.group().lower() in _OF_KIND]
    things = [match for match in asked if match.group().islower() and siblings(match.group())]
    ways = ["name", "name"] * bool(here) + ["number"] * bool(figures) + ["opposite", "opposite"] * bool(turned)
    ways += ["kind", "kind"] * bool(kinds) + ["thing", "thing"] * bool(things)
    ways += ["negation"] * bool(verb and rng.random() < 0.25)
    way = rng.choice(ways) if ways else ""
    if way == "name":
        at, name = rng.choice(here)
        pool = paragraph.names if rng.random() < 0.5 else paragraph.article_names
        others = [n for n in pool if _other_name(n, name, question, given)]
        return _put(question, at, len(name), rng.choice(others)) if others else None
    if way == "number":
        match = rng.choice(figures)
        number = _other_number(match.group(), question + given, paragraph, rng)
        return _put(question, match.start(), len(match.group()), number) if number else None
    if way == "opposite":
        match = rng.choice(turned)
        return _exchanged(question, match, _OPPOSITE[match.group().lower()], set(), rng)
    if way == "kind":
        match = rng.choice(kinds)
        return _exchanged(question, match, _OF_KIND[match.group().lower()], told, rng)
    if way == "thing":
        match = rng.choice(things)
        return _exchanged(question, match, siblings(match.group()), told, rng)
    if way == "negation" and verb:
        return _put(question, verb.start(), len(verb.group()), f"{verb.group()}n't")
    return None


def _exchanged(
    question: str, match: re.Match[str], others: Sequence[str], told: set[str], rng: random.Random
) -> str | None:
    """The question with another word in the place of one; none that it has already or that the paragraph tells."""
    left = [word for word in others if word not in told and word not in question.casefold().split()]
    if not left:
        return None
    word = rng.choice(left)
    word = word.capitalize() if match.group()[0].isupper() else word
    return _put(question, match.start(), len(match.group()), word)


def _other_name(other: str, name: str, question: str, given: str) -> bool:
    """Whether another name fits in the place of one: about as long, and neither asked about nor the answer."""
    folded = other.casefold()
    alike = abs(len(other.split()) - len(name.split())) <= 1
    return alike and folded not in question.casefold() and folded not in given and name.casefold() not in folded


def _other_number(number: str, taken: str, paragraph: Paragraph, rng: random.Random) -> str | None:
    """A number of as many characters from the article, else one close by."""
    alike = [n for n in paragraph.article_numbers if len(n) == len(number) and n not in taken]
    if alike:
        return rng.choice(alike)
    close = str(int(number) + rng.choice(_NEARBY)) if number.isdigit() else "-"
    return None if close.startswith("-") or close in taken else close


def _put(text: str, at: int, length: int, words: str) -> str:
    return text[:at] + words + text[at + length :]
