"""What question makers take and give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from index.documents import Document, Span

QuestionKind = Literal["headline", "cloze", "fact", "unanswerable"]
KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)

Reasons = Counter[str]
"""Why sentences or questions were left out, and how many."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the running text of a document; `place` is its number within the document, from 0."""

    document: Document
    span: Span
    place: int

    @property
    def text(self) -> str:
        """The sentence as it stands in the document, line breaks included: offsets refer to this."""
        return self.span.of(self.document.text)


@dataclass(frozen=True)
class QuestionDraft:
    """A question with its evidence.

    `answers` are strings of the evidence, None for retrieval only, empty where the corpus has no answer; `answer` is
    the one that was asked for. `rule` names the rule that made it.
    """

    kind: QuestionKind
    text: str
    answers: tuple[str, ...] | None
    sentence: Sentence
    rule: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The first of the answers, empty where there is none."""
        return self.answers[0] if self.answers else ""
