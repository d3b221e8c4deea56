"""What a question asks for: a person, a number, a reason, a list … It decides what an answer looks like."""

from __future__ import annotations

import re
from typing import Literal

from index.documents import Span
from index.lexicon import NUMBERS
from rag.english.grammar import DATE_WORDS, NUMBER_WORDS, content_words, phrases_of
from rag.english.lexicon import FINITE_PATTERN

AnswerType = Literal[
    "person", "place", "date", "number", "thing", "list", "reason", "manner", "definition", "comparison", "summary",
    "timeline", "yes_no", "statement",
]  # fmt: skip
"""`thing` is any other short answer; a `statement` asks nothing, as keywords and claims do."""

FACTS: frozenset[AnswerType] = frozenset({"person", "place", "date", "number", "thing"})
"""What has a short answer."""

_PLACES = (
    "area|border|capital|city|cities|continent|country|countries|county|district|island|nation|place|port|province|"
    "region|river|state|street|territory|town|venue|village|location"
)
_TIMES = "century|date|day|decade|hour|month|season|time|week|weekday|year"
_AMOUNTS = (
    "age|amount|area|budget|cost|distance|fee|figure|fine|height|length|number|percent|percentage|population|price|"
    "proportion|rate|ratio|salary|score|share|size|speed|sum|temperature|total|turnout|value|weight|width"
)
_PEOPLE = (
    "actor|actress|athlete|author|candidate|comedian|director|governor|judge|king|lawmaker|lawyer|leader|man|mayor|"
    "minister|official|person|player|politician|president|prince|princess|queen|senator|singer|woman|writer"
)
_NUMBERS = "|".join(word for word, value in NUMBERS.items() if 2 <= value <= 12) + r"|\d+"
_NOUN = rf"(?!(?:{FINITE_PATTERN}) )\w+"
_WHICH = rf"\b(?:what|which)(?:['’]s| (?:is|was|are|were))?(?: the)?(?: {_NOUN})??(?: {_NOUN})?? "
_NO_PLURAL = r"(?<![su]s)(?<!is)(?<!news)(?<!series)(?<!means)"

# The first of these that is found decides.
_SPECIAL: tuple[tuple[AnswerType, str], ...] = (
    (
        "comparison",
        r"\b(?:compare|contrast|differences? between|versus|vs\.?|differ(?:s|ed)?\b.{0,40}\bfrom)\b"
        r"|\bhow (?:do|does|did|is|are|was|were) .{2,80} (?:differ|compare[ds]?|compared)\b|\bcompared (?:to|with)\b",
    ),
    (
        "timeline",
        r"\b(?:timeline|chronology|latest (?:on|about|in|from|with|news|developments?)|(?:updates?|news) (?:on|about)"
        r"|sequence of"
        r" events|how did .{2,80} (?:unfold|develop|evolve|change over))\b"
        r"|\bwhat(?:['’]s| has| is| was|)? ?(?:happen(?:ed|ing|s)?|new) (?:with|to|since|after|between)\b",
    ),
    (
        "summary",
        r"^(?:summari[sz]e|tell me|give me|describe|explain)\b|\bwhat(?:['’]s| has| is|)? ?(?:happen(?:ed|ing)?|"
        r"going on|known|the news|new)\b|\b(?:summary|overview) of\b"
        r"|\bwhat (?:do|can) (?:we|you|they|people|i) (?:know|tell (?:me|us)) about\b"
        r"|\bwhat (?:do|does|did|has|have|had) .{1,80} (?:say|said|think|thought|believe|argue|claim|warn|do|done)\b",
    ),
    (
        "reason",
        r"\bwhy\b|\bhow come\b|\bwhat (?:caused|causes|led|leads|prompted|triggered|made|drove|explains)\b"
        r"|\b(?:reasons?|causes?|motives?) (?:for|of|behind|why)\b|\bfor what reason\b|\bbecause of what\b",
    ),
    (
        "list",
        rf"^(?:list|name|enumerate)\b|\b(?:which|what|who)(?: (?:are|were))?(?: the)? (?:{_NUMBERS})\b"
        r"|\b(?:what|who|which) (?:are|were) (?:the|some|all)\b"
        rf"|\b(?:what|which)(?: \w+)? [a-z]{{3,}}(?:[^s\W]s|ies|people|men|women){_NO_PLURAL} (?:are|were|have|had|"
        r"did|do|will|would|can|could|must|should|remain|make|took|take)\b",
    ),
    (
        "definition",
        r"^define\b|\bwhat (?:does|do|did) .{1,80} (?:mean|"
        r"stand for)\b|^what (?:is|are|was|were) (?:an? )?(?!the )(?:[\w’'-]+ ){0,2}[\w’'-]+\??$"
        r"|\b(?:meaning|definition) of\b",
    ),
)
# Of these the one that begins earliest decides, so that a "when" inside a question about something else does not.
_GENERAL: tuple[tuple[AnswerType, str], ...] = (
    ("number", r"\bhow (?:many|much|long|old|far|tall|big|large|fast|often|high|deep|heavy|wide|wealthy|expensive|soon)"
     rf"\b|{_WHICH}(?:{_AMOUNTS})\b|\bwhat (?:do|does|did|is|was|will|would)\b.{{2,80}}\b(?:cost|weigh|earn)\b"),
    ("date", rf"\bwhen\b|{_WHICH}(?:{_TIMES})s?\b|\bby when\b|\bhow long ago\b"),
    ("place", rf"\bwhere\b|{_WHICH}(?:{_PLACES})s?\b"),
    ("person", rf"\b(?:who|whom|whose)\b(?!['’]s )|\bwho['’]s\b|{_WHICH}(?:{_PEOPLE})\b"),
    ("manner", r"\b(?:in )?(?:what|which) way\b|\bhow\b(?! about)"),
    ("thing", r"\b(?:what|which)\b"),
)  # fmt: skip
_YES_NO = re.compile(
    rf"^(?:{FINITE_PATTERN})\b",
    re.IGNORECASE,
)


