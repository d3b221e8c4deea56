"""Answers made of whole sentences, verbatim, that say different things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.documents import Span
from rag.agreement import agreement, conflicting
from rag.answer import Alternative, AnswerSentence
from rag.answerers.base import Draft
from rag.answerers.context import in_context
from rag.answerers.selection import Limits, select
from rag.asking import asked_for
from rag.citations import Numbering
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
        short = selection.short.text if selection.short else None
        agreed = agreement(selection.short) if selection.short else None
        printed: set[tuple[str, Span]] = {(item.hit.document.id, item.span) for item in selection.sentences}
        for evidence in selection.sentences:
            span, notes = in_context(evidence, printed)
            text = span.of(evidence.hit.document.text)
            numbers = [numbering.cite(evidence.hit.document, span)]
            numbers += [numbering.cite(copy.hit.document, copy.span) for copy in _copies(evidence, reading)]
            sentences.append(AnswerSentence(text, tuple(numbers), 1.0, notes))
            yield Draft(tuple(sentences), numbering.sources, short, agreed)
        if selection.short and sentences:
            others = conflicting(reading, asked, selection.short)[:_MOST_ALTERNATIVES]
            alternatives = [
                Alternative(other.text, (numbering.cite(other.evidence[0].hit.document, other.evidence[0].span),))
                for other in others
            ]
            if alternatives:
                yield Draft(tuple(sentences), numbering.sources, short, agreed, tuple(alternatives))


def _copies(evidence: Evidence, reading: Reading) -> list[Evidence]:
    """The same sentence in other documents: a syndicated text confirms where it ran, not what it says."""
    words = _WORD.findall(evidence.text.casefold())
    copies: dict[str, Evidence] = {}
    for other in reading.evidence:
        apart = other.hit.document.id != evidence.hit.document.id
        if apart and _WORD.findall(other.text.casefold()) == words:
            copies.setdefault(other.hit.document.id, other)
    return list(copies.values())
