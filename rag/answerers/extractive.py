"""Answers made of whole sentences, verbatim, that say different things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.documents import Document, Span
from rag.agreement import agreement, conflicting
from rag.answer import Alternative, AnswerSentence
from rag.answerers.base import Draft
from rag.answerers.context import in_context
from rag.answerers.selection import Limits, select
from rag.asking import asked_for
from rag.citations import Numbering, unmarked
from rag.readers.base import Evidence, Reading

_WORD = re.compile(r"\w+")
_MOST_ALTERNATIVES = 2


class ExtractiveAnswerer:
    """Finds out what the question asks for, and quotes the fewest sentences that answer it."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Set how long an answer may be."""
        self._limits = limits or Limits()

    def compose(self, question: str, reading: Reading, *, newest: bool = False) -> Iterator[Draft]:
        """See `Answerer`. A sentence printed word for word in several documents cites all of them."""
        asked = asked_for(question)
        selection = select(question, asked, reading, self._limits, newest=newest)
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
            others = conflicting(reading, asked, selection.short)[:_MOST_ALTERNATIVES]
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