def _compiled(forms: tuple[tuple[AnswerType, str], ...]) -> tuple[tuple[AnswerType, re.Pattern[str]], ...]:
    return tuple((answer_type, re.compile(pattern, re.IGNORECASE)) for answer_type, pattern in forms)


_FIRST, _EARLIEST = _compiled(_SPECIAL), _compiled(_GENERAL)
_OPTIONS = re.compile(
    r"\b(?P<which>[Ww]hich|[Ww]hat)(?: one)? of (?:the following|these)\b"
    rf"(?: (?P<noun>(?!(?:{FINITE_PATTERN})\b)\w+))?"
)
_SORTS = frozenset({"type", "kind", "sort", "form", "brand", "breed", "species", "branch"})
_BEHIND_A_NOUN = re.compile(r"['’]s?(?: .*)?$|(?<=\w) [a-z]+ed$")
_ABOUT = r"(?:about|on|of|with|to|in|at|around|from|regarding|concerning)"
_OVERVIEW = re.compile(
    rf"(?:and |so |but |please )*(?:what(?:['’]s| is| are)? (?:the )?(?:very )?(?:latest|newest|new|recent)"
    rf"(?: news| developments?)? {_ABOUT} (.+)"
    rf"|what(?:['’]s| is| has| have|) ?(?:been )?(?:happen(?:ed|ing)|going on) {_ABOUT} (.+)"
    rf"|what(?:['’]s| is) known (?:about|of) (.+)"
    rf"|what (?:do|can) (?:we|you|they|people|i) (?:know|tell (?:me|us)) about (.+)"
    rf"|(?:can you )?tell (?:me|us) (?:more |something |all |everything )?about (.+)"
    rf"|(?:can you )?(?:give (?:me|us) )?(?:an? |the )?(?:short |brief )?"
    rf"(?:summary|overview|account|timeline|chronology) (?:of|on|about) (.+)|(?:can you )?summari[sz]e (.+)"
    rf"|(?:is there |are there |give me )?(?:any |more |the |the latest )?(?:news|updates?|developments?) {_ABOUT} (.+)"
    rf"|how did (.+) (?:unfold|develop|evolve))\W*$",
    re.IGNORECASE,
)
_FURTHER = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how|whether)\b", re.IGNORECASE)
"""Asks for something of the topic, after all."""
_LATELY = re.compile(
    r"\b(?:so far|right now|now|lately|recently|today|currently|at the moment|these days"
    r"|(?:this|last) (?:week|month|year))"
    r"\W*$",
    re.IGNORECASE,
)
_WHO_IS = re.compile(
    r"^[Ww]ho(?:['’]s| (?:is|was|are|were)) [A-Z][\w’'.-]*(?: (?:[A-Z][\w’'.-]*|of|the|de|van|von|al))*\?*$"
)
"""Wants to know about a person who is named; "who is the minister?" wants the name."""

