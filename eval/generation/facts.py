"""Questions after facts that stand in clear patterns: offices, what was said, days, places and amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eval.generation.base import QuestionDraft, Sentence
from eval.generation.clauses import Clause
from eval.generation.names import Name
from eval.generation.numbers import HEDGES, Quantity
from rag.english.grammar import content_words, is_superlative
from rag.english.lexicon import AUXILIARY, BE, CLAIMING, PREPOSITIONS
from rag.english.places import kinds_of

_NOUN = r"(?:[a-z][a-z’'-]*[a-z] ){0,3}?"
_OFFICES = (
    "chief executive(?: officer)?|president|chairman|chairwoman|chair|director|director general|general secretary|"
    "secretary general|secretary-general|editor|mayor|governor|prime minister|minister|head|leader|founder|co-founder|"
    "owner|manager|managing director|executive director|commissioner|chief|coach|head coach|captain|master|"
    "superintendent|sheriff|dean|principal|ambassador|administrator|treasurer|chief economist|chief inspector|CEO"
)
_APPOSITION = re.compile(
    rf"^, (?:the )?(?P<role>{_NOUN}(?:{_OFFICES})) (?P<of>of|at|for) (?P<the>the )?(?P<body>[A-Z].*?)(?=,|$| said\b)"
)
_OWNED = re.compile(rf"(?P<body>[A-Z][\w’'&. -]*?)(?:’s|'s) (?P<role>{_NOUN}(?:{_OFFICES})),? $")
_TITLE = re.compile(
    r"(?P<body>.+?) (?P<role>(?:Prime |Foreign |Defense |Defence |Finance |Interior )?(?:President|Minister|Premier"
    r"|Chancellor|CEO|Mayor|Governor|Gov|Administrator|Commissioner|Director|Secretary))$"
)
_BROKEN = ("+ ", "& ", "/", ". ", " and ")
"""What stands before a name that was cut: "St. Aldan Mayor …"."""
_HALF_TITLES = frozenset("Prime Foreign Defense Defence Finance Interior Vice Deputy Lt Attorney".split())
_NOT_THE_HOLDER = re.compile(
    r"\b(?:former|acting|then|late|ex|vice|deputy|interim|outgoing|incoming|assistant|regional|senior|managing)\b"
)
_DESCRIBED = re.compile(r"^, (?P<what>(?:an? |the )(?P<rest>[a-z][^,]{8,80}?)), (?=[a-z])")
_LOOSE = re.compile(r"\b(?:who|whose|which|that|from|his|her|their|its|and)\b")
_HEDGE = re.compile(rf"{HEDGES} ")
_CLAUSE = re.compile(r"\b(?:that|whether|if|because|when|who|which|said|and|but|as|after|before|while|until|since)\b")
_PLANNED = frozenset("scheduled expected set due planned plans wants intends".split())
_AIM = re.compile(r"\bto (?!the\b|a\b|an\b)[a-z]+(?<!ing)\b")
_ANOTHER = re.compile(r"\band (?:[$£€]?\d|\w+ (?:per ?cent|million))")
_FRONT = {"date": "When", "month": "When", "year": "When"}
_AT = {"date": ("on",), "month": ("in",), "year": ("in",)}
_PLACING = re.compile(r" (?:in|at) (?:the )?$")
_NO_PLACING = re.compile(
    r"\b(?:in|at|near|to|from|into|on|of|for|with|by|against|interest|live|believe)\b(?= (?:the )?[A-Z])"
)
_BODY_WORDS = 6
_NEAR = 90
"""Characters before a name in which \"former\" may speak of its office."""
_LEAST_REST = 2
"""Content words behind the verb of a question after a place: where somebody "won" has many answers."""


def ask_office(sentence: Sentence, text: str, names: Sequence[Name]) -> Iterator[QuestionDraft]:
    """Who holds an office: "Ada Lund, director of the Sea Board," and "Lisora Prime Minister Ada Lund"."""
    for name in names:
        if name.kind != "person" or " " not in name.text:
            continue
        role = _role_behind(text, name, names) or _role_owned(text, name, names) or _role_before(text, name)
        if role and not _NOT_THE_HOLDER.search(role.casefold()) and name.text not in role:
            yield QuestionDraft("fact", f"Who is the {role}?", (name.text,), sentence, "office")


def _role_behind(text: str, name: Name, names: Sequence[Name]) -> str:
    """The office that follows a name: ", director of the Sea Board,"."""
    match = _APPOSITION.match(text[name.end :])
    # The organisation or place must be one name and nothing else.
    if not match or len(match["body"].split()) > _BODY_WORDS or all(name.text != match["body"] for name in names):
        return ""
    return f"{match['role']} {match['of']} {match['the'] or ''}{match['body']}"


def _role_owned(text: str, name: Name, names: Sequence[Name]) -> str:
    """The office of what owns it: "the Sea Board's director, "."""
    match = _OWNED.search(text[: name.start])
    body = next((other for other in names if match and other.end == match.end("body")), None)
    if not match or not body or body.kind == "person":
        return ""
    article = "the " if text[: body.start].endswith(("the ", "The ")) else ""
    return f"{match['role']} of {article}{body.text}"


def _role_before(text: str, name: Name) -> str:
    """The office in the title: "Lisora Prime Minister "."""
    match = _TITLE.fullmatch(name.title)
    before = text[: name.start - len(name.title) - 1]
    if not match or match["body"] in _HALF_TITLES or before.endswith(_BROKEN):
        return ""
    if _NOT_THE_HOLDER.search(text[: name.start].casefold()[-_NEAR:]):
        return ""
    role = {"CEO": "CEO", "Gov": "governor"}.get(match["role"], match["role"].casefold())
    return f"{role} of {match['body']}" if kinds_of(match["body"]) and role != "CEO" else f"{match['body']} {role}"


