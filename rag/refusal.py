"""Why the passages nearest to a question do not answer it, as far as that can be told from their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.documents import Hit
from rag.english.grammar import DATE_WORDS, NUMBER_WORDS, content_words
from rag.question.answer_type import AnswerType
from rag.question.understanding import UnderstoodQuestion

_MOST_WORDS = 4
_WORDS: dict[AnswerType, frozenset[str]] = {"number": frozenset(NUMBER_WORDS), "date": DATE_WORDS}
"""What a passage gives in figures or in one of these words."""


def why_not(question: UnderstoodQuestion, hit: Hit, terms: Callable[[str], Sequence[str]]) -> str:
    """One sentence: which words of the question a passage lacks, or that it gives nothing of the kind asked for.

    `terms` brings the words of a text into the form in which two forms of a word are the same.

    >>> from index.documents import Document, Passage, Span
    >>> from rag.question.understanding import understand
    >>> pier = Document("The pier was closed on Monday.", title="Pier closed")
    >>> hit = Hit(pier, Passage(pier.id, 0, 30, (Span(0, 30),)), 0.5)
    >>> why_not(understand("Who closed the lighthouse?"), hit, str.split)
    'It does not mention “lighthouse”.'
    >>> why_not(understand("How much did the pier cost?"), hit, str.split)
    'It does not mention “cost”.'
    """
    there = set(terms(f"{hit.document.title} {hit.text}".casefold()))
    wanted = dict.fromkeys(content_words(question.topic or question.standalone))
    lacking = [word for word in wanted if not set(terms(word.casefold())) & there]
    if lacking:
        named = [f"“{word}”" for word in lacking[:_MOST_WORDS]]
        return f"It does not mention {' or '.join([', '.join(named[:-1]), named[-1]] if named[1:] else named)}."
    words = {word.strip(".,;:!?").casefold() for word in hit.text.split()}
    members = _WORDS.get(question.answer_type)
    if members and members.isdisjoint(words) and not any(map(str.isdigit, hit.text)):
        return f"It gives no {question.answer_type}."
    return "It speaks of this, but says nothing that answers the question."
