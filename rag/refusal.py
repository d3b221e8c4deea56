"""Why the passages nearest to a question do not answer it, as far as that can be told from their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.documents import Hit
from rag.english.words import DATE_WORDS, NUMBER_WORDS, content_words
from rag.question.answer_type import Asked, asked_for

_MOST_WORDS = 4
_GIVES_NO: dict[Asked, str] = {"number": "It gives no number.", "date": "It gives no date."}


def why_not(question: str, hit: Hit, terms: Callable[[str], Sequence[str]]) -> str:
    """One sentence: which words of the question a passage lacks, or that it gives nothing of the kind asked for.

    `terms` brings the words of a text into the form in which two forms of a word are the same.

    >>> from index.documents import Document, Passage, Span
    >>> pier = Document("The pier was closed on Monday.", title="Pier closed")
    >>> hit = Hit(pier, Passage(pier.id, 0, 30, (Span(0, 30),)), 0.5)
    >>> why_not("Who closed the lighthouse?", hit, str.split)
    'It does not mention “lighthouse”.'
    >>> why_not("How much did the pier cost?", hit, str.split)
    'It does not mention “cost”.'
    """
    there = set(terms(f"{hit.document.title} {hit.text}".casefold()))
    lacking = [word for word in dict.fromkeys(content_words(question)) if not set(terms(word.casefold())) & there]
    if lacking:
        named = [f"“{word}”" for word in lacking[:_MOST_WORDS]]
        return f"It does not mention {' or '.join([', '.join(named[:-1]), named[-1]] if named[1:] else named)}."
    asked = asked_for(question)
    if asked in _GIVES_NO and not _holds(asked, hit.text):
        return _GIVES_NO[asked]
    return "It speaks of this, but says nothing that answers the question."


def _holds(asked: Asked, text: str) -> bool:
    words = {word.strip(".,;:!?").casefold() for word in text.split()}
    return any(character.isdigit() for character in text) or bool(
        words & (NUMBER_WORDS if asked == "number" else DATE_WORDS)
    )
