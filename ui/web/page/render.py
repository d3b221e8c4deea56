"""Answers as HTML that is safe whatever the corpus holds: text is escaped, and only our own citations are links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from eval.html.markup import count
from index.display import clipped, day, element, escape, isolated
from rag.answer import Answer, AnswerSentence, filters_json
from rag.citations import unmarked
from rag.question.question import MAX_CHARACTERS
from ui.web.page.chat import ANSWER_CHARACTERS, Reply
from ui.web.page.sources import document_label, found_table, nearest_card, source_card

if TYPE_CHECKING:
    from index.reports import IndexInfo

SENTENCE_CHARACTERS = 2_000
NEAREST = 3
HOW_TO_ADD = "dateline index add PATH"


def turn(reply: Reply, number: int, rating: str = "") -> str:
    """A question with what became of it: answer and sources side by side, and how they were found.

    `rating` is HTML that stands below the answer.
    """
    answer = reply.answer
    said = element("h2", isolated(clipped(reply.question, SENTENCE_CHARACTERS)), "question")
    sources = ""
    # A refusal is only one when it is final: until then there may be a sentence to come.
    if answer is not None and (answer.answered or reply.finished):
        said += _answer_html(answer, number)
        sources = _sources_html(answer, number)
    if reply.problem:
        said += element("p", isolated(clipped(reply.problem, SENTENCE_CHARACTERS)), "problem")
    if reply.again:
        said += element("button", "Try again", "again", {"type": "button"})
    if not reply.finished:
        said += element("p", _progress(reply), "working")
    elif answer is not None:
        said += rating + _search_details(answer)
    named = {"id": f"turn-{number}", "aria-label": f"Question {number}", **_turn_data(reply)}
    return element("section", element("div", said, "reply") + sources, "turn", named)


def _turn_data(reply: Reply) -> dict[str, str]:
    """What the page sends of the turn later, when its question is asked again or another one follows."""
    data = {"data-question": reply.question[:MAX_CHARACTERS]}
    if reply.turn:
        data |= {"data-turn": "yes", "data-answer": reply.turn.answer[:ANSWER_CHARACTERS]}
        data |= {"data-short": reply.turn.short_answer[:ANSWER_CHARACTERS]}
    if reply.finished and reply.answer and reply.answer.times:
        data |= {"data-dated": "yes"}
    return data


def _progress(reply: Reply) -> str:
    if reply.ahead:
        return f"Many ask at the moment: number {reply.ahead + 1:,} in the queue …"
    return "Searching the archive …" if reply.answer is None else "Reading on …"


def announcement(reply: Reply) -> str:
    """One sentence for a screen reader; the answer itself is on the page."""
    if not reply.finished:
        return "Searching the archive" if not reply.ahead else _progress(reply)
    if reply.problem:
        return escape(reply.problem)
    if reply.answer is None or not reply.answer.answered:
        return "Not in the corpus"
    return f"Answer ready: {count(len(reply.answer.sentences), 'sentence')}, " + count(
        len(reply.answer.sources), "source"
    )


def masthead(info: IndexInfo) -> str:
    """The name of the product and one line on what the archive holds."""
    name = element("h1", "Dateline")
    return element("header", name + element("p", holdings(info), "holdings"), "masthead")


def holdings(info: IndexInfo) -> str:
    """What the archive holds, in one line of HTML."""
    if not info.documents:
        return "Nothing indexed yet"
    kinds = [count(info.kinds[kind], kind) for kind in ("article", "headline") if info.kinds.get(kind)]
    outlets = sum(1 for outlet in info.outlets if outlet)
    parts = [" and ".join(kinds)]
    parts += [f"from {count(outlets, 'outlet')}"] if outlets else []
    if info.first_date and info.last_date:
        first, last = day(date.fromisoformat(info.first_date)), day(date.fromisoformat(info.last_date))
        parts.append(first if first == last else f"{first} to {last}")
    return ", ".join(escape(part) for part in parts)


def welcome(info: IndexInfo) -> str:
    """What stands on the page before the first question."""
    if not info.documents:
        how = element("p", f"Add files to the archive, then reload this page: <code>{HOW_TO_ADD}</code>")
        return element("div", element("h2", "Nothing indexed yet") + how, "welcome")
    promise = "Every sentence of an answer is quoted from a source, and each number leads to the exact words."
    return element("div", element("h2", "Ask the archive") + element("p", promise), "welcome")


def _answer_html(answer: Answer, number: int) -> str:
    asked = ""
    if answer.standalone_question != answer.question:
        asked = element(
            "p", f"Understood as: {isolated(clipped(answer.standalone_question, SENTENCE_CHARACTERS))}", "standalone"
        )
    if answer.times:
        read_as = "; ".join(time.describe() for time in answer.times)
        asked += element("p", f"Passages of this time come first: {isolated(clipped(read_as, 300))}", "standalone")
    if answer.unread:
        found = len(answer.passages) + answer.unread
        hurried = f"Many ask at the moment: {len(answer.passages)} of the {count(found, 'passage')} found were read."
        asked += element("p", hurried, "standalone")
    if not answer.answered:
        explained = "No passage in this archive answers the question."
        explained += " Those that come nearest are shown, for you to judge." if answer.passages else ""
        return asked + element("p", f"<strong>Not in the corpus.</strong> {explained}", "absent")
    short = element("p", isolated(clipped(answer.short_answer, 300)), "short") if answer.short_answer else ""
    titles = {source.n: document_label(source.document) for source in answer.sources}
    # Only the first mark of a source has an id: the way back from its card leads there.
    seen: set[int] = set()
    sentences = " ".join(_sentence_html(sentence, titles, number, seen) for sentence in answer.sentences)
    others = _alternatives_html(answer, titles, number, seen)
    return asked + short + _agreement_html(answer) + element("p", sentences, "answer") + others


def _agreement_html(answer: Answer) -> str:
    """Who says so, where it is more than one."""
    agreed = answer.agreement
    if agreed is None or max(len(agreed.outlets), agreed.texts) < 2:
        return ""
    texts = count(agreed.texts, "independent text")
    said = f"{count(len(agreed.outlets), 'outlet')}, {texts}" if agreed.outlets else texts
    return element("p", said, "agreement", {"title": escape(", ".join(agreed.outlets))} if agreed.outlets else {})


def _alternatives_html(answer: Answer, titles: dict[int, str], number: int, seen: set[int]) -> str:
    """What other documents say instead, each with where and when."""
    if not answer.alternatives:
        return ""
    items = []
    for other in answer.alternatives:
        value = element("strong", isolated(clipped(other.text, 300)))
        where = isolated("; ".join(titles[n] for n in other.citations if n in titles))
        items.append(element("li", f"{value}{_citation_links(other.citations, titles, number, seen)} {where}"))
    return element("div", element("p", "Other documents say something else:") + element("ul", "".join(items)), "others")


def _sentence_html(sentence: AnswerSentence, titles: dict[int, str], number: int, seen: set[int]) -> str:
    marks = _citation_links(sentence.citations, titles, number, seen)
    if len(sentence.text) > SENTENCE_CHARACTERS:
        return isolated(clipped(unmarked(sentence.text), SENTENCE_CHARACTERS)) + marks
    added = {"title": "added by Dateline, not in the source"}
    parts = (
        escape(part) if isinstance(part, str) else part.around(element("span", f"[{escape(part.text)}]", "note", added))
        for part in sentence.parts
    )
    return f"<bdi>{''.join(parts)}</bdi>{marks}"


def _citation_links(citations: Sequence[int], titles: dict[int, str], number: int, seen: set[int]) -> str:
    """Links to the cards of the sources."""
    marks = []
    for n in citations:
        if n in titles:
            attributes = {"href": f"#src-{number}-{n}", "title": titles[n]}
            attributes |= {} if n in seen else {"id": f"mark-{number}-{n}"}
            marks.append(element("a", f"[{n}]", "cite", attributes))
            seen.add(n)
    return "".join(f"\u202f{mark}" for mark in marks)


def _sources_html(answer: Answer, number: int) -> str:
    if answer.answered:
        title = "Source" if len(answer.sources) == 1 else "Sources"
        cards = "".join(source_card(source, answer.passages, number) for source in answer.sources)
    else:
        title = "Nearest passages"
        reasons = [*answer.reasons, *[""] * NEAREST]
        cards = "".join(map(nearest_card, answer.passages[:NEAREST], reasons))
    if not cards:
        return ""
    described = {"aria-label": f"{title} for question {number}"}
    return element("aside", element("h3", title) + cards, "sources", described)


def _search_details(answer: Answer) -> str:
    total = answer.timings_ms.get("total")
    timing = f" in {total:,.0f} ms" if total is not None else ""
    summary = f"How this was found: {count(len(answer.passages), 'passage')}{timing}"
    facts = [("Confidence", f"{answer.confidence:.2f} that the archive answers this")]
    facts.append(("Searched for", isolated(clipped(answer.standalone_question, SENTENCE_CHARACTERS))))
    for name, value in filters_json(answer.filters).items():
        facts.append((f"Only {name}", isolated(value if isinstance(value, str) else ", ".join(value))))
    steps = (f"{escape(stage)} {ms:,.0f} ms" for stage, ms in answer.timings_ms.items() if stage != "total")
    facts.append(("Time", ", ".join(steps) or "not measured"))
    listed = "".join(element("dt", name) + element("dd", value) for name, value in facts)
    content = element("summary", summary) + element("dl", listed, "facts") + found_table(answer.passages)
    return element("details", content, "found")
