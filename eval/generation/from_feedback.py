"""Readers' verdicts as a benchmark: the documents of the index they were given on, and a case for each question.

A question counts once, with what most verdicts on it say, and of equally many with what was said last. What becomes of
a record:

right            The short answer is the acceptable one and the citations are the evidence. Without a short answer the
                 case has no acceptable answers, and is scored by its evidence and its judgements alone. Of a refusal:
                 the archive does not answer the question.
wrong, corrected The correction is the acceptable answer. Its evidence is where it stands in a passage found for the
                 question, or else in a document that was cited or found. Where only one other document of the archive
                 holds it, that one is judged relevant and no place is given: nobody has said which is meant.
wrong, should    The archive does not answer the question, whatever correction is given.
have refused
else             Left out: it is known what the answer is not, but not what it is.

A quote that a document of the index does not hold any more at its place is no evidence, and a right answer all of whose
quotes have gone is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from eval.benchmarks.base import Benchmark, EvidenceSpan, Query
from index.documents import Document, Hit, Span
from index.errors import BenchmarkError
from rag.feedback import Citation, Feedback, Kept

Search = Callable[[str], Sequence[Hit]]
"""The passages found for a question, best first."""

Fate = Literal[
    "right, with its evidence",
    "right, nothing cited",
    "right, no short answer: evidence only",
    "right to refuse",
    "corrected, with its evidence",
    "corrected, held by one document",
    "corrected, held by no document or by several",
    "should have refused",
    "left out: wrong without a correction",
    "left out: what it cites is gone",
    "left out: neither a short answer nor a citation",
    "replaced by a later version of the same verdict",
    "agrees with another verdict on the same question",
    "outvoted by other verdicts on the same question",
]
"""What becomes of a record."""

_MARK = "feedback"
"""The name in a case's metadata that tells cases made here from others."""


@dataclass(frozen=True)
class Conversion:
    """A benchmark made of records, how many of these met which fate, and which questions have verdicts that disagree.

    `counts` add up to the number of records.
    """

    benchmark: Benchmark
    counts: Mapping[Fate, int]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    """What a record becomes: no query where it is left out."""

    fate: Fate
    query: Query | None = None
    judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Vote:
    """The verdicts on a question: those that say what counts, at least one, and the others, each in their order."""

    agreeing: tuple[Feedback, ...]
    others: tuple[Feedback, ...]


def convert(kept: Kept, documents: Iterable[Document], search: Search, name: str) -> Conversion:
    """The benchmark that the records make over these documents, whose ids become its keys.

    Raises BenchmarkError where there is no document.
    """
    archive = _Archive({document.id: document for document in documents if document.text.strip()}, search)
    if not archive.documents:
        raise BenchmarkError("the index holds no document: give the index that the questions were asked of")
    current = kept.current
    by_question: dict[str, list[Feedback]] = {}
    for record in current:
        by_question.setdefault(_same(record.standalone_question), []).append(record)
    votes = [_vote(records) for records in by_question.values()]
    cases = [_case(vote, archive) for vote in votes]
    counts = Counter(case.fate for case in cases)
    counts["replaced by a later version of the same verdict"] = len(kept.records) - len(current)
    counts["agrees with another verdict on the same question"] = sum(len(vote.agreeing) - 1 for vote in votes)
    counts["outvoted by other verdicts on the same question"] = sum(len(vote.others) for vote in votes)
    benchmark = Benchmark(
        name,
        tuple(_corpus(archive.documents)),
        tuple(case.query for case in cases if case.query),
        {case.query.id: dict.fromkeys(case.judged, 1) for case in cases if case.query and case.judged},
        sha256="",
    )
    conflicts = tuple(problem for vote in votes for problem in _conflicts(vote))
    return Conversion(benchmark, {fate: count for fate, count in counts.items() if count}, conflicts)


def extend(old: Benchmark, new: Benchmark) -> Benchmark:
    """The cases and documents of both; of a question that both have, the new case. Named as the new one is.

    Raises BenchmarkError where the old one has cases that were not made of feedback.
    """
    for query in old.queries:
        if _MARK not in query.metadata:
            raise BenchmarkError(f"query {query.id!r} of {old.name} was not made of feedback: give a folder that was")
    again = {_same(query.rewrite or query.text) for query in new.queries} | {query.id for query in new.queries}
    left = [q for q in old.queries if q.id not in again and _same(q.rewrite or q.text) not in again]
    documents = {document.key: document for document in (*old.documents, *new.documents)}
    qrels = {query.id: old.qrels[query.id] for query in left if query.id in old.qrels}
    return Benchmark(new.name, tuple(documents.values()), (*left, *new.queries), {**qrels, **new.qrels}, sha256="")


@dataclass(frozen=True)
class _Archive:
    """The documents by their id, and the search over them."""

    documents: Mapping[str, Document]
    search: Search

    @cached_property
    def _by_sha256(self) -> dict[str, Document]:
        return {document.sha256: document for document in self.documents.values()}

    def place(self, citation: Citation) -> EvidenceSpan | None:
        """A cited place, if a document still holds the quote there; one with the same text will do."""
        document = self.documents.get(citation.document) or self._by_sha256.get(citation.sha256)
        if document is None or citation.end > len(document.text):
            return None
        if Span(citation.start, citation.end).of(document.text) != citation.quote:
            return None
        return EvidenceSpan(document.id, citation.start, citation.end)

    def found(self, words: str, question: str, cited: Sequence[EvidenceSpan]) -> EvidenceSpan | None:
        """Where words stand in a passage found for the question, else in a document that was cited or found."""
        pattern = _verbatim(words)
        hits = [hit for hit in self.search(question) if hit.document.id in self.documents]
        for hit in hits:
            if match := pattern.search(hit.document.text, hit.passage.start, hit.passage.end):
                return EvidenceSpan(hit.document.id, match.start(), match.end())
        for id in dict.fromkeys([*(place.document for place in cited), *(hit.document.id for hit in hits)]):
            if match := pattern.search(self.documents[id].text):
                return EvidenceSpan(id, match.start(), match.end())
        return None

    def holding(self, words: str) -> tuple[str, ...]:
        """The documents in which words stand."""
        pattern = _verbatim(words)
        return tuple(id for id, document in self.documents.items() if pattern.search(document.text))


