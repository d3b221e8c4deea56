"""Cloze questions: a sentence in which a question word stands in the place of a name, a figure or a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eval.generation.base import QuestionDraft, Sentence
from eval.generation.clauses import Clause
from eval.generation.names import Name
from eval.generation.numbers import Quantity
from rag.english.lexicon import CLAIMING
from rag.english.places import PlaceKind, kinds_of

_SORTS = frozenset(
    """union university college council ministry bank party court agency commission committee department museum
    airport association federation league institute foundation board team club company hospital airline""".split()
)
_AGENT = CLAIMING | frozenset(
    """agreed offered accused declined wants plans rejected accepted urged bought sold signed won lost filed sued paid
    killed attacked voted resigned called has had will would""".split()
)
_CHANGES = frozenset(
    "fell rose dropped spiked ended closed jumped climbed surged declined increased fallen risen".split()
)
"""What these say holds for a time, which the question must name."""
_TIMELESS = frozenset("owns costs has holds needs wants employs".split())
_NEAR = 18
"""Characters on either side of a figure in which no other may stand: "87 to 13" is no single answer."""
_PLACES: tuple[PlaceKind, ...] = ("country", "state", "city")
_PLACED = {
    "country": re.compile(r"\b(?:in|to|from|visited|invaded|across)$"),
    "state": re.compile(r"\bin$"),
    "city": re.compile(r"\bin$"),
}
_LEADS = {
    "date": re.compile(r"\b(?P<lead>on|until|by|since|before|after) $"),
    "year": re.compile(r"\b(?P<lead>in|since|until|by) $"),
    "month": re.compile(r"\b(?P<lead>in|since|until|by) $"),
    "time": re.compile(r"\b(?P<lead>at|until|by) $"),
}
_WORDS = {"date": "which date", "year": "which year", "month": "which month", "time": "what time"}
_AFTER_SHARE = re.compile(r"^(?: of | to | in | from | on | since | after | for | at |$)")
_AFTER_MONEY = re.compile(
    r"$| (?:a|per|for|to|in|from|on|at|since|by|each|every|over|during|after|before|between|with)\b"
)
_DETERMINED = re.compile(r"\b(?:a|an|the|new|first|another|of|this|its|his|her|their) $|-$")
_NO_PLACE_END = re.compile(r"[^ ]| (?:and|to|that|who|or)\b| [A-Z]")
_RANGE = re.compile(r"\bfrom (?:the )?[A-Z].* to$")


def capital(statement: str) -> str:
    """The statement as a question begins."""
    return statement[0].upper() + statement[1:]


def ask_subject(sentence: Sentence, clause: Clause) -> Iterator[QuestionDraft]:
    """Who or which did what the sentence says: the subject gives way to the question word."""
    if clause.name is None:
        return
    if (question_word := subject_words(clause)) and " " in clause.rest:
        yield QuestionDraft("cloze", f"{question_word} {clause.predicate}?", (clause.name.text,), sentence, "subject")


def subject_words(clause: Clause) -> str:
    """The words that ask for the subject; empty where its kind is not known well enough."""
    name = clause.name
    if name is None:
        return ""
    if name.kind == "person":
        return "Who" if " " in name.text else ""
    if name.kind == "place":
        known = kinds_of(name.text)
        return "Which country" if known == {"country"} else ""
    last = name.text.casefold().split()[-1]
    if last in _SORTS:
        return f"Which {last}"
    named = " " in name.text and not name.text.casefold().endswith("s")
    return "Who" if named and clause.verb in _AGENT and not clause.auxiliary else ""


def ask_count(sentence: Sentence, statement: str, quantities: Sequence[Quantity]) -> Iterator[QuestionDraft]:
    """How many did what: a number that opens the sentence."""
    for quantity in quantities if "," not in re.sub(r"\d,\d", "", statement) else ():
        if (
            quantity.kind == "count"
            and quantity.hedged == 0
            and " " in statement[quantity.end + 1 + len(quantity.unit) :]
        ):
            text = f"How many {statement[quantity.end + 1 :]}?"
            yield QuestionDraft("cloze", text, with_unit(statement, quantity), sentence, "count")


def ask_figures(sentence: Sentence, clause: Clause, quantities: Sequence[Quantity]) -> Iterator[QuestionDraft]:
    """A figure or a day behind the verb, asked for where it stands, as quizzes do."""
    statement = capital(clause.statement)
    if clause.present and _TIMELESS.isdisjoint({clause.verb}):
        return
    dated = any(quantity.kind in ("date", "month", "year") for quantity in quantities)
    for quantity in quantities:
        if not dated and (quantity.kind == "time" or clause.verb in _CHANGES):
            continue
        asked = figure_words(statement, quantity)
        if asked and quantity.hedged > len(clause.subject) and alone(quantity, quantities):
            text = f"{statement[: quantity.hedged]}{asked}{statement[quantity.end :]}?"
            yield QuestionDraft("cloze", text, with_unit(statement, quantity), sentence, quantity.kind)


def ask_place(sentence: Sentence, clause: Clause, names: Sequence[Name]) -> Iterator[QuestionDraft]:
    """A country, state or city behind the verb, asked for where it stands."""
    statement = capital(clause.statement)
    for name in names if not clause.present else ():
        known = kinds_of(name.text)
        kind = next((kind for kind in _PLACES if known == {kind}), None)
        if kind is None or name.kind != "place" or name.start <= len(clause.subject):
            continue
        before, after = statement[: name.start].rstrip(), statement[name.end :]
        if _PLACED[kind].search(before) and not _RANGE.search(before) and not _NO_PLACE_END.match(after):
            yield QuestionDraft("cloze", f"{before} which {kind}{after}?", (name.text,), sentence, kind)


def figure_words(statement: str, quantity: Quantity) -> str:
    """What asks for a figure in its place; empty where it cannot be asked for there."""
    before, after = statement[: quantity.hedged], statement[quantity.end :]
    if before.endswith(" or ") or after.startswith((" when ", " or ")):
        return ""
    if quantity.kind == "money":
        return "how much" if _AFTER_MONEY.match(after) and not _DETERMINED.search(before) else ""
    if quantity.kind == "percent":
        return "what percentage" if _AFTER_SHARE.match(after) else ""
    if quantity.kind == "count":
        return "how many" if not before.rstrip().endswith((" the", " these", "those", "first", "last", "next")) else ""
    lead = _LEADS.get(quantity.kind)
    hedge = quantity.hedged == quantity.start
    return (
        _WORDS[quantity.kind]
        if lead and hedge and lead.search(before) and not re.match(r" [a-z]+ing\b|-", after)
        else ""
    )


def alone(quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether no other figure stands near."""
    others = (other for other in quantities if other is not quantity)
    return all(other.start - quantity.end > _NEAR or quantity.start - other.end > _NEAR for other in others)


def with_unit(statement: str, quantity: Quantity) -> tuple[str, ...]:
    """The figure, and the longer forms of it that stand in the sentence: with its unit, with its hedge."""
    unit = f"{quantity.text} {quantity.unit}" if quantity.unit else ""
    hedged = statement[quantity.hedged : quantity.end] if quantity.hedged < quantity.start else ""
    return tuple(dict.fromkeys(form for form in (quantity.text, unit, hedged) if form))
