"""Answers made of whole sentences, verbatim, that say different things; what each needs beside it; who agrees."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from index.documents import Document, Hit, Span
from rag.answer import Agreement, Alternative, AnswerSentence, Note
from rag.answerers.base import Draft
from rag.answerers.selection import AnswerLimits, select
from rag.citations import Numbering, unmarked
from rag.dates import find_times
from rag.english.lexicon import SAYING
from rag.english.words import answer_key, content_words
from rag.question.answer_type import AnswerType, mismatches
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Evidence, Reading, ShortAnswer

_COMPARABLE: frozenset[AnswerType] = frozenset({"number", "date", "person", "place"})
_LEAST_SHARE = 0.2
"""A rival answer has at least this share of the first one's probability …"""
_LEAST_RELEVANCE = 0.4
"""… and of its sentence's relevance: else it answers another question."""
_DIGITS = re.compile(r"\d[\d,.]*")


def agreement(answer: ShortAnswer) -> Agreement:
    """The outlets that give an answer, in a copy too, and how many independent texts they printed."""
    places = _by_document(answer.evidence, answer.evidence[0].relevance * _LEAST_RELEVANCE)
    outlets = dict.fromkeys(outlet for item in places for outlet in _printed_by(item.hit) if outlet)
    return Agreement(tuple(outlets), len({item.hit.copy_of or item.hit.passage.id for item in places}))


def _printed_by(hit: Hit) -> list[str]:
    return [hit.document.outlet, *(copy.outlet for copy in hit.copies if copy.prints)]


def conflicting(reading: Reading, wanted: AnswerType, first: ShortAnswer) -> list[ShortAnswer]:
    """Other answers to the same question that cannot be true together with the first, likeliest first.

    Only what has one value is compared: numbers, dates, people and places, from documents that do not say both.
    """
    if wanted not in _COMPARABLE:
        return []
    said = {item.hit.document.id for item in first.evidence}
    rivals: list[ShortAnswer] = []
    for other in reading.answers:
        best = other.evidence[0]
        if (
            other is not first
            and other.probability >= _LEAST_SHARE * first.probability
            and best.relevance >= _LEAST_RELEVANCE * first.evidence[0].relevance
            and best.hit.document.id not in said
            and not mismatches(wanted, other.text)
            and _same_thing(best, first.evidence[0])
            and all(_apart(other.text, known.text) for known in (first, *rivals))
        ):
            rivals.append(other)
    return rivals


def _by_document(evidence: Sequence[Evidence], least: float) -> list[Evidence]:
    """The best piece of evidence of each document."""
    best: dict[str, Evidence] = {}
    for item in evidence:
        if item.relevance >= least:
            best.setdefault(item.hit.document.id, item)
    return list(best.values())


