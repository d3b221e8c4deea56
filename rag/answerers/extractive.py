"""Answers made of whole sentences, verbatim: which ones, what each needs beside it, who agrees and who does not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, chain

from index.documents import Document, Span
from rag.answer import Agreement, Alternative, AnswerSentence, Note
from rag.answerers.base import Draft
from rag.citations import Numbering, unmarked
from rag.dates import find_times
from rag.english.grammar import NUMBER_WORDS, answer_key, content_words, singular, small_number
from rag.english.lexicon import SAYING
from rag.question.answer_type import FACTS, AnswerType, mismatches
from rag.question.comparison import ComparedEntities
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Evidence, Reading, ShortAnswer

_ITEM = re.compile(r"\s*(?:[-–—•*‣◦]\s+|\(?\d{1,2}[.)]\s+|\(?[a-h][.)]\s+)(?=\S)")
_LEAST_ITEMS = 2
_BEFORE = 2
"""Sentences in front of a list that may speak of it."""
_COUNTED = 1.5
"""What a list gains by having as many items as the question counts."""


@dataclass(frozen=True)
class Enumeration:
    """The items of one list in their order, and how likely it answers: as its best item or the words before it do."""

    items: tuple[Evidence, ...]
    relevance: float


def best_enumeration(question: str, evidence: Sequence[Evidence]) -> Enumeration | None:
    """The list that most likely answers, None where no passage holds one."""
    passages: dict[str, dict[int, Evidence]] = {}
    for item in evidence:
        passages.setdefault(item.hit.passage.id, {})[item.span.start] = item
    found = [run for sentences in passages.values() for run in _runs([sentences[at] for at in sorted(sentences)])]
    counted = small_number(question)
    weighed = [
        Enumeration(run.items, min(1.0, run.relevance * (_COUNTED if counted == len(run.items) else 1.0)))
        for run in found
    ]
    return max(weighed, key=lambda run: run.relevance, default=None)


def _runs(sentences: Sequence[Evidence]) -> list[Enumeration]:
    """The lists of a passage whose sentences are given in their order."""
    runs, start = [], 0
    while start < len(sentences):
        end = start
        while end < len(sentences) and _ITEM.match(sentences[end].text):
            end += 1
        if end - start >= _LEAST_ITEMS:
            around = sentences[max(0, start - _BEFORE) : end]
            runs.append(Enumeration(tuple(sentences[start:end]), max(item.relevance for item in around)))
        start = max(end, start + 1)
    return runs


_WORD = re.compile(r"\w+")
_ITEMS = 6
_ITEM_SHARE = 0.1
_LISTED_SHARE = 0.5
"""A list of the source is the answer if it, or what stands before it, is this relevant beside the best sentence."""
_LEAST_NAMED = 0.5
"""Share of the words of a side that a sentence on it has."""
_NEWEST_SHARE = 0.3
"""A later report replaces the likeliest answer if it has this share of its probability."""


@dataclass(frozen=True)
class AnswerLimits:
    """How long an answer may be. The words do not shorten the first sentence.

    `least_share`: relevance that a further sentence needs, as a share of the first one's. `repeats_at`: share of its
    words that a sentence may have in common with an earlier one. `covered`: probability of the short answers shown at
    which a fact is answered. `least_gain`: probability that a further sentence must add until then, and
    `least_fact_share` its relevance, as a share of the first one's.
    """

    sentences: int = 3
    words: int = 60
    least_share: float = 0.5
    repeats_at: float = 0.7
    covered: float = 0.9
    least_gain: float = 0.02
    least_fact_share: float = 0.1


@dataclass(frozen=True)
class Selection:
    """The sentences of an answer in the order in which they are printed, and its short answer where it has one."""

    sentences: tuple[Evidence, ...]
    short: ShortAnswer | None = None


def select(question: UnderstoodQuestion, reading: Reading, limits: AnswerLimits) -> Selection:
    """The fewest sentences that answer the question; none where there is no evidence."""
    wanted = question.answer_type
    if wanted in FACTS and reading.answers:
        return _fact(reading, limits, newest=question.period is not None and question.period.newest)
    if wanted == "list" and (items := _enumerated(question.standalone, reading, limits)):
        return Selection(items)
    if wanted == "list" and reading.answers:
        return _list(reading, limits)
    if wanted == "comparison":
        return Selection(_sides(question.compared, reading, limits))
    if wanted == "timeline":
        return Selection(_timeline(reading, limits))
    chosen = _different(reading.evidence, limits)
    # Documents by their most relevant sentence; sentences of one as they follow one another there.
    documents = list(dict.fromkeys(item.hit.document.id for item in chosen))
    return Selection(tuple(sorted(chosen, key=lambda item: (documents.index(item.hit.document.id), item.span.start))))


def _fact(reading: Reading, limits: AnswerLimits, *, newest: bool) -> Selection:
    """The sentence with the likeliest short answer, then those that add most to the probability shown.

    They end where what is shown is as good as certain, or where no further sentence would add anything to speak of.
    """
    short = reading.answers[0]
    if newest:
        likely = [answer for answer in reading.answers if answer.probability >= _NEWEST_SHARE * short.probability]
        # The most recently reported of the likely ones.
        short = max(likely, key=lambda a: max(item.hit.document.published or date.min for item in a.evidence[:3]))
    probability = {f" {answer_key(answer.text)} ": answer.probability for answer in reading.answers}

    def shown(chosen: Sequence[Evidence]) -> float:
        texts = [f" {answer_key(item.text)} " for item in chosen]
        return sum(p for key, p in probability.items() if any(key in text for text in texts))

    chosen = [max(short.evidence, key=lambda item: item.relevance)]
    while len(chosen) < limits.sentences and (so_far := shown(chosen)) < limits.covered:
        left = limits.words - sum(len(item.text.split()) for item in chosen)
        fitting = [item for item in reading.evidence if len(item.text.split()) <= left]
        relevant = (item for item in fitting if item.relevance >= limits.least_fact_share * chosen[0].relevance)
        new = (item for item in relevant if not _repeats(item, chosen, limits.repeats_at))
        gains = [(shown([*chosen, item]) - so_far, item) for item in new]
        gain, best = max(gains, key=lambda pair: pair[0], default=(0.0, None))
        if best is None or gain < limits.least_gain:
            break
        chosen.append(best)
    return Selection(tuple(chosen), short)


def _list(reading: Reading, limits: AnswerLimits) -> Selection:
    """A sentence for each item that is likely, items that stand in a chosen sentence already aside."""
    first = reading.answers[0]
    wanted = [a for a in reading.answers[:_ITEMS] if a.probability >= _ITEM_SHARE * first.probability]
    longer = AnswerLimits(max(limits.sentences, 4), limits.words * 3 // 2, limits.least_share / 2, limits.repeats_at)
    places = [max(answer.evidence, key=lambda item: item.relevance) for answer in wanted]
    return Selection(_different([*places, *reading.evidence], longer), first)


def _enumerated(question: str, reading: Reading, limits: AnswerLimits) -> tuple[Evidence, ...]:
    """The items of a list that the source itself makes, as many as there is room for; none where none is relevant."""
    listed = best_enumeration(question, reading.evidence)
    if not listed or listed.relevance < _LISTED_SHARE * reading.evidence[0].relevance:
        return ()
    words = list(accumulate(len(item.text.split()) for item in listed.items))
    return tuple(item for item, so_far in zip(listed.items, words, strict=True) if so_far <= 2 * limits.words)


def _sides(compared: ComparedEntities | None, reading: Reading, limits: AnswerLimits) -> tuple[Evidence, ...]:
    """The best sentence, the best one on each side that it does not name, however long, then what else is relevant."""
    firsts = list(reading.evidence[:1])
    if compared:
        one, other, matter = (_singular(words) for words in (compared.one, compared.other, compared.matter))
        for own in (one - other, other - one):
            told = [(item.relevance * _on_side(own, matter, item), item) for item in reading.evidence]
            score, best = max(told, key=lambda pair: pair[0], default=(0.0, None))
            if best and score and not any(_on_side(own, frozenset(), item) for item in firsts):
                firsts.append(best)
    return _different([*firsts, *reading.evidence], limits, required=max(1, len(firsts)))


def _timeline(reading: Reading, limits: AnswerLimits) -> tuple[Evidence, ...]:
    """The most relevant sentences of different documents, the latest first."""
    longer = AnswerLimits(max(limits.sentences, 4), limits.words * 3 // 2, limits.least_share / 2, limits.repeats_at)
    one_each = list({item.hit.document.id: item for item in reversed(reading.evidence)}.values())
    one_each.sort(key=lambda item: -item.relevance)
    chosen = _different(one_each, longer)
    return tuple(sorted(chosen, key=lambda item: item.hit.document.published or date.min, reverse=True))


def _different(
    evidence: Iterable[Evidence],
    limits: AnswerLimits,
    *,
    required: int = 1,
) -> tuple[Evidence, ...]:
    """The first sentences that say different things, within the limits; the first `required` are taken anyway."""
    chosen: list[Evidence] = []
    words = 0
    for item in evidence:
        if len(chosen) == limits.sentences:
            break
        length = len(item.text.split())
        weak = len(chosen) >= required and item.relevance < limits.least_share * chosen[0].relevance
        if (
            weak
            or (len(chosen) >= required and words + length > limits.words)
            or _repeats(item, chosen, limits.repeats_at)
        ):
            continue
        chosen.append(item)
        words += length
    return tuple(chosen)


def _repeats(item: Evidence, chosen: Sequence[Evidence], share: float) -> bool:
    """Whether a sentence says nothing new; one with another number does, however alike the rest is."""
    new = _word_set(item)
    return any(
        len(new & old) >= share * min(len(new), len(old)) and _figures(new) <= _figures(old)
        for old in map(_word_set, chosen)
    )


def _figures(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit() or word in NUMBER_WORDS)


def _on_side(side: frozenset[str], matter: frozenset[str], item: Evidence) -> float:
    """How far a sentence is about one side and the matter, in [0, 1]; 0 where it has less than half of its words."""
    words = _singular(item.text)
    named = len(side & words) / len(side) if side else 0.0
    return named * (1 + (len(matter & words) / len(matter) if matter else 0.0)) / 2 if named >= _LEAST_NAMED else 0.0


def _singular(text: str) -> frozenset[str]:
    return frozenset(singular(word) for word in _WORD.findall(" ".join(content_words(text))))


def _word_set(item: Evidence) -> frozenset[str]:
    return frozenset(_WORD.findall(item.text.casefold()))


_COMPARABLE: frozenset[AnswerType] = frozenset({"number", "date", "person", "place"})
_LEAST_SHARE = 0.2
"""A rival answer has at least this share of the first one's probability …"""
_LEAST_RELEVANCE = 0.4
"""… and of its sentence's relevance: else it answers another question."""
_DIGITS = re.compile(r"\d[\d,.]*")