def _vote(records: Sequence[Feedback]) -> _Vote:
    claims = [_claim(record) for record in records]
    times = Counter(claims)
    last = {claim: number for number, claim in enumerate(claims)}
    chosen = max(times, key=lambda claim: (times[claim], last[claim]))
    paired = list(zip(records, claims, strict=True))
    agreeing = tuple(record for record, claim in paired if claim == chosen)
    return _Vote(agreeing, tuple(record for record, claim in paired if claim != chosen))


def _case(vote: _Vote, archive: _Archive) -> _Case:
    case = _case_of(vote.agreeing[-1], archive)
    if not case.query:
        return case
    votes = f"{len(vote.agreeing)} of {len(vote.agreeing) + len(vote.others)}"
    return replace(case, query=replace(case.query, metadata={**case.query.metadata, "votes": votes}))


def _case_of(record: Feedback, archive: _Archive) -> _Case:
    if record.verdict == "right":
        return _confirmed(record, archive)
    if record.reason == "should_have_refused":
        return _Case("should have refused", _query(record, answers=()))
    if not record.correction.strip():
        return _Case("left out: wrong without a correction")
    return _corrected(record, archive)


def _confirmed(record: Feedback, archive: _Archive) -> _Case:
    if not record.answered:
        return _Case("right to refuse", _query(record, answers=()))
    short = (record.short_answer or "").strip()
    answers = (short,) if short else None
    if not record.citations:
        if not short:
            return _Case("left out: neither a short answer nor a citation")
        return _Case("right, nothing cited", _query(record, answers))
    evidence = _places(record, archive)
    if not evidence:
        return _Case("left out: what it cites is gone")
    fate: Fate = "right, with its evidence" if short else "right, no short answer: evidence only"
    return _Case(fate, _query(record, answers, evidence), tuple(dict.fromkeys(place.document for place in evidence)))


def _corrected(record: Feedback, archive: _Archive) -> _Case:
    answers = (record.correction.strip(),)
    place = archive.found(record.correction, record.standalone_question, _places(record, archive))
    if place:
        return _Case("corrected, with its evidence", _query(record, answers, (place,)), (place.document,))
    holding = archive.holding(record.correction)
    if len(holding) == 1:
        return _Case("corrected, held by one document", _query(record, answers), holding)
    return _Case("corrected, held by no document or by several", _query(record, answers))


def _query(record: Feedback, answers: tuple[str, ...] | None, evidence: tuple[EvidenceSpan, ...] = ()) -> Query:
    asked_alone = record.standalone_question == record.question
    return Query(
        id=record.id,
        text=record.question,
        answers=answers,
        history=tuple(turn.question for turn in record.history if turn.question.strip()),
        rewrite="" if asked_alone else record.standalone_question,
        evidence=evidence,
        metadata={_MARK: record.verdict, "time": record.time.isoformat()},
    )


def _places(record: Feedback, archive: _Archive) -> tuple[EvidenceSpan, ...]:
    """The cited places that are still there, each once."""
    return tuple(dict.fromkeys(place for citation in record.citations if (place := archive.place(citation))))


def _verbatim(words: str) -> re.Pattern[str]:
    """Whole words, whatever white space lies between them."""
    spaced = r"\s+".join(map(re.escape, words.split()))
    return re.compile(rf"(?<!\w){spaced}(?!\w)")


def _corpus(documents: Mapping[str, Document]) -> Iterator[Document]:
    """The documents as a benchmark holds them: keyed by the id that they have in the index."""
    keyed = {
        id: replace(
            document, key=id, source="", collection="default", metadata={}, parent="",
            authors=tuple(author for author in document.authors if author.strip()),
        )
        for id, document in documents.items()
    }  # fmt: skip
    for id, document in keyed.items():
        parent = documents.get(documents[id].parent)
        known = parent is not None and not parent.parent
        yield replace(document, parent=keyed[parent.id].id) if parent and known else document


def _same(question: str) -> str:
    """What two questions have in common that differ in case and spaces alone."""
    return " ".join(question.casefold().split())


def _conflicts(vote: _Vote) -> Iterator[str]:
    """One sentence where verdicts on a question disagree with those that count."""
    counts = vote.agreeing[-1]
    held, value = _claim(counts)
    claims = [(record.id, *_claim(record)) for record in vote.others]
    against = [
        id for id, other, said in claims if (said != value if other and held else other != held and said == value)
    ]
    if against:
        agreeing = ", ".join(record.id for record in vote.agreeing)
        yield f"{counts.standalone_question!r}: what {agreeing} said counts, and {', '.join(against)} said otherwise"


def _claim(record: Feedback) -> tuple[bool, str]:
    """Whether a verdict says what the answer is, or only what it is not; "" is that there is none."""
    given = _same((record.short_answer or record.answer) if record.answered else "")
    if record.verdict == "right":
        return True, given
    if record.reason == "should_have_refused":
        return True, ""
    return (True, _same(record.correction)) if record.correction.strip() else (False, given)