_WORD = re.compile(r"\w+")
_CODE = re.compile(r"\b(?:[A-Z]{2,}[-_]?\d{3,}|(?=\w*\d[A-Za-z]+\d)\w{6,})(?:[-_]\w+)*\b", re.ASCII)
"""Capitals and a number in one word, or letters and digits by turns."""
_LAST_WORD, _FIRST_WORD = re.compile(r"\S*\Z"), re.compile(r"\S*")
_WORD_LENGTH = 60


def answer_type_of(question: str) -> AnswerType:
    """What a question asks for, by its form alone; English.

    >>> answer_type_of("Which two officials will he meet?"), answer_type_of("In which city will they meet?")
    ('list', 'place')
    >>> answer_type_of("Why did the talks fail?"), answer_type_of("rare earth exports")
    ('reason', 'statement')
    """
    if _WHO_IS.match(question):
        return "definition"
    for answer_type, pattern in _FIRST:
        if pattern.search(question):
            return answer_type
    if _YES_NO.match(question):
        return "yes_no"
    found = [(match.start(), answer_type) for answer_type, pattern in _EARLIEST if (match := pattern.search(question))]
    if found:
        return min(found, key=lambda place: place[0])[1]
    return "statement"


def without_options(question: str) -> str:
    """A question that offers a choice, as it is asked where no choice is given.

    >>> without_options("Which of the following is in short supply?"), without_options("Which of these films won?")
    ('What is in short supply?', 'Which films won?')
    """

    def asked(match: re.Match[str]) -> str:
        what = "What" if match["which"].istitle() else "what"
        return f"{match['which']} {match['noun']}" if match["noun"] else what

    return _OPTIONS.sub(asked, question)


def topic_of(question: str) -> str:
    """What a question wants an overview of, in its own words; empty where it wants to know something about it.

    >>> topic_of("What is the latest on the harbour strike?"), topic_of("What happened to the Kittiwake?")
    ('the harbour strike', 'the Kittiwake')
    >>> topic_of("What happened on Friday?"), topic_of("What did the mayor say about the strike?")
    ('', '')
    """
    found = _OVERVIEW.match(question)
    topic = _LATELY.sub("", next(filter(None, found.groups()))).strip(" ?.!,") if found else ""
    told = [word for word in content_words(topic) if word.casefold() not in DATE_WORDS and not word.isdecimal()]
    return topic if told and not _FURTHER.search(topic) else ""


def noun_asked_for(question: str) -> str:
    """The noun behind "which" or "what", empty where there is none: the kind of thing that is asked for.

    >>> noun_asked_for("Biden visited which African country?"), noun_asked_for("What type of ape was seen?")
    ('African country', 'ape')
    >>> noun_asked_for("What was seen?")
    ''
    """
    phrases = phrases_of(question)
    for place, phrase in enumerate(phrases):
        if phrase.link in ("which", "what"):
            of = place + 1 < len(phrases) and phrases[place + 1].link == "of"
            chosen = phrases[place + 1] if of and phrase.head in _SORTS else phrase
            return _BEHIND_A_NOUN.sub("", chosen.name)
    return ""


def is_impossible(answer_type: AnswerType, text: str, span: Span) -> bool:
    """Whether a short answer, a span of a text, can be none for its form: a code is nobody's name, nor is a part of it.

    >>> is_impossible("person", "It was CODE-7731.", Span(7, 11)), is_impossible("thing", "CODE-7731", Span(0, 9))
    (True, False)
    >>> is_impossible("person", "a81Fx09b", Span(0, 8)), is_impossible("person", "Blink-182", Span(0, 9))
    (True, False)
    """
    before = _LAST_WORD.search(text[max(0, span.start - _WORD_LENGTH) : span.start])
    after = _FIRST_WORD.match(text[span.end : span.end + _WORD_LENGTH])
    answer = (before[0] if before else "") + text[span.start : span.end] + (after[0] if after else "")
    return answer_type == "person" and not any(map(str.isalnum, _CODE.sub("", answer)))


def mismatches(answer_type: AnswerType, answer: str) -> bool:
    """Whether the form of a short answer rules it out: a number without a numeral, a name in small letters.

    >>> mismatches("number", "half a million"), mismatches("person", "the crew"), mismatches("date", "by ship")
    (False, True, True)
    """
    words = {word.casefold() for word in _WORD.findall(answer)}
    digits = any(character.isdigit() for character in answer)
    if answer_type == "number":
        return not digits and not words & NUMBER_WORDS
    if answer_type == "date":
        return not digits and not words & DATE_WORDS
    if answer_type in ("person", "place"):
        return not any(character.isupper() for character in answer)
    return False
