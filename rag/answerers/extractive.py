"""Answers made of whole sentences, verbatim, that say different things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.answer import AnswerSentence
from rag.answerers.base import Draft
from rag.citations import Numbering
from rag.reader import Evidence, Reading

_WORD = re.compile(r"\w+")


class ExtractiveAnswerer:
    """Takes the most relevant sentences until the next one would repeat, add little, or make the answer long."""

    def __init__(
        self, *, max_sentences: int = 3, max_words: int = 60, least_share: float = 0.5, repeats_at: float = 0.7
    ) -> None:
        """Set the limits.

        A sentence after the first needs `least_share` of the first one's relevance; one that shares `repeats_at` of
        its words with an earlier one says nothing new. `max_words` does not shorten the first sentence.
        """
        self._max_sentences = max_sentences
        self._max_words = max_words
        self._least_share = least_share
        self._repeats_at = repeats_at

    def compose(self, question: str, reading: Reading) -> Iterator[Draft]:
        """See `Answerer`. A sentence printed word for word in several documents cites all of them."""
        numbering = Numbering()
        sentences: list[AnswerSentence] = []
        for evidence in self._chosen(reading):
            numbers = [numbering.cite(evidence.hit.document, evidence.span)]
            numbers += [numbering.cite(copy.hit.document, copy.span) for copy in _copies(evidence, reading)]
            sentences.append(AnswerSentence(evidence.text, tuple(numbers), 1.0))
            yield Draft(tuple(sentences), numbering.sources, _short_answer(reading))

    def _chosen(self, reading: Reading) -> Iterator[Evidence]:
        chosen: list[Evidence] = []
        words = 0
        for evidence in reading.evidence:
            length = len(evidence.text.split())
            if chosen and (
                evidence.relevance < self._least_share * chosen[0].relevance or len(chosen) == self._max_sentences
            ):
                return
            if (chosen and words + length > self._max_words) or self._repeats(evidence, chosen):
                continue
            chosen.append(evidence)
            words += length
            yield evidence

    def _repeats(self, evidence: Evidence, chosen: list[Evidence]) -> bool:
        new = _words(evidence)
        return any(
            len(new & _words(earlier)) >= self._repeats_at * min(len(new), len(_words(earlier))) for earlier in chosen
        )


def _words(evidence: Evidence) -> frozenset[str]:
    return frozenset(_WORD.findall(evidence.text.casefold()))


def _copies(evidence: Evidence, reading: Reading) -> list[Evidence]:
    """The same sentence in other documents: a syndicated text confirms where it ran, not what it says."""
    words = _WORD.findall(evidence.text.casefold())
    copies: dict[str, Evidence] = {}
    for other in reading.evidence:
        apart = other.hit.document.id != evidence.hit.document.id
        if apart and _WORD.findall(other.text.casefold()) == words:
            copies.setdefault(other.hit.document.id, other)
    return list(copies.values())


def _short_answer(reading: Reading) -> str | None:
    best = reading.evidence[0]
    return best.answer.of(best.hit.document.text) if best.answer else None
