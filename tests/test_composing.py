"""What an answer is made of: which sentences, in which order, who agrees, who does not, and what a quote needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from index.documents import Document, Filters, Hit, Passage, Span
from index.sentences import sentence_spans
from rag.answer import AnswerSentence, Note
from rag.answerers.base import Draft
from rag.answerers.extractive import (
    ExtractiveAnswerer,
    agreement,
    best_enumeration,
    conflicting,
    in_context,
)
from rag.dates import TimeExpression
from rag.question.understanding import WantedPeriod, understand, wanted_period
from rag.readers.base import Evidence, Reading, ShortAnswer
from rag.retrieval import mark_copies, prefer_period


def document(text: str, outlet: str = "", published: date | None = None) -> Document:
    return Document(text, outlet=outlet, published=published)


def sentence(source: Document, text: str, relevance: float, answer: str = "") -> Evidence:
    """A sentence of a document as evidence; its passage is the whole document."""
    at = source.text.index(text)
    place = source.text.index(answer, at) if answer else 0
    span = Span(place, place + len(answer)) if answer else None
    hit = Hit(source, Passage(source.id, 0, len(source.text), tuple(sentence_spans(source.text))), 1.0)
    return Evidence(hit, Span(at, at + len(text)), relevance, span)


def whole(text: str, relevance: float, answer: str = "", published: date | None = None) -> Evidence:
    """A document of one sentence as evidence."""
    return sentence(document(text, published=published), text, relevance, answer)


def short(probability: float, *evidence: Evidence) -> ShortAnswer:
    first = evidence[0]
    assert first.answer is not None
    return ShortAnswer(first.answer.of(first.hit.document.text), probability, evidence)


def reading(*answers: ShortAnswer, more: Sequence[Evidence] = ()) -> Reading:
    evidence = [item for answer in answers for item in answer.evidence] + list(more)
    return Reading(tuple(sorted(evidence, key=lambda item: -item.relevance)), 0.9, answers=answers)


def composed(question: str, read: Reading, *, newest: bool = False) -> Draft:
    understood = replace(understand(question), period=WantedPeriod(newest=newest))
    *_, last = ExtractiveAnswerer().compose(understood, read)
    return last


COUNT = document("Eleven people were hurt on the ferry. It sails on Monday.", "Gazette", date(2025, 3, 18))
EARLY = document("Fourteen people were hurt on the ferry. Boats came out.", "Radio", date(2025, 3, 16))
ELEVEN = sentence(COUNT, "Eleven people were hurt on the ferry.", 0.9, "Eleven people")
FOURTEEN = sentence(EARLY, "Fourteen people were hurt on the ferry.", 0.8, "Fourteen people")
HURT = "How many people were hurt on the ferry?"


def test_a_fact_gets_its_span_and_the_sentence_that_holds_it() -> None:
    draft = composed("How many people were hurt?", reading(short(0.95, ELEVEN)))
    assert draft.short_answer == "Eleven people"
    assert [item.text for item in draft.sentences] == ["Eleven people were hurt on the ferry."]


def test_a_doubtful_fact_shows_what_else_it_may_be() -> None:
    draft = composed("How many people were hurt?", reading(short(0.5, ELEVEN), short(0.45, FOURTEEN)))
    assert len(draft.sentences) == 2


def test_a_sentence_far_less_relevant_is_not_shown_for_what_it_may_be() -> None:
    remote = whole("Sixty people heard of the ferry.", 0.05, "Sixty people")
    draft = composed("How many people were hurt?", reading(short(0.5, ELEVEN), short(0.2, remote)))
    assert [item.text for item in draft.sentences] == ["Eleven people were hurt on the ferry."]


def test_an_item_of_a_list_is_quoted_without_its_mark() -> None:
    plan = document("The mediator proposes this:\n- no more than nine people go;\n- the boat sails on.")
    item = sentence(plan, "- no more than nine people go;", 0.9, "nine people")
    draft = composed("How many people would go?", reading(short(0.95, item)))
    assert [quoted.text for quoted in draft.sentences] == ["no more than nine people go;"]
    assert draft.sources[0].quote == "no more than nine people go;"


def test_documents_that_disagree_stand_side_by_side() -> None:
    draft = composed(HURT, reading(short(0.6, ELEVEN), short(0.35, FOURTEEN)))
    assert draft.short_answer == "Eleven people"
    assert [other.text for other in draft.alternatives] == ["Fourteen people"]
    [number] = draft.alternatives[0].citations
    assert draft.sources[number - 1].document is EARLY


def test_the_newest_report_is_taken_where_it_is_asked_for() -> None:
    likelier_old = reading(short(0.6, FOURTEEN), short(0.35, ELEVEN))
    assert composed(HURT, likelier_old).short_answer == "Fourteen people"
    assert composed(HURT, likelier_old, newest=True).short_answer == "Eleven people"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("About eleven people were hurt on the ferry.", "eleven people"),  # the same value
        ("A dozen boats were named after the mayor.", "dozen boats"),  # another thing
        ("The ferry hurt people.", "people"),  # no number at all
    ],
)
def test_what_does_not_contradict_is_no_disagreement(text: str, answer: str) -> None:
    other = sentence(document(text, "Radio"), text, 0.8, answer)
    first = short(0.6, ELEVEN)
    assert conflicting(reading(first, short(0.3, other)), "number", first) == []


def test_a_reason_has_no_rival_value() -> None:
    first = short(0.6, ELEVEN)
    assert conflicting(reading(first, short(0.3, FOURTEEN)), "reason", first) == []


def test_copies_are_one_text_of_several_outlets() -> None:
    text = "The mediator left the harbour at dawn without a word to the crews that had waited for him all night."
    copies = [document(text, "Gazette"), document(text.replace("crews", "men"), "Islander")]
    own = document("He was gone at dawn, the mediator, said a watchman who had seen him board the boat.", "Ledger")
    evidence = [sentence(d, d.text, 0.9, "dawn") for d in (*copies, own)]
    marked = mark_copies([item.hit for item in evidence])
    agreed = agreement(short(0.9, *(replace(item, hit=hit) for item, hit in zip(evidence, marked, strict=True))))
    assert agreed.outlets == ("Gazette", "Islander", "Ledger")
    assert agreed.texts == 2


def test_a_copy_is_cited_with_all_that_is_quoted() -> None:
    told = "The board sold two boats. This saved the line."
    first, copy, other = (
        document(told, "Gazette"), document(told, "Islander"), document("The judge gave way. This saved the line."),
    )  # fmt: skip
    evidence = [sentence(source, "This saved the line.", 0.9 - n / 10) for n, source in enumerate((first, copy, other))]
    draft = composed("How was the line saved?", reading(more=evidence))
    [quoted] = [item for item in draft.sentences if "two boats" in item.text]
    assert {draft.sources[n - 1].quote for n in quoted.citations} == {told}
    assert len(quoted.citations) == 2


def test_a_list_collects_its_items_from_several_places() -> None:
    first = whole("The union wants higher pay.", 0.9, "higher pay")
    second = sentence(
        document("Shorter nights are a demand too."), "Shorter nights are a demand too.", 0.3, "Shorter nights"
    )
    draft = composed("What are the demands of the union?", reading(short(0.6, first), short(0.3, second)))
    assert {item.text for item in draft.sentences} == {first.text, second.text}


DEMANDS = document(
    "The union met in the fish hall. It has three demands:\n\n1. Higher pay for all crews.\n2. Shorter nights.\n"
    "3. A seat on the board.\n\nThe hall was full."
)


def test_the_items_of_a_list_in_the_source_are_the_answer() -> None:
    asked = "What are the three demands of the union?"
    told = [
        sentence(DEMANDS, span.of(DEMANDS.text), 0.5 if "demands" in span.of(DEMANDS.text) else 0.3)
        for span in sentence_spans(DEMANDS.text)
    ]
    draft = composed(asked, reading(more=told))
    assert [item.text for item in draft.sentences] == [
        "1. Higher pay for all crews.", "2. Shorter nights.", "3. A seat on the board.",
    ]  # fmt: skip


def test_a_list_about_something_else_is_no_answer() -> None:
    told = [sentence(DEMANDS, span.of(DEMANDS.text), 0.1) for span in sentence_spans(DEMANDS.text)]
    better = whole("The museum, the school and the library lose their ferries.", 0.9, "The museum")
    draft = composed("Which houses lose their ferries?", reading(short(0.9, better), more=told))
    assert better.text in {item.text for item in draft.sentences}
    assert not any("Shorter nights" in item.text for item in draft.sentences)


def test_a_list_that_is_as_long_as_is_asked_for_comes_first() -> None:
    other = document("- The north pier.\n- The south pier.")
    told = [sentence(DEMANDS, "2. Shorter nights.", 0.4), sentence(DEMANDS, "3. A seat on the board.", 0.4)]
    told += [sentence(DEMANDS, "1. Higher pay for all crews.", 0.4)]
    told += [sentence(other, span.of(other.text), 0.45) for span in sentence_spans(other.text)]
    assert (best := best_enumeration("What are the three demands?", told)) is not None
    assert len(best.items) == 3
    assert best_enumeration("What are the three demands?", told[:1]) is None


def test_a_comparison_has_evidence_for_either_side() -> None:
    mayor = sentence(
        document("The mayor wants a bridge across the sound."), "The mayor wants a bridge across the sound.", 0.9
    )
    noise = sentence(
        document("A bridge has been wanted by many for years."), "A bridge has been wanted by many for years.", 0.8
    )
    board = whole("The ferry board prefers two new boats.", 0.2)
    draft = composed("Compare the mayor and the ferry board.", reading(more=[mayor, noise, board]))
    assert {mayor.text, board.text} <= {item.text for item in draft.sentences}


def test_both_sides_of_a_comparison_are_quoted_however_long_they_are() -> None:
    mayor = whole(f"The mayor counts boats {' '.join(f'up{n}' for n in range(40))}.", 0.9)
    board = whole(f"The board counts boats {' '.join(f'down{n}' for n in range(40))}.", 0.2)
    draft = composed("How do the mayor and the board differ on the boats?", reading(more=[mayor, board]))
    assert [item.text for item in draft.sentences] == [mayor.text, board.text]


def test_of_what_is_said_of_a_side_the_matter_decides() -> None:
    mayor = whole("The mayor counts nine boats.", 0.9)
    dinner = whole("The board dined at the old customs house.", 0.25)
    board = whole("The board counts seven boats.", 0.2)
    question = "How do the mayor and the board differ on the number of boats?"
    draft = composed(question, reading(more=[mayor, dinner, board]))
    assert [item.text for item in draft.sentences] == [mayor.text, board.text]


def test_one_sentence_on_both_sides_needs_no_second_one() -> None:
    both = whole("The mayor counts nine boats, the board seven.", 0.9)
    board = whole("The board met on Friday.", 0.1)
    draft = composed("How do the mayor and the board differ on the boats?", reading(more=[both, board]))
    assert [item.text for item in draft.sentences] == [both.text]


def test_a_comparison_of_sides_that_nobody_mentions_is_still_answered() -> None:
    board = whole("The ferry board prefers two new boats.", 0.2)
    draft = composed("Compare Zanzibar with Quito.", reading(more=[board]))
    assert [item.text for item in draft.sentences] == [board.text]


def test_of_further_sentences_those_come_first_that_add_most() -> None:
    chatter = whole("Nobody at the ferry office would say how many people were hurt that night.", 0.85)
    draft = composed(HURT, reading(short(0.5, ELEVEN), short(0.45, FOURTEEN), more=[chatter]))
    assert [item.text for item in draft.sentences] == [ELEVEN.text, FOURTEEN.text]


def test_a_timeline_runs_from_the_latest_back() -> None:
    days = [date(2025, 3, 3), date(2025, 3, 21), date(2025, 3, 10)]
    texts = ["The plan was shown to the crews.", "Talks broke down in the night.", "A mediator was called in."]
    items = [
        sentence(document(t, published=d), t, 0.9 - n / 10) for n, (t, d) in enumerate(zip(texts, days, strict=True))
    ]
    draft = composed("What is the latest on the dispute?", reading(more=items))
    assert [item.text for item in draft.sentences] == [texts[1], texts[2], texts[0]]


def test_a_reason_is_told_in_the_order_of_its_document() -> None:
    text = "The board met at night. Fuel had become too dear. So the boat was laid up."
    source = document(text)
    late, early = sentence(source, "Fuel had become too dear.", 0.6), sentence(source, "The board met at night.", 0.5)
    draft = composed("Why was the boat laid up?", reading(more=[late, early]))
    assert [item.text for item in draft.sentences] == [early.text, late.text]


def test_nothing_read_gives_nothing() -> None:
    assert list(ExtractiveAnswerer().compose(understand("Why?"), Reading((), 0.0))) == []


# What a quote needs


def test_he_is_named_where_only_one_name_stands_before() -> None:
    source = document("Captain Aldous Renk was questioned for hours. He had slept in his cabin.")
    span, notes = in_context(sentence(source, "He had slept in his cabin.", 0.9))
    text = span.of(source.text)
    assert AnswerSentence(text, (1,), 1.0, notes).shown == "He [Captain Aldous Renk] had slept in his cabin."


def test_he_is_not_guessed_between_two_names() -> None:
    source = document("Aldous Renk met Tamsin Orrock at noon. He had slept in his cabin.")
    span, notes = in_context(sentence(source, "He had slept in his cabin.", 0.9))
    assert span.of(source.text) == source.text
    assert notes == ()


def test_what_points_back_brings_the_sentence_before() -> None:
    source = document("The board sold two boats. This saved the line.")
    span, _ = in_context(sentence(source, "This saved the line.", 0.9))
    assert span.of(source.text) == source.text


def test_a_weekday_is_dated_from_its_document() -> None:
    source = document("The strike began on Friday.", published=date(2025, 3, 24))
    span, notes = in_context(sentence(source, source.text, 0.9))
    shown = AnswerSentence(span.of(source.text), (1,), 1.0, notes).shown
    assert shown == "The strike began on Friday [21 Mar 2025]."


def test_a_document_without_a_date_explains_no_day() -> None:
    source = document("The strike began on Friday.")
    assert in_context(sentence(source, source.text, 0.9)) == (Span(0, len(source.text)), ())


@given(st.text(max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_notes_add_brackets_and_take_nothing_away(text: str, places: list[int]) -> None:
    notes = tuple(Note(min(at, len(text)), "who") for at in sorted(places))
    shown = AnswerSentence(text, (1,), 1.0, notes).shown
    assert shown.replace(" [who]", "").replace("[who] ", "") == text.replace(" [who]", "").replace("[who] ", "")
    assert shown.count("[who]") == len(notes) + text.count("[who]")


# Dates and the search


def found(day: date | None, score: float, text: str) -> Hit:
    source = document(text, published=day)
    return Hit(source, Passage(source.id, 0, len(text), (Span(0, len(text)),)), score)


def time(since: date | None = None, until: date | None = None, order: str | None = None) -> TimeExpression:
    return TimeExpression("then", 0, 4, since, until, order)  # type: ignore[arg-type]


def test_no_date_asks_for_no_period() -> None:
    assert wanted_period([]) is None
    assert wanted_period([time()]) is None


def test_days_are_widened_for_announcements_and_reports() -> None:
    wanted = wanted_period([time(date(2025, 3, 10), date(2025, 3, 10))])
    assert wanted.holds(date(2025, 3, 4))
    assert wanted.holds(date(2025, 3, 20))
    assert not wanted.holds(date(2025, 5, 1))
    assert not wanted.holds(None)


def test_contradictory_dates_ask_for_nothing() -> None:
    assert wanted_period([time(date(2025, 6, 1), date(2025, 6, 2)), time(date(2024, 1, 1), date(2024, 1, 2))]) is None


def test_the_right_time_comes_first_and_nothing_is_shut_out() -> None:
    hits = [found(date(2024, 1, 1), 0.8, "old"), found(date(2025, 3, 10), 0.75, "then"), found(None, 0.7, "undated")]
    ordered = prefer_period(hits, wanted_period([time(date(2025, 3, 10), date(2025, 3, 10))]), 3)
    assert [hit.text for hit in ordered] == ["then", "old", "undated"]


def test_the_newest_comes_first_where_it_is_asked_for() -> None:
    hits = [found(date(2024, 1, 1), 0.8, "old"), found(date(2025, 3, 10), 0.75, "new")]
    assert [hit.text for hit in prefer_period(hits, wanted_period([time(order="latest")]), 2)] == ["new", "old"]


def test_dates_that_the_asker_set_stand() -> None:
    wanted = wanted_period([time(date(2025, 3, 10), date(2025, 3, 10))])
    assert wanted.within(Filters(since=date(2020, 1, 1))) is None
    inside = wanted.within(Filters(outlets=("Gazette",)))
    assert inside is not None
    assert (inside.outlets, inside.since) == (("Gazette",), wanted.since)


def test_a_quotation_brings_whoever_said_it() -> None:
    before = document("“The risk is severe,” a mediator added. “There is no easy fix.”")
    span, _ = in_context(sentence(before, "“There is no easy fix.”", 0.9))
    assert span.of(before.text) == before.text
    after = document("Boats lay idle. “There is no easy fix.” So said a mediator who left at dawn.")
    span, _ = in_context(sentence(after, "“There is no easy fix.”", 0.9))
    assert span.of(after.text) == "“There is no easy fix.” So said a mediator who left at dawn."
