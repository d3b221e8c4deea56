"""Cited sources and retrieved passages as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from index.display import clipped, day, element, escape, isolated, link
from index.documents import HEADLINE_LABEL, Document, Hit, Span, Stage, copies_lines
from rag.citations import Source, hit_of

TITLE_CHARACTERS = 200
AROUND = 170
"""Characters shown on either side of a quote before the reader asks for more."""
MOST_AROUND = 8_000
MOST_QUOTED = 4_000
"""A longer quote is a fault of the corpus: it is cut, and the offsets in the JSON still name all of it."""
NEAREST_CHARACTERS = 360

STAGES: dict[Stage, str] = {"dense": "meaning", "lexical": "words", "fused": "both", "read": "reader"}


def source_card(source: Source, hits: Sequence[Hit], turn: int) -> str:
    """A cited source: what it is, and its quote highlighted inside the passage it was found in."""
    passage = passage_around(source, hits)
    quote = Span(source.start, source.end)
    text = source.document.text
    shown = quoted(text, passage, quote, AROUND)
    whole = quoted(text, passage, quote, MOST_AROUND)
    more = ""
    if whole != shown:
        summary = element("summary", "Show more of the passage")
        more = element("details", summary + element("blockquote", whole, "passage"), "more")
    way_back = {"href": f"#mark-{turn}-{source.n}", "aria-label": f"Source {source.n}, back to the answer"}
    back = element("a", str(source.n), "number", way_back)
    known = document_heading(source.document, headline=source.headline) + copies_html(hit_of(source, hits))
    body = known + element("blockquote", shown, "passage") + more
    attributes = {"id": f"src-{turn}-{source.n}", "tabindex": "-1"}
    return element("article", back + element("div", body, "card"), "source", attributes)


def nearest_card(hit: Hit, why_not: str = "") -> str:
    """A passage that was found but does not answer the question, and why."""
    text = element("blockquote", isolated(clipped(hit.text, NEAREST_CHARACTERS)), "passage")
    reason = element("p", isolated(clipped(why_not, NEAREST_CHARACTERS)), "why-not") if why_not else ""
    return element(
        "article", element("div", document_heading(hit.document) + copies_html(hit) + reason + text, "card"), "source"
    )


def document_label(document: Document) -> str:
    """Title, outlet and date on one line, as plain text and not escaped."""
    parts = [clipped(document.title, TITLE_CHARACTERS) or "Untitled", clipped(document.outlet, TITLE_CHARACTERS)]
    parts += [day(document.published)] if document.published else []
    return ", ".join(part for part in parts if part)


def document_heading(document: Document, *, headline: bool = False) -> str:
    """Title and, under it, outlet, date, what kind of text it is, and where the original stands."""
    parts = [isolated(clipped(document.outlet, TITLE_CHARACTERS))] if document.outlet else []
    if document.published:
        parts.append(element("time", day(document.published), attributes={"datetime": document.published.isoformat()}))
    if headline or document.kind == "headline":
        parts.append(element("span", HEADLINE_LABEL, "kind"))
    elif document.title_derived:
        parts.append(element("span", "no headline of its own: first words shown", "kind"))
    parts += [original] if (original := link(document.url)) else []
    title = element("h4", isolated(clipped(document.title, TITLE_CHARACTERS)) if document.title else "Untitled")
    dot = element("span", " · ", "dot", {"aria-hidden": "true"})
    return title + (element("p", dot.join(parts), "meta") if parts else "")


def copies_html(hit: Hit | None) -> str:
    """Where else a passage was printed, as paragraphs; nothing where there are no copies."""
    lines = copies_lines(hit, lambda name: isolated(clipped(name, TITLE_CHARACTERS)))
    return "".join(element("p", line, "meta") for line in lines)


def passage_around(source: Source, hits: Sequence[Hit]) -> Span:
    """The retrieved passage that holds the quote; where none does, the quote itself."""
    for hit in hits:
        span = hit.passage.span
        if hit.document.id == source.document.id and span.start <= source.start and source.end <= span.end:
            return span
    return Span(source.start, source.end)


def quoted(text: str, passage: Span, quote: Span, around: int) -> str:
    """The passage with its quote in `<mark>`, at most `around` characters of it on either side."""
    before, after = text[passage.start : quote.start], text[quote.end : passage.end]
    # What stands before the quote is cut at its beginning: read backwards, that is its end.
    before = clipped(before[::-1], around)[::-1]
    marked = element("mark", escape(clipped(quote.of(text), MOST_QUOTED)))
    return f"<bdi>{escape(before)}{marked}{escape(clipped(after, around))}</bdi>"


def found_table(hits: Sequence[Hit]) -> str:
    """Every retrieved passage with its rank in each stage and its score beside the best one's."""
    if not hits:
        return element("p", "No passage was found.")
    stages = [stage for stage in STAGES if any(stage in hit.ranks for hit in hits)]
    best = max(hit.score for hit in hits)
    head = "".join(
        element("th", name, attributes={"scope": "col"}) for name in ("Passage", *(STAGES[s] for s in stages), "score")
    )
    rows = "".join(_row(hit, stages, best) for hit in hits)
    return element("table", element("thead", element("tr", head)) + element("tbody", rows), "ranks")


def _row(hit: Hit, stages: Sequence[Stage], best: float) -> str:
    document = hit.document
    snippet = element("span", isolated(clipped(hit.text, 110)), "snippet")
    kind = element("span", f" ({HEADLINE_LABEL})", "kind") if document.kind == "headline" else ""
    name = element("td", isolated(document_label(document)) + kind + snippet)
    # The name of the column stands beside its number where there is no room for a table.
    ranks = "".join(
        element("td", str(hit.ranks.get(stage, "–")), "rank", {"data-stage": STAGES[stage]}) for stage in stages
    )
    share = max(0.0, min(1.0, hit.score / best)) if best > 0 else 0.0
    bar = f'<span class="bar" aria-hidden="true"><span style="inline-size:{share:.0%}"></span></span>'
    score = element("td", f"{bar}{hit.score:.3f}", "score", {"data-stage": "score"})
    return element("tr", name + ranks + score)