def _same_thing(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences speak of the same thing: they share content words besides their answers."""
    words = [_besides(item) for item in (one, other)]
    return len(words[0] & words[1]) >= 2


def _besides(item: Evidence) -> set[str]:
    answer = item.answer.of(item.hit.document.text) if item.answer else ""
    return {word.casefold() for word in content_words(item.text)} - set(answer_key(answer).split())


def _apart(one: str, other: str) -> bool:
    """Whether neither answer is a shorter form of the other: "eleven" and "eleven people", "3,400" and "about 3400"."""
    keys = [answer_key(text) for text in (one, other)]
    if any(f" {keys[a]} " in f" {keys[1 - a]} " for a in (0, 1)):
        return False
    numbers = [[match.replace(",", "").rstrip(".") for match in _DIGITS.findall(text)] for text in (one, other)]
    return not numbers[0] or numbers[0] != numbers[1]


_OPENING = re.compile(
    r"^[\"“‘']?(?:But |And |Yet |So )?(?P<word>He|She|They|It|This|That|These|Those|His|Her|Their|Its)\b"
)
_LEANING = re.compile(r"^[\"“‘']?(?:However|Instead|Therefore|Moreover|In addition|As a result|For example|By contrast|"
                      r"Meanwhile|The (?:former|latter)|Both)\b")  # fmt: skip
_BULLET = re.compile(r"[-–—•*‣◦]\s+(?=\S)")
_QUOTES = frozenset('"“”„«»')
_SAID = re.compile(rf"\b(?:{'|'.join(sorted(SAYING))}|according to)\b", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-Z][\w’'-]+ (?:(?:de|van|von|al|bin|of) )?){1,3}[A-Z][\w’'-]+")
_PERSONAL = frozenset({"He", "She"})
_MOST_WORDS = 70
"""A quote with the sentence before it is no longer than this."""


def in_context(evidence: Evidence, printed: Collection[tuple[str, Span]] = ()) -> tuple[Span, tuple[Note, ...]]:
    """The characters to quote, and the notes that explain them; `printed` are sentences, by document, quoted anyway.

    The mark before an item of a list is left out. "He" or "She" at the beginning is explained where the sentence before
    names exactly one person; where that is not certain, and for other words that point back, the sentence before is
    quoted too.
    """
    document = evidence.hit.document
    bullet = _BULLET.match(evidence.text)
    span, notes = Span(evidence.span.start + (bullet.end() if bullet else 0), evidence.span.end), []
    before, after = _neighbours(evidence)
    if before and (document.id, before) in printed:
        before = None
    opening = _OPENING.match(evidence.text)
    if _without_speaker(evidence.text):
        span = _with_speaker(evidence, before, after)
    elif before and (opening or _LEANING.match(evidence.text)):
        name = _only_name(before.of(document.text)) if opening and opening["word"] in _PERSONAL else None
        if opening and name:
            notes.append(Note(opening.end("word"), name))
        elif len(document.text[before.start : span.end].split()) <= _MOST_WORDS:
            span = Span(before.start, span.end)
    return span, (*notes, *_days(evidence, span))


def _neighbours(evidence: Evidence) -> tuple[Span | None, Span | None]:
    """The sentences before and after in the passage."""
    sentences = evidence.hit.passage.sentences
    before = [span for span in sentences if span.end <= evidence.span.start]
    after = [span for span in sentences if span.start >= evidence.span.end]
    return (before[-1] if before else None, after[0] if after else None)


def _without_speaker(sentence: str) -> bool:
    """Whether a sentence is somebody's words and nothing else."""
    inner = sentence.strip()
    return inner[:1] in _QUOTES and inner[-1:] in _QUOTES and not _SAID.search(inner)


def _with_speaker(evidence: Evidence, before: Span | None, after: Span | None) -> Span:
    """The quotation with the neighbour that says whose words it is; the one before where neither does."""
    text = evidence.hit.document.text
    if after and _SAID.search(after.of(text)) and not (before and _SAID.search(before.of(text))):
        return Span(evidence.span.start, after.end)
    return Span(before.start, evidence.span.end) if before else evidence.span


def _only_name(sentence: str) -> str | None:
    """The one name of several words in a sentence, None where there are more or none."""
    names = {match.group() for match in _NAME.finditer(sentence)}
    return names.pop() if len(names) == 1 else None


def _days(evidence: Evidence, span: Span) -> list[Note]:
    """For each weekday or "yesterday" in the quote, the day that its document means."""
    document = evidence.hit.document
    if not document.published:
        return []
    notes = []
    for time in find_times(span.of(document.text), today=document.published):
        if time.since and time.since == time.until and not any(character.isdigit() for character in time.text):
            notes.append(Note(time.end, f"{time.since.day} {time.since:%b %Y}"))
    return notes


_WORD = re.compile(r"\w+")
_MOST_ALTERNATIVES = 2


class ExtractiveAnswerer:
    """Finds out what the question asks for, and quotes the fewest sentences that answer it."""

    def __init__(self, limits: AnswerLimits | None = None) -> None:
        """Set how long an answer may be."""
        self._limits = limits or AnswerLimits()

    def compose(self, question: UnderstoodQuestion, reading: Reading) -> Iterator[Draft]:
        """See `Answerer`. A sentence printed word for word in several documents cites all of them."""
        selection = select(question, reading, self._limits)
        numbering = Numbering()
        sentences: list[AnswerSentence] = []
        short = unmarked(selection.short.text) if selection.short else None
        agreed = agreement(selection.short) if selection.short else None
        printed: set[tuple[str, Span]] = {(item.hit.document.id, item.span) for item in selection.sentences}
        for evidence in selection.sentences:
            span, notes = in_context(evidence, printed)
            text = span.of(evidence.hit.document.text)
            numbers = [numbering.cite(evidence.hit.document, span)]
            numbers += [numbering.cite(document, place) for document, place in _copies(evidence, text, reading)]
            sentences.append(AnswerSentence(text, tuple(numbers), 1.0, notes))
            yield Draft(tuple(sentences), numbering.sources, short, agreed)
        if selection.short and sentences:
            others = conflicting(reading, question.answer_type, selection.short)[:_MOST_ALTERNATIVES]
            alternatives = [
                Alternative(
                    unmarked(other.text), (numbering.cite(other.evidence[0].hit.document, other.evidence[0].span),)
                )
                for other in others
            ]
            if alternatives:
                yield Draft(tuple(sentences), numbering.sources, short, agreed, tuple(alternatives))


def _copies(evidence: Evidence, text: str, reading: Reading) -> list[tuple[Document, Span]]:
    """The quoted text in other documents: a syndicated text confirms where it ran, not what it says."""
    words = _words(text)
    copies: dict[str, tuple[Document, Span]] = {}
    for other in reading.evidence:
        document = other.hit.document
        if document.id != evidence.hit.document.id and _words(other.text) == _words(evidence.text):
            # A quote may have brought along the sentence before it; a copy must have that one too.
            place, _ = in_context(other)
            if _words(place.of(document.text)) == words:
                copies.setdefault(document.id, (document, place))
    return list(copies.values())


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
