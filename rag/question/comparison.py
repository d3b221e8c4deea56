"""What a comparison compares: its two sides, and the matter on which they are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ASKING = r"\bhow (?:do|does|did|is|are|was|were)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_ASKING} (?P<one>.+?) (?:differ(?:ent)?|compared?) (?:from|with|to) (?P<other>.+)",
        rf"{_ASKING} (?P<one>.+?) and (?P<other>.+?) (?:differ(?:ent)?|compared?|disagree)\b(?P<matter>.*)",
        r"\bbetween (?P<one>.+?) and (?P<other>.+)",
        r"\b(?:compare|contrast) (?:what |how )?(?P<one>.+?) (?:and|with|to) (?P<other>.+)",
        r"^(?P<one>[^,:]+?),? (?:versus|vs\.?|compared (?:with|to)) (?P<other>.+)",
    )
)
_MATTER = re.compile(
    r" (?P<matter>(?:on|about|over|regarding|concerning|when|as to|in terms of|believe|think|say|said|want)\b.*)"
)
_OWNED = re.compile(r"(?P<owner>.+?)(?:['’]s|(?<=s)['’])(?: (?P<thing>.*))?$")
_ENDS = " ?.!,"


@dataclass(frozen=True)
class ComparedEntities:
    """The two sides of a comparison, and the words that belong to both of them, perhaps none."""

    one: str
    other: str
    matter: str = ""


def compared_entities(question: str) -> ComparedEntities | None:
    """The sides of a question that compares; None where they cannot be told.

    >>> compared_entities("How do the union and the company differ on severance pay?")
    ComparedEntities(one='the union', other='the company', matter='on severance pay')
    >>> compared_entities("How does the union's count of jobs compare with the company's?")
    ComparedEntities(one='the union', other='the company', matter='count of jobs')
    """
    found = next(filter(None, (form.search(question) for form in _FORMS)), None)
    if not found:
        return None
    matters = [found.groupdict().get("matter") or ""]
    sides = []
    for name in ("one", "other"):
        side = found[name].strip(_ENDS)
        if said := _MATTER.search(side):
            side, matters = side[: said.start()], [*matters, said["matter"]]
        if owned := _OWNED.match(side):
            side, matters = owned["owner"], [*matters, owned["thing"] or ""]
        sides.append(side)
    matter = " ".join(dict.fromkeys(part.strip(_ENDS) for part in matters if part.strip(_ENDS)))
    return ComparedEntities(sides[0], sides[1], matter) if all(sides) else None
