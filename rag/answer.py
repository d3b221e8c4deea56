"""What a question gets back: sentences, each with the exact characters it rests on, or a plain "not found"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any

from index.display import brief_repr, element, isolated, printable
from index.documents import Filters, Hit, copies_lines
from rag.citations import Source as Source, copies_json, describe, hit_of, marked, unmarked
from rag.dates import TimeExpression
from rag.question.question import Turn

REPLY_BYTES = 60_000
"""Size up to which a reply takes in passages unless all are asked for."""
NAMED_COPIES = 5
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Note:
    """An explanation that we add to a quote, to be shown in brackets after its first `at` characters."""

    at: int
    text: str

    def around(self, shown: str) -> str:
        """The note as it is shown, with the space between it and the word that it explains."""
        return f" {shown}" if self.at else f"{shown} "


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence, the numbers of the sources it rests on, and how well they support it, in [0, 1].

    `text` is the quote itself; `notes`, in their order, say whom or which day it means.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    notes: tuple[Note, ...] = ()

    @property
    def parts(self) -> Iterator[str | Note]:
        """The text and its notes in the order in which they are shown, without citation marks that the source has."""
        said, done = unmarked(self.text), 0
        for note in self.notes:
            yield said[done : note.at]
            yield note
            done = note.at
        yield said[done:]

    @property
    def shown(self) -> str:
        """The text with its notes in brackets, and with no citation marks of the source that it is quoted from."""
        return "".join(part if isinstance(part, str) else part.around(f"[{part.text}]") for part in self.parts)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who gives the short answer: the outlets, and how many texts that are not copies of one another."""

    outlets: tuple[str, ...]
    texts: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """A short answer that other documents give, with the numbers of the sources that say so."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """An answer, or the refusal to give one (`answered` false: no sentences, only the nearest passages).

    `confidence` is in [0, 1]: how likely the corpus answers this question. `reasons` say of the first passages of a
    refusal, in their order, why they do not answer. `times` are the dates that
    the question was taken to name; the search preferred them. `unread` passages were found and left unread, since many
    questions were being answered at once. `timings_ms` are wall-clock milliseconds.
    """

    question: str
    standalone_question: str
    answered: bool
    confidence: float
    short_answer: str | None = None
    sentences: tuple[AnswerSentence, ...] = ()
    sources: tuple[Source, ...] = ()
    passages: tuple[Hit, ...] = ()
    reasons: tuple[str, ...] = ()
    agreement: Agreement | None = None
    alternatives: tuple[Alternative, ...] = ()
    filters: Filters = field(default_factory=Filters)
    times: tuple[TimeExpression, ...] = ()
    unread: int = 0
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentences in order, each followed by its citation marks: `… [1] … [2]`."""
        return " ".join(marked(sentence.shown, sentence.citations) for sentence in self.sentences)

    @property
    def turn(self) -> Turn:
        """The question and this answer, as later questions may refer to them."""
        return Turn(self.question, self.text, self.short_answer or "")

    def __repr__(self) -> str:
        found = {"sentences": len(self.sentences), "sources": len(self.sources), "passages": len(self.passages)}
        return brief_repr("Answer", question=self.question, answered=self.answered,
                          confidence=round(self.confidence, 3), short_answer=self.short_answer, **found)  # fmt: skip

    def __str__(self) -> str:
        """The short answer, the cited sentences and their sources; or the refusal and the nearest passages."""
        lines = self._understood()
        if not self.answered:
            lines += self._refusal()
            for number, hit in enumerate(self.passages[:_NEAREST], start=1):
                lines.append(f"{number}. {hit}")
                lines += [f"    {printable(why)}" for why in self.reasons[number - 1 : number]]
            return "\n".join(lines)
        lines += [printable(self.short_answer)] if self.short_answer else []
        lines += [*self._agreed(), printable(self.text), *self._others(), ""]
        for source in self.sources:
            lines += [f"[{source.n}] {source.document}, {source.described}", f"    “{printable(source.quote)}”"]
            lines += [f"    {line}" for line in copies_lines(hit_of(source, self.passages), printable)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same for a notebook, safe whatever the corpus holds."""
        shown = [element("p", element("i", isolated(line))) for line in self._understood()]
        if not self.answered:
            shown += [element("p", isolated(" ".join(self._refusal())))]
            nearest = zip(self.passages[:_NEAREST], [*self.reasons, *[""] * _NEAREST], strict=False)
            shown += [element("ol", "".join(element("li", h._repr_html_() + isolated(why)) for h, why in nearest))]
            return element("div", "".join(shown))
        if self.short_answer:
            agreed = "".join(f" {isolated(line)}" for line in self._agreed())
            shown.append(element("p", element("b", isolated(self.short_answer)) + agreed))
        shown += [element("p", isolated(printable(self.text)))]
        shown += [element("p", isolated(line)) for line in self._others()]
        shown.append(element("ol", "".join(map(self._source_html, self.sources))))
        return element("div", "".join(shown))

    def _source_html(self, source: Source) -> str:
        where = f"{source.document._repr_html_()}, {source.described}"
        copies = "<br>".join(copies_lines(hit_of(source, self.passages), isolated))
        return element("li", where + element("blockquote", isolated(printable(source.quote))) + copies)

    def _understood(self) -> list[str]:
        """What the question was taken for, where that is not what it says."""
        lines = []
        if self.standalone_question != self.question:
            lines.append(f"(asked as: {printable(self.standalone_question)})")
        if self.times:
            lines.append(f"(passages of this time first: {printable('; '.join(t.describe() for t in self.times))})")
        return lines

    def _refusal(self) -> list[str]:
        said = f"Not in the corpus (confidence {self.confidence:.2f})."
        return [said, *(["The nearest passages:"] if self.passages else [])]

    def _agreed(self) -> list[str]:
        agreed = self.agreement if self.agreement and self.agreement.texts > 1 else None
        return [f"({len(agreed.outlets)} outlets, {agreed.texts} independent texts)"] if agreed else []

    def _others(self) -> list[str]:
        """What other documents give as the short answer."""
        return [f"Other documents say: {printable(marked(o.text, o.citations))}" for o in self.alternatives]

    def __add__(self, later: Answer) -> Answer:
        """LangChain joins the pieces of a stream with `+`; a later piece holds everything the earlier one does."""
        return later

    def to_json(self, *, full: bool = False) -> dict[str, Any]:
        """The one JSON object that command line, HTTP and page speak; plain lists, strings and numbers.

        It has the first passages for which there is room in `REPLY_BYTES`, and of each the first `NAMED_COPIES` copies;
        `passages_left_out` and a passage's `copy_count` say what there is besides. With `full` nothing is left out.
        """
        reply: dict[str, Any] = {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "short_answer": self.short_answer,
            "answer": self.text,
            "agreement": {"outlets": list(self.agreement.outlets), "texts": self.agreement.texts}
            if self.agreement
            else None,
            "alternatives": [{"text": other.text, "citations": list(other.citations)} for other in self.alternatives],
            "sentences": [
                {
                    "text": s.text,
                    "citations": list(s.citations),
                    "support": round(s.support, 4),
                    "notes": [{"at": note.at, "text": note.text} for note in s.notes],
                }
                for s in self.sentences
            ],
            "sources": [source.to_json() for source in self.sources],
            "passages": [],
            "passages_left_out": 0,
            "filters": filters_json(self.filters),
            "times": [time_json(time) for time in self.times],
            "passages_unread": self.unread,
            "timings_ms": {stage: round(ms, 1) for stage, ms in self.timings_ms.items()},
        }
        named = [passage_json(hit, full=full) for hit in self.passages]
        for passage, reason in zip(named, self.reasons, strict=False):
            passage["why_not"] = reason
        sizes = accumulate(map(_size, named), initial=_size(reply))
        room = len(named) if full else sum(size <= REPLY_BYTES for size in islice(sizes, 1, None))
        return reply | {"passages": named[:room], "passages_left_out": len(named) - room}


def passage_json(hit: Hit, *, full: bool = False) -> dict[str, Any]:
    """A retrieved passage with its score, its rank in every stage and where else its text was printed.

    Of its copies the first `NAMED_COPIES` are named, with `full` all that the hit lists; `copy_count` counts them.
    """
    return {**describe(hit.document), "start": hit.passage.start, "end": hit.passage.end, "text": hit.text,
            "score": round(hit.score, 6), "ranks": dict(hit.ranks), "copy_count": hit.copy_count,
            "copies": copies_json(hit.copies if full else hit.copies[:NAMED_COPIES])}  # fmt: skip


def _size(part: dict[str, Any]) -> int:
    """Bytes of a part of a reply in UTF-8, printed with more of an indent than any interface has."""
    return len(json.dumps(part, ensure_ascii=False, indent=4).encode("utf-8", "surrogatepass"))


def time_json(time: TimeExpression) -> dict[str, Any]:
    """What a time expression of the question was taken for."""
    return {
        "text": time.text,
        "since": time.since.isoformat() if time.since else None,
        "until": time.until.isoformat() if time.until else None,
        "order": time.order,
    }


def filters_json(filters: Filters) -> dict[str, Any]:
    """Only the filters that are set."""
    fields = {
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
        "outlets": list(filters.outlets),
        "kinds": list(filters.kinds),
        "collections": list(filters.collections),
    }
    return {name: value for name, value in fields.items() if value}