def agreement(answer: ShortAnswer) -> Agreement:
    """The outlets that give an answer, in a copy too, and how many independent texts they printed."""
    places = _by_document(answer.evidence, answer.evidence[0].relevance * _LEAST_RELEVANCE)
    printed = ([i.hit.document.outlet, *(copy.outlet for copy in i.hit.copies if copy.prints)] for i in places)
    outlets = dict.fromkeys(filter(None, chain.from_iterable(printed)))
    return Agreement(tuple(outlets), len({item.hit.copy_of or item.hit.passage.id for item in places}))


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
    besides = []
    for item in (one, other):
        answer = item.answer.of(item.hit.document.text) if item.answer else ""
        besides.append({word.casefold() for word in content_words(item.text)} - set(answer_key(answer).split()))
    return len(besides[0] & besides[1]) >= 2


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
    words = evidence.text.strip()
    # Somebody's words and nothing else do not say whose they are.
    if words[:1] in _QUOTES and words[-1:] in _QUOTES and not _SAID.search(words):
        span = _with_speaker(evidence, before, after)
    elif before and (opening or _LEANING.match(evidence.text)):
        names = {match.group() for match in _NAME.finditer(before.of(document.text))}
        if opening and opening["word"] in _PERSONAL and len(names) == 1:
            notes.append(Note(opening.end("word"), names.pop()))
        elif len(document.text[before.start : span.end].split()) <= _MOST_WORDS:
            span = Span(before.start, span.end)
    return span, (*notes, *_days(evidence, span))


def _neighbours(evidence: Evidence) -> tuple[Span | None, Span | None]:
    """The sentences before and after in the passage."""
    sentences = evidence.hit.passage.sentences
    before = [span for span in sentences if span.end <= evidence.span.start]
    after = [span for span in sentences if span.start >= evidence.span.end]
    return (before[-1] if before else None, after[0] if after else None)


def _with_speaker(evidence: Evidence, before: Span | None, after: Span | None) -> Span:
    """The quotation with the neighbour that says whose words it is; the one before where neither does."""
    text = evidence.hit.document.text
    if after and _SAID.search(after.of(text)) and not (before and _SAID.search(before.of(text))):
        return Span(evidence.span.start, after.end)
    return Span(before.start, evidence.span.end) if before else evidence.span


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
