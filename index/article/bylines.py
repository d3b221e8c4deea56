"""Who wrote a page, for whom and when: bylines, credit lines, date lines and the dateline before the first sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from index.documents import Document, Span
from index.lexicon import MONTH, WEEKDAY, month_number

_AGENCIES = {
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse"),
    "Al Jazeera": ("Al Jazeera",),
    "ANI": ("ANI",),
    "AP": ("AP", "Associated Press", "The Associated Press", "AP News"),
    "BBC": ("BBC", "BBC News"),
    "Bloomberg": ("Bloomberg", "Bloomberg News"),
    "CNN": ("CNN",),
    "dpa": ("dpa", "DPA"),
    "EFE": ("EFE",),
    "IANS": ("IANS",),
    "Kyodo": ("Kyodo", "Kyodo News"),
    "PA": ("PA Media", "Press Association"),
    "PTI": ("PTI", "Press Trust of India"),
    "Reuters": ("Reuters", "REUTERS", "Thomson Reuters"),
    "TASS": ("TASS",),
    "UPI": ("UPI",),
    "Xinhua": ("Xinhua",),
    "Yonhap": ("Yonhap", "Yonhap News"),
}
_AGENCY_OF = {alias: name for name, aliases in _AGENCIES.items() for alias in aliases}
_AGENCY = "|".join(re.escape(alias) for alias in sorted(_AGENCY_OF, key=len, reverse=True))

# The last word of a newspaper's or broadcaster's name, so that "Roe, The Harbour Gazette" is no second author.
_OUTLET = re.compile(
    r"(?:\b(?:Bulletin|Chronicle|Courier|Daily|Dispatch|Enquirer|Examiner|Gazette|Guardian|Herald|Independent|Inquirer|Journal|Mail|Media"
    r"|Mirror|Network|News|Observer|Press|Post|Radio|Register|Republic|Sentinel|Standard|Star|Telegraph|Times|Today|TODAY|Tribune"
    r"|TV|Weekly|Wire)|^The [A-Z][\w’' -]+)$"
)
_ROLE = re.compile(
    r"\b(?:correspondent|editor|writer|reporter|columnist|staff|analyst|producer|bureau)\b", re.IGNORECASE
)
_PARTICLES = frozenset("al ap bin da de del den der di dos du el ibn la le ten ter van von y".split())
_WORD = re.compile(r"[^\W\d_]+(?:[.’'-]+[^\W\d_]+)*")

_DATE = re.compile(
    r"\b(?:(?P<y1>(?:19|20)\d\d)-(?P<m1>\d\d)-(?P<d1>\d\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m2>{MONTH})\.?,?\s+(?P<y2>(?:19|20)\d\d)"
    rf"|(?P<m3>{MONTH})\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>(?:19|20)\d\d))(?!\d)",
    re.IGNORECASE,
)
_BESIDE_A_DATE = re.compile(
    r"(?:first|last|published|posted|updated|modified|released|date|on|at|and|am|pm|a\.m|p\.m|gmt|utc|z|[ecp][sd]?t|bst|ist"
    rf"|{WEEKDAY}"
    r"|t?\d{1,2}[:.]\d\d(?:[:.]\d\d)?z?(?:am|pm)?|\d{4}|)",
    re.IGNORECASE,
)

_BY = re.compile(r"(?:by|von|par|por)\s+(?=\S)", re.IGNORECASE)
_BYLINE_SEPARATOR = re.compile(r"\s*[|•·]\s*|,\s+|\s+[–—/-]\s+|\s+(?:for|of)\s+(?:the\s+)?(?=[A-Z])")
_PLACE = re.compile(r"\s+(?:in|from|at)\s+.*$")
_JOB = (
    r"(?:reporting|reported|writing|written|editing|edited|input|inputs|compiled|contribution|contributions|photography"
    r"|graphics|production|translation|translated)"
)
_CREDIT_WORDS = frozenset(
    "a additional agencies also and at by contributed contributing for from further in of on original report story the "
    "this to with wire wires reporting reported writing written editing edited input inputs compiled contribution "
    "contributions photography graphics production translation translated".split()
)
_CREDIT = re.compile(
    rf"^\W*(?:(?:{_AGENCY})\b\W*)?(?:(?:with|and|additional|further|original|also|the)\s+)*{_JOB}\b.*?\b(?:by|from)\b"
    rf"|^\W*Contributing\s*:|^\W*Sources?\s*:\s*(?:{_AGENCY})\W*$|\bcontributed to this (?:report|story)\W*$"
    rf"|^\W*(?:{_AGENCY})(?:\s+Staff)?\W*$",
    re.IGNORECASE,
)
_CREDITED = re.compile(
    rf"(?P<jobs>(?:\b(?:and|with|additional|further|original|{_JOB})\b[\s,&/]*)+)\b(?:by|from)\s+(?P<names>.*?)"
    rf"(?=[;()]|,?\s+(?:and\s+|with\s+)?(?:additional\s+|further\s+)?{_JOB}\b|$)",
    re.IGNORECASE,
)
_LEADING_AGENCY = re.compile(rf"^\W*(?:Sources?\s*:\s*)?(?P<agency>{_AGENCY})\b")
_DATELINE = re.compile(
    rf"^(?P<place>[A-Z][\w.,’'/ -]{{1,60}}?)?,?\s*\((?P<agency>{_AGENCY})\)\s*[-–—:]+\s*"
    rf"|^(?:[A-Z][\w.,’'/ -]{{1,40}}\s)?(?P<bare>{_AGENCY})\s+[–—](?:\s+|$)"
    r"|^[A-Z]{3}[A-Z .’'-]{0,30}(?:,\s[A-Z][\w.]+)?\s[–—−-]+\s"
    # An agency that no list knows is believed between brackets, after a place in capitals and a day.
    r"|^[A-Z]{3}[A-Z .’'-]{0,30},\s[\w.,’' ]{0,20}\d[\w.,’' ]{0,20}\([A-Z][^()\n]{1,40}\)\s*[-–—]+\s"
)


@dataclass(frozen=True, slots=True)
class Byline:
    """What a line of credit tells; anything may be missing."""

    authors: tuple[str, ...] = ()
    outlet: str = ""
    published: date | None = None
    updated: bool = False


def read_date(text: str) -> date | None:
    """The one calendar day that `text` names, or None: no date, two different ones, or none that exists."""
    days = {day for match in _DATE.finditer(text) if (day := _day(match))}
    return days.pop() if len(days) == 1 else None


def date_span(text: str) -> tuple[int, int] | None:
    """Where the first written-out date stands in `text`."""
    match = _DATE.search(text)
    return match.span() if match else None


def read_byline(line: str, *, after_title: bool) -> Byline | None:
    """A line at the head of a page that says who wrote it or when: "By Jane Roe, Reuters", "Published 3 May 2025".

    Without "By" a line must name an agency or an outlet after a bar; where it could be the page's headline
    (`after_title` false) only a plain first and last name is taken.
    """
    if len(line) > 200:
        return None
    published = read_date(line)
    by = _BY.match(line)
    parts = _BYLINE_SEPARATOR.split(_DATE.sub("|", line)[by.end() if by else 0 :])
    parts = [
        part.strip(" .")
        for part in parts
        if not all(_BESIDE_A_DATE.fullmatch(word.strip(".,;:()[]+-–—|•·")) for word in part.split())
    ]
    if not parts:
        updated = line.casefold().startswith(("updated", "last", "modified"))
        return Byline(published=published, updated=updated) if published else None
    if not by and not (len(parts) > 1 and parts[-1] in _AGENCY_OF) and not ("|" in line and published and after_title):
        return None
    if not by and not after_title and len(parts[0].split()) != 2:
        return None
    return _byline_of(parts, published)


def read_signature(line: str, below: str) -> Byline | None:
    """Nothing but a name on a line above nothing but an outlet: "Jane Roe", "Harbour Gazette"."""
    if len(line) > 60 or len(below) > 60 or not (below in _AGENCY_OF or _OUTLET.search(below)):
        return None
    authors = tuple(_names(line))
    return Byline(authors, _AGENCY_OF.get(below, below)) if authors else None


def read_credit(line: str) -> Byline | None:
    """A line that credits people or agencies and says nothing else: "Reporting by A. Roe; editing by B. Poe"."""
    if len(line) > 500 or not _CREDIT.search(line):
        return None
    for word in _WORD.findall(line):
        if word[0].islower() and word.rstrip(".") not in _CREDIT_WORDS | _PARTICLES:
            return None
    leading = None if "contributed" in line else _LEADING_AGENCY.match(line)
    outlet = _AGENCY_OF[leading["agency"]] if leading else ""
    authors: list[str] = []
    for match in _CREDITED.finditer(line):
        if re.search(r"report|writ|input|compil|contribut", match["jobs"], re.IGNORECASE):
            authors += _names(match["names"])
    return Byline(tuple(dict.fromkeys(authors)), outlet)


def read_dateline(line: str) -> tuple[int, Byline]:
    """How many characters of "LONDON, May 3, 2025 (Reuters) - " come before the first sentence, and what they tell."""
    match = _DATELINE.match(line[:160])
    if not match:
        return 0, Byline()
    return match.end(), Byline(
        outlet=_AGENCY_OF.get(match["agency"] or match["bare"], ""), published=read_date(match[0])
    )


def _day(match: re.Match[str]) -> date | None:
    year = match["y1"] or match["y2"] or match["y3"]
    try:
        return date(
            int(year),
            month_number(match["m1"] or match["m2"] or match["m3"]),
            int(match["d1"] or match["d2"] or match["d3"]),
        )
    except ValueError:
        return None


def _byline_of(parts: list[str], published: date | None) -> Byline | None:
    """Every part must be a name, an outlet or a role; otherwise the line is no byline."""
    authors: list[str] = []
    outlet = ""
    for part in parts:
        agency = re.sub(r"\s+(?:staff|reporters?)$", "", part, flags=re.IGNORECASE)
        if agency in _AGENCY_OF or _OUTLET.search(part):
            outlet = outlet or _AGENCY_OF.get(agency, part)
        elif not _ROLE.search(part):
            names = list(_names(part))
            if not names:
                return None
            authors += names
    return Byline(tuple(dict.fromkeys(authors)), outlet, published) if authors or outlet else None


def _names(text: str) -> Iterator[str]:
    """The personal names in "A. Roe in London, B. Poe and C. Doe": two to five capitalised words each."""
    for part in re.split(r",\s*|\s+(?:and|und|et|y)\s+|\s*&\s*", text):
        name = _PLACE.sub("", part).strip(" .\t")
        words = name.split()
        if name in _AGENCY_OF or not 2 <= len(words) <= 5 or _OUTLET.search(name):
            continue
        if all(word[0].isalpha() and (not word[0].islower() or word in _PARTICLES) for word in words):
            yield name


def is_credit(document: Document, span: Span) -> bool:
    """Whether characters of a document only say who wrote it or when."""
    text = document.text[span.start : span.end].strip()
    return document.role_of(span) == "byline" or (
        len(text) < 100 and text[-1:].isalnum() and read_byline(text, after_title=True) is not None
    )
