"""Names and phrases that hold the word of a date and are none, and which bare months and years are dates."""

from __future__ import annotations

import re

from rag.dates.tense import looks_past

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTH = (
    r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_AND_YEARS = re.compile(rf"\s*(?:-|–|—|to|and|or|through)\s*{MONTH}", re.IGNORECASE)
_MONTH_AND = re.compile(rf"{MONTH}\s*(?:-|–|—|\b(?:to|and|or|through|until)\b)\s*$", re.IGNORECASE)

_NAMES = re.compile(
    rf"""\b(?:
    (?:black|good|bloody|super|cyber|ash|palm|easter|giving|blue|shrove|spy|holy|maundy|red|whit|ruby|casual|freaky
      |manic|throwback|sheffield|pancake|pentecost|mothering|stir-up)\s+{WEEKDAY}
    |mail\s+on\s+sunday | friday\s+the\s+13th
    |{WEEKDAY}\s+(?:times|telegraph|mirror|express|mail|post|herald|tribune|star|sun|school|prayers?|sermons?|mass|roast
      |league|addams|weld|papers?|night\s+(?:live|football|lights|fever|smackdown)|morning\s+(?:herald|quarterback))
    |(?:usa|psychology|physics|russia|india|archaeology|science)\s+today | today\s+(?:show|programme|program|fm)
    |(?:oct(?:ober|\.)?\s+7(?:th)?|7(?:th)?\s+october|jan(?:uary|\.)?\s+6(?:th)?|6(?:th)?\s+january
      |sept(?:ember|\.)?\s+11(?:th)?|11(?:th)?\s+september|july\s+7(?:th)?|7(?:th)?\s+july)
      \s+(?:attacks?|attackers?|massacres?|hostages?|riot(?:er)?s?|insurrection(?:ists?)?|committee|commission
      |defendants?|pardons?|bomb(?:er|ing)s?|hijackers?|assault|prosecutions?)
    |orwell['’]s\s+1984 | may\s+day | july\s+fourth | fourth\s+of\s+july | april\s+fools?(?:['’]s?)?
    | march\s+madness | black\s+september | red\s+october
    |october\s+(?:revolution|surprise|war|sky) | (?:women|pride|climate|freedom|peace)(?:['’]?s)?\s+march
    |(?:this|last)\s+week\s+tonight | apocalypse\s+now | democracy\s+now | now\s+(?:tv|that) | current\s+war
    |(?:world|edge|school)s?\s+of\s+tomorrow | tomorrow\s+(?:never|land|people)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PERIODS_OF_YEAR = frozenset(
    """election elections report vote votes figures data meeting summit statement inflation jobs unemployment budget
    referendum deadline attack attacks recess heat heatwave riots floods strike strikes coup olympics paralympics war
    crisis season campaign championship championships conference census protests world games edition budgets polls poll
    sanctions deal invasion earthquake hurricane pandemic primaries awards ceremony law ruling results primary midterms
    massacre revolution agreement accord accords""".split()
)
_NAMED_BY_YEAR = frozenset(
    """election elections olympics paralympics cup bowl budget eurovision euro euros season census championship
    championships games tour awards oscars""".split()
)
_FUNCTION = frozenset(
    """is was were are did do does has have had will would can could should may might must and or but for in on
    at to from by with about as than that which who whom whose what when where why how the a an if it its he
    she they we there not still compared alone so because onwards onward through until till versus his her
    their this after before during since between across against us""".split()
)
_PERSONS = frozenset({"april", "may", "june", "august"})
_UNSURE = _PERSONS | {"march"}
_STRICT = frozenset("in since during early mid late until till".split())
_SOFT = frozenset("by before after from to through between and of".split())
_STRICT_YEAR = frozenset("in since until till before after during between through".split())
_SOFT_YEAR = frozenset("of for about around from by to over and".split())
_COUNTED = frozenset(
    "crowd total toll group force fleet average record army audience population team tens each".split()
)
_DETERMINERS = frozenset("the a this its their his her".split())
OWNERS = frozenset("his her their its my our your whose".split())
_LAST_WORD = re.compile(r"(?:([\w’']+)(?:\s+|-))?([\w’']+)(?:\s+|-)$")
_NEXT_WORD = re.compile(r"(['’]s)?\s*(-?[^\W\d_][\w’'-]*|\S|)")
_OPENING = re.compile(r"\b(?:beginning|start|middle|end|half|month|weeks?|days)\s+(?:of|in)\s+$", re.IGNORECASE)
_FRAGMENT = re.compile(r"\s*(?:(?:and|or|but)\s+)?(?:(?:what|how)\s+about\s+)?(?:in\s+)?", re.IGNORECASE)
_TOGETHER = re.compile(rf"\b(?:between|from|{MONTH})", re.IGNORECASE)


def names_in(text: str) -> list[tuple[int, int]]:
    """Where a name stands that holds the word of a date: Black Friday, USA Today, the October 7 attacks."""
    return [m.span() for m in _NAMES.finditer(text)]


def words_before(text: str, start: int) -> tuple[str, str]:
    """The last two words before a place, as written; "" where there is none."""
    m = _LAST_WORD.search(text[max(0, start - 40) : start])
    return (m[1] or "", m[2]) if m else ("", "")


def word_after(text: str, end: int) -> str:
    """The word or mark that follows, as written; "" at the end."""
    m = _NEXT_WORD.match(text[end : end + 40])
    return m[2] if m else ""


def is_month(text: str, start: int, end: int) -> bool:
    """Whether a month's name that stands without day and year is a month here.

    April, May, June and August are people too and to march is a verb: those need a sign, and so does a short form.
    """
    written = text[start:end]
    name = written.lower().rstrip(".")
    before, after = words_before(text, start)[1], word_after(text, end)
    if len(name) <= 4 and name not in {"may", "june", "july"}:
        sign = before.lower() in _STRICT | _SOFT or _AND_YEARS.match(text, end) is not None
        return sign and written[0].isupper() and not after[:1].isupper() and not after.startswith("-")
    if name not in _UNSURE:
        return True
    if before.lower() in {"last", "this", "next"}:
        return written[0].isupper() and not (name in _PERSONS and after[:1].isupper())
    person = name in _PERSONS and after[:1].isupper()
    owner = text[end : end + 2] in {"'s", "’s"} and after not in _PERIODS_OF_YEAR
    if person or owner:
        return False
    if before.lower() in _STRICT or _OPENING.search(text[max(0, start - 20) : start]):
        return True
    if not written[0].isupper():
        return False
    if _AND_YEARS.match(text, end) or _MONTH_AND.search(text[max(0, start - 20) : start]):
        return True
    if before.lower() in _SOFT:
        return _is_softly_led(text, start, before.lower(), after)
    return after in _PERIODS_OF_YEAR and start > 0


def _is_softly_led(text: str, start: int, before: str, after: str) -> bool:
    """Whether "by May" and the like is a month: not in "backed by May", "after May resigned"."""
    if before in {"to", "and", "of"}:
        return before != "of" and _TOGETHER.search(text[max(0, start - 40) : start]) is not None
    if before == "by" and looks_past(words_before(text, start)[0].lower()):
        return False
    return not looks_past(after.lower()) and after.lower() not in {"was", "is", "had", "has", "were"}


def is_year(text: str, start: int, end: int) -> bool:
    """Whether four digits count years: "in 2024", "the 2024 election"; not "2025 ships", "room 2010"."""
    if _FRAGMENT.fullmatch(text[:start]) and not text[end:].strip(" ?.!"):
        return True
    before, after = words_before(text, start)[1].lower(), word_after(text, end)
    content = after[:1].isalpha() and after.islower() and after not in _FUNCTION
    plural = content and ((after.endswith("s") and not after.endswith("ss")) or after in {"people", "men", "women"})
    owned = before in _DETERMINERS or before.endswith(("'s", "’s", "s'", "s’"))
    if after in _PERIODS_OF_YEAR:
        return before in _STRICT_YEAR | _SOFT_YEAR or owned or start == 0
    if before in _STRICT_YEAR:
        return not plural
    if before in {"of", "for"}:
        return not plural and words_before(text, start)[0].lower() not in _COUNTED
    if before in _SOFT_YEAR:
        return not content and (before != "and" or "between" in text[max(0, start - 20) : start].lower())
    if owned:
        return after[:1].isalpha() and after not in _FUNCTION and not plural
    return before in _NAMED_BY_YEAR or before in {"early", "mid", "late"}


def is_weekday(text: str, start: int, end: int) -> bool:
    """Whether a weekday's name is one day: not a habit, as in "every Friday", nor part of a title."""
    before, after = words_before(text, start)[1].lower(), word_after(text, end)
    if before in {"every", "each", "a", "any", "some", "one", "most", "many"} or text[end : end + 1] == "-":
        return False
    led = before in {"on", "since", "until", "till", "by", "last", "next", "this", "from", "to", "before", "after"}
    month = re.match(MONTH, after, re.IGNORECASE)
    return led or not (text[start].isupper() and after[:1].isupper()) or month is not None


def is_mere_word(text: str, start: int) -> bool:
    """Whether "today", "yesterday" or "tomorrow" begins small, or begins the question: else it is a title."""
    return text[start].islower() or not re.search(r"\w", text[:start]) or text[:start].rstrip()[-1:] in {".", "?", "!"}
