"""Answers, hits, findings and the corpus card as plain text for a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from heapq import nlargest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.generation.examples import Examples
    from index.card import CorpusCard
    from index.documents import Document, Hit
    from rag.answer import Answer
    from rag.citations import Source
    from rag.config import SettingReport
    from ui.doctor.doctor import Finding

HEADLINE = ", headline, not article text"
MOST_LISTED = 10
"""So many entries of a list of the card; the JSON has them all."""
_MOST_COPIES = 12
"""More copies than these are only counted."""
_COPY_FIGURES = 4
_SHOWN_CHARACTERS = 400
_NEAREST = 3
_MONTHS = 12
_CARD_COLUMN = 12
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
        label = document_line(source.document) + (
            HEADLINE if source.headline and source.document.kind != "headline" else ""
        )
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
    return (
        f"{number}. {document_line(hit.document)}, {place} (score {hit.score:.3f}; ranks: {ranks})\n    {shown}"
        + "".join(f"\n    {line}" for line in copies_lines(hit, printable))
    )


def document_line(document: Document) -> str:
    """Title, outlet and date; a headline is called one, since it is not an article's text."""
    parts = [printable(document.title) or document.id, printable(document.outlet)]
    if document.published:
        parts.append(document.published.isoformat())
    if document.kind == "headline":
        parts.append(HEADLINE.removeprefix(", "))
    return ", ".join(part for part in parts if part)


def hit_of(source: Source, hits: Sequence[Hit]) -> Hit | None:
    """The passage that holds a source's quote, else another one of its document; None where there is none."""
    own = [hit for hit in hits if hit.document.id == source.document.id]
    around = [hit for hit in own if hit.passage.start <= source.start and source.end <= hit.passage.end]
    return next(iter((*around, *own)), None)


def copies_lines(hit: Hit | None, shown: Callable[[str], str] = str) -> list[str]:
    """Outlets and dates of those that print the passage, print it with other figures, or print the text without it.

    Other figures are named. `shown` makes a name from the archive fit to be shown.
    """
    if hit is None:
        return []
    groups: dict[str, list[str]] = {"Also in": [], "With other figures in": [], "Changed or shortened in": []}
    for copy in hit.copies:
        said = "Also in" if copy.prints else "With other figures in" if copy.figures else "Changed or shortened in"
        details = [day(copy.published)] if copy.published else []
        details += [shown(", ".join(copy.figures[:_COPY_FIGURES]))] if copy.figures else []
        name = shown(copy.outlet or copy.title or "untitled")
        groups[said].append(f"{name} ({': '.join(details)})" if details else name)
    lines = []
    for said, places in groups.items():
        more = [f"and {len(places) - _MOST_COPIES} more"] if len(places) > _MOST_COPIES else []
        lines += [f"{said}: {', '.join([*places[:_MOST_COPIES], *more])}"] if places else []
    if hit.copy_count > len(hit.copies):
        lines.append(f"And {hit.copy_count - len(hit.copies):,} further copies")
    return lines


def day(when: date) -> str:
    """A date as a reader writes it.

    >>> day(date(2025, 10, 3))
    '3 October 2025'
    """
    return f"{when.day} {when:%B} {when.year}"


