"""Answers, hits and findings as plain text for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui.copies import copies_lines, hit_of

if TYPE_CHECKING:
    from index.documents import Document, Hit
    from rag.answer import Answer
    from ui.doctor.doctor import Finding

HEADLINE = ", headline, not article text"
_SHOWN_CHARACTERS = 400
_NEAREST = 3
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def answer_text(answer: Answer) -> str:
    """The short answer, the cited sentences and their sources; or the refusal and the nearest passages."""
    lines = []
    if answer.standalone_question != answer.question:
        lines.append(f"(asked as: {printable(answer.standalone_question)})")
    if answer.times:
        lines.append(f"(passages of this time first: {printable('; '.join(t.describe() for t in answer.times))})")
    if not answer.answered:
        lines.append(f"Not in the corpus (confidence {answer.confidence:.2f}).")
        if answer.passages:
            lines.append("The nearest passages:")
        for number, hit in enumerate(answer.passages[:_NEAREST], start=1):
            lines.append(hit_text(number, hit))
            lines += [f"    {printable(why)}" for why in answer.reasons[number - 1 : number]]
        return "\n".join(lines)
    if answer.short_answer:
        lines.append(printable(answer.short_answer))
    if answer.agreement and answer.agreement.texts > 1:
        lines.append(f"({len(answer.agreement.outlets)} outlets, {answer.agreement.texts} independent texts)")
    lines.append(printable(answer.text))
    for other in answer.alternatives:
        lines.append(f"Other documents say: {printable(other.text)} {' '.join(f'[{n}]' for n in other.citations)}")
    lines.append("")
    for source in answer.sources:
        label = heading(source.document) + (HEADLINE if source.headline and source.document.kind != "headline" else "")
        lines.append(f"[{source.n}] {label}, characters {source.start}-{source.end}")
        lines.append(f"    “{printable(source.quote)}”")
        lines += [f"    {line}" for line in copies_lines(hit_of(source, answer.passages), printable)]
    return "\n".join(lines)


def hit_text(number: int, hit: Hit) -> str:
    """A passage with where it stands and how it was found."""
    ranks = ", ".join(f"{stage} {rank}" for stage, rank in hit.ranks.items())
    text = printable(hit.text)
    shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    place = f"characters {hit.passage.start}-{hit.passage.end}"
    return f"{number}. {heading(hit.document)}, {place} (score {hit.score:.3f}; ranks: {ranks})\n    {shown}" + "".join(
        f"\n    {line}" for line in copies_lines(hit, printable)
    )


def heading(document: Document) -> str:
    """Title, outlet and date; a headline is called one, since it is not an article's text."""
    parts = [printable(document.title) or document.id, printable(document.outlet)]
    if document.published:
        parts.append(document.published.isoformat())
    if document.kind == "headline":
        parts.append(HEADLINE.removeprefix(", "))
    return ", ".join(part for part in parts if part)


def findings_text(findings: Sequence[Finding]) -> str:
    """One line for each finding, trouble marked."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(f"{'ok ' if f.ok else '!! '}{f.what:<{width}}  {printable(f.value)}" for f in findings)


def printable(text: str) -> str:
    """On one line, without control characters and changes of direction: a document must not drive the terminal."""
    shown = (c for c in text if unicodedata.bidirectional(c) not in _DIRECTIONS)
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in shown).split())
