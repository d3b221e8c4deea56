"""The corpus card as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import TYPE_CHECKING

from ui.cli.terminal import printable

if TYPE_CHECKING:
    from eval.generation.examples import Examples
    from index.card import CorpusCard, Gap, Period

SHOWN = 10
"""So many entries of a list; the JSON has them all."""
_MONTHS = 12
_WIDTH = 12


def card_text(card: CorpusCard, questions: Examples | None = None) -> str:
    """A line for each fact; of long lists their beginning, and how much more there is."""
    info = card.info
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
        "unreadable": _count(card.unreadable.files, "file") if card.unreadable.files else "none",
        "embedder": info.embedder,
        "dimension": str(info.dimension),
        "size": f"{info.size_bytes:,} bytes",
        "engine": info.engine,
    }
    lines = [_line(name, printable(value)) for name, value in facts.items()]
    at = list(facts).index("unreadable") + 1
    lines[at:at] = _unreadable(card)
    return "\n".join([*lines, *_questions(questions)])


def _line(name: str, value: str) -> str:
    return f"{name:<{_WIDTH}} {value}"


def _counts(counts: Mapping[str, int], most: int = SHOWN) -> str:
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


def _more(total: int, most: int = SHOWN) -> str:
    return f", and {total - most:,} more" if total > most else ""


def _gaps(card: CorpusCard) -> str:
    if not card.gaps:
        return f"no {card.gaps_in} without a document"
    # Where not all are shown, the longest are.
    longest = sorted(nlargest(SHOWN, card.gaps, key=lambda gap: gap.periods), key=lambda gap: gap.first)
    shown = ", ".join(_gap(gap, card.gaps_in) for gap in longest)
    missing = _count(sum(gap.periods for gap in card.gaps), card.gaps_in)
    return f"{missing} without a document: {shown}{_more(len(card.gaps))}"


def _gap(gap: Gap, period: Period) -> str:
    first, last = (gap.first[:7], gap.last[:7]) if period == "month" else (gap.first, gap.last)
    return first if first == last else f"{first} to {last}"


def _copies(card: CorpusCard) -> str:
    copies = card.copies
    if copies is None:
        return "not looked for yet; the next change of the index does"
    if not copies.documents:
        return "none"
    title = f": {copies.largest_title}" if copies.largest_title else ""
    return (
        f"{copies.documents:,} documents print the text of another, in {_count(copies.clusters, 'cluster')}; "
        f"the largest has {copies.largest:,}{title}"
    )


def _unreadable(card: CorpusCard) -> Iterator[str]:
    unreadable = card.unreadable
    for file in unreadable.listed[:SHOWN]:
        yield _line("", f"{printable(file.path)}: {printable(file.reason)}")
    if unreadable.files > SHOWN:
        yield _line("", f"and {unreadable.files - SHOWN:,} more")


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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