def ask_description(sentence: Sentence, text: str, names: Sequence[Name]) -> Iterator[QuestionDraft]:
    """Who somebody is: "Ada Lund, a marine engineer at the Sea Board, said"."""
    for name in names:
        match = _DESCRIBED.match(text[name.end :]) if name.kind == "person" and " " in name.text else None
        if match and any(word[0].isupper() for word in match["rest"].split()) and not _LOOSE.search(match["rest"]):
            yield QuestionDraft("fact", f"Who is {name.text}?", (match["what"], match["rest"]), sentence, "description")


def ask_speaker(sentence: Sentence, clause: Clause) -> Iterator[QuestionDraft]:
    """Who said that something is so."""
    name = clause.name
    if name and name.kind == "person" and " " in name.text and clause.verb in CLAIMING and not clause.auxiliary:
        rest = clause.rest if clause.rest.startswith("that ") else ""
        if rest and "," not in rest:
            yield QuestionDraft("fact", f"Who {clause.verb} {rest}?", (name.text,), sentence, "saying")


def ask_time(sentence: Sentence, clause: Clause, quantities: Sequence[Quantity]) -> Iterator[QuestionDraft]:
    """When something happens: a day, month or year that ends the clause."""
    for quantity in quantities:
        if quantity.kind not in _AT or quantity.hedged != quantity.start:
            continue
        lead = next((lead for lead in _AT[quantity.kind] if clause.rest.endswith(f" {lead} {quantity.text}")), None)
        if lead is None and not (quantity.kind == "date" and clause.rest == f"on {quantity.text}"):
            continue
        rest = clause.rest[: -len(f"{lead or 'on'} {quantity.text}")].strip()
        if (
            _CLAUSE.search(rest)
            or _CLAUSE.search(clause.subject)
            or rest.endswith(("-", ",", "ing", "based", " on", " at", " in"))
            or not _simple(clause, rest)
        ):
            continue
        if clause.verb == "based" or clause.present:
            continue
        if _AIM.search(rest) and clause.verb not in _PLANNED:
            continue
        if text := clause.asked(_FRONT[quantity.kind], rest):
            yield QuestionDraft("fact", text, (quantity.text, f"{lead or 'on'} {quantity.text}"), sentence, "time")


def _simple(clause: Clause, rest: str) -> bool:
    """Whether a clause has one verb and no "largest", so that what ends it belongs to that verb."""
    words = [word.casefold() for word in rest.split()]
    return not (clause.copular or any(word in AUXILIARY or is_superlative(word) for word in words))


def ask_place_of_event(sentence: Sentence, clause: Clause, names: Sequence[Name]) -> Iterator[QuestionDraft]:
    """Where something happens: a place that ends the clause, the only one in it."""
    statement = clause.statement
    for name in names:
        if name.kind != "place" or not clause.rest.endswith(name.text):
            continue
        match = _PLACING.search(clause.rest[: -len(name.text)])
        if match is None:
            continue
        rest = clause.rest[: match.start()]
        if (
            _CLAUSE.search(statement)
            or _NO_PLACING.search(rest)
            or _NO_PLACING.search(clause.subject)
            or len(content_words(rest)) < _LEAST_REST
        ):
            continue
        if not _simple(clause, rest) or set(rest.split()) & (PREPOSITIONS - {"of", "by"}):
            continue
        if text := clause.asked("Where", rest):
            whole = clause.rest[match.start() :].strip()
            yield QuestionDraft("fact", text, (name.text, whole), sentence, "place")


def ask_amount(sentence: Sentence, clause: Clause, quantities: Sequence[Quantity]) -> Iterator[QuestionDraft]:
    """How many or how much: a figure right behind the verb."""
    if clause.auxiliary in BE:
        return
    for quantity in quantities:
        hedge, found, after = clause.rest.partition(quantity.text)
        if not found or (hedge and not _HEDGE.fullmatch(hedge)) or quantity.kind not in ("count", "money", "percent"):
            continue
        opening, rest = _opening(quantity, after)
        if not opening or not (rest or clause.auxiliary) or rest is None or "," in rest or _ANOTHER.search(rest):
            continue
        if text := clause.asked(opening, rest):
            unit = f"{quantity.text} {quantity.unit}" if quantity.unit else ""
            forms = (quantity.text, unit, f"{hedge}{quantity.text}" if hedge else "")
            yield QuestionDraft("fact", text, tuple(form for form in forms if form), sentence, "amount")


def _opening(quantity: Quantity, after: str) -> tuple[str, str | None]:
    """The words that ask, and what of the sentence is left behind the verb; None where it does not go on plainly."""
    if quantity.kind == "count":
        after = after[1 + len(quantity.unit) :]
        opening = f"How many {quantity.unit}"
    elif quantity.kind == "money":
        opening = "How much"
    else:
        of = re.match(r" of (?:the )?(?:[A-Z][\w’'-]+ ?)+", after)
        if not of or of.group().rstrip().endswith(("'s", "’s")):
            return "", None
        return f"What percentage{of.group().rstrip()}", after[of.end() :].strip()
    plain = re.match(
        r"$| (?:in|on|for|to|from|at|since|during|between|by|with|into|a|per|over|under|after|before)\b", after
    )
    return opening, after.strip() if plain else None
