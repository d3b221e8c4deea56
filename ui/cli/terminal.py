"""Settings, findings and the corpus card as plain text for a terminal; what is found prints itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import TYPE_CHECKING

from eval.html.markup import count
from index.display import printable

if TYPE_CHECKING:
    from eval.generation.examples import Examples
    from index.card import CorpusCard
    from rag.config import SettingReport
    from ui.doctor.doctor import Finding

MOST_LISTED = 10
"""So many entries of a list of the card; the JSON has them all."""
_MONTHS = 12
_CARD_COLUMN = 12


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
        "unreadable": count(unreadable.files, "file") if unreadable.files else "none",
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
    first = [f"{name or '-'}: {number:,}" for name, number in list(counts.items())[:most]]
    return ", ".join(first) + _more(len(counts), most)


def _times(card: CorpusCard) -> dict[str, str]:
    """Documents by month, or by year with the newest first where there are many months."""
    if len(card.months) <= _MONTHS:
        return {"months": _counts(card.months, _MONTHS)}
    years = Counter[str]()
    for month, documents in reversed(card.months.items()):
        years[month[:4]] += documents
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
    missing = count(sum(gap.periods for gap in card.gaps), card.gaps_in)
    return f"{missing} without a document: {shown}{_more(len(card.gaps))}"


def _copies(card: CorpusCard) -> str:
    copies = card.copies
    if copies is None:
        return "not looked for yet; the next change of the index does"
    if not copies.documents:
        return "none"
    title = f": {copies.largest_title}" if copies.largest_title else ""
    return (
        f"{copies.documents:,} documents print the text of another, in {count(copies.clusters, 'cluster')}; "
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