def findings_text(findings: Sequence[Finding]) -> str:
    """One line for each finding, trouble marked."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(f"{'ok ' if f.ok else '!! '}{f.what:<{width}}  {printable(f.value)}" for f in findings)


def settings_text(reports: Sequence[SettingReport]) -> str:
    """A setting as a settings file has it, and below it what it does, its type, its default and its variable."""
    parts = []
    for report in reports:
        value, default = (
            "unset" if shown is None else json.dumps(shown, ensure_ascii=False)
            for shown in (report.value, report.default)
        )
        origin = "the default" if report.origin == "default" else f"from the {report.origin}; default {default}"
        parts.append(
            f"{report.name} = {printable(value)}  ({origin})\n    {report.description}\n"
            f"    {report.type}; {report.variable}"
        )
    return "\n\n".join(parts)


def printable(text: str) -> str:
    """On one line, without control characters and changes of direction: a document must not drive the terminal."""
    shown = (c for c in text if unicodedata.bidirectional(c) not in _DIRECTIONS)
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in shown).split())


def card_text(card: CorpusCard, questions: Examples | None = None) -> str:
    """A line for each fact; of long lists their beginning, and how much more there is."""
    info, unreadable = card.info, card.unreadable
    facts = {
        "path": info.path,
        "generation": str(info.generation),
        "documents": f"{info.documents:,}",
        "passages": f"{info.passages:,}",
        "kinds": _counts(info.kinds),
        "outlets": _counts(info.outlets),
        "collections": _counts(info.collections),
        "languages": _counts(card.languages),
        **_times(card),
        "first date": info.first_date or "-",
        "last date": info.last_date or "-",
        "undated": _counts(card.undated) or "none",
        "gaps": _gaps(card),
        "copies": _copies(card),
        "unreadable": number_of(unreadable.files, "file") if unreadable.files else "none",
        "embedder": info.embedder,
        "dimension": str(info.dimension),
        "size": f"{info.size_bytes:,} bytes",
        "engine": info.engine,
    }
    lines = []
    for name, value in facts.items():
        lines.append(f"{name:<{_CARD_COLUMN}} {printable(value)}")
        if name == "unreadable":
            below = [f"{printable(file.path)}: {printable(file.reason)}" for file in unreadable.listed[:MOST_LISTED]]
            below += [f"and {unreadable.files - MOST_LISTED:,} more"] if unreadable.files > MOST_LISTED else []
            lines += [f"{'':<{_CARD_COLUMN}} {line}" for line in below]
    return "\n".join([*lines, *_questions(questions)])


def _counts(counts: Mapping[str, int], most: int = MOST_LISTED) -> str:
    first = [f"{name or '-'}: {count:,}" for name, count in list(counts.items())[:most]]
    return ", ".join(first) + _more(len(counts), most)


def _times(card: CorpusCard) -> dict[str, str]:
    """Documents by month, or by year with the newest first where there are many months."""
    if len(card.months) <= _MONTHS:
        return {"months": _counts(card.months, _MONTHS)}
    years = Counter[str]()
    for month, count in reversed(card.months.items()):
        years[month[:4]] += count
    return {"years": _counts(years)}


def _more(total: int, most: int = MOST_LISTED) -> str:
    return f", and {total - most:,} more" if total > most else ""


def _gaps(card: CorpusCard) -> str:
    if not card.gaps:
        return f"no {card.gaps_in} without a document"
    # Where not all are shown, the longest are.
    longest = sorted(nlargest(MOST_LISTED, card.gaps, key=lambda gap: gap.periods), key=lambda gap: gap.first)
    digits = 7 if card.gaps_in == "month" else 10
    periods = ((gap.first[:digits], gap.last[:digits]) for gap in longest)
    shown = ", ".join(first if first == last else f"{first} to {last}" for first, last in periods)
    missing = number_of(sum(gap.periods for gap in card.gaps), card.gaps_in)
    return f"{missing} without a document: {shown}{_more(len(card.gaps))}"


def _copies(card: CorpusCard) -> str:
    copies = card.copies
    if copies is None:
        return "not looked for yet; the next change of the index does"
    if not copies.documents:
        return "none"
    title = f": {copies.largest_title}" if copies.largest_title else ""
    return (
        f"{copies.documents:,} documents print the text of another, in {number_of(copies.clusters, 'cluster')}; "
        f"the largest has {copies.largest:,}{title}"
    )


def _questions(questions: Examples | None) -> Iterator[str]:
    if questions is None:
        return
    yield ""
    if not questions.found:
        yield f"No question that can be made from the articles was answered from them; {questions.asked} were asked."
    else:
        yield "Questions that it answers:"
    for example in questions.found:
        where = printable(example.title) or example.document
        yield f"  {printable(example.question)}\n    {printable(example.answer)} ({where})"
    if questions.out_of_time:
        yield "Time ran out before there were as many as asked for."


def number_of(number: int, noun: str) -> str:
    """A number and its noun.

    >>> number_of(1, "source"), number_of(1200, "source")
    ('1 source', '1,200 sources')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
