"""The questions of a run on its page: gold, answers and passages; and no text of a corpus can do anything there."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from made_runs import (
    CRACKS,
    MAYOR,
    PIER,
    REFUSED,
    WHEN,
    WHY,
    answered,
    bad,
    case,
    data_of,
    good,
    hostile,
    report,
    sections,
    text_of,
)  # fmt: skip
from test_render import ATTACKS

from eval.benchmarks.base import Query
from eval.html.outcomes import Outcome, outcome
from eval.html.page import render
from eval.html.passages import CITED, GOLD, passages_json, pieces
from eval.html.questions import worst_first
from eval.html.titled_runs import TitledRun, worst_by
from eval.metrics.base import Case

# Questions


@pytest.mark.parametrize(
    ("seen", "became"),
    [
        (None, Outcome.absent),
        (case(WHY, answered("cracks", 0.9)), Outcome.right),
        (case(WHEN, answered("Tuesday", 0.9)), Outcome.wrong),
        (case(WHY, REFUSED), Outcome.refused),
        (case(MAYOR, REFUSED), Outcome.rightly_refused),
        (case(MAYOR, answered("a crew", 0.9)), Outcome.wrong),
        (case(Query("q", "?"), answered("a crew", 0.9)), Outcome.answered),
        (case(WHY, None, error="too long"), Outcome.failed),
        (case(WHY, None, "ice", "pier"), Outcome.found),
        (case(WHY, None, "ice"), Outcome.missed),
        (case(MAYOR, None, "ice"), Outcome.ranked),
    ],
)
def test_a_question_has_an_outcome(seen: Case | None, became: Outcome) -> None:
    assert outcome(seen) == became


def test_the_worst_question_stands_first_and_the_surest_of_equal_ones() -> None:
    runs = [TitledRun("good", good())]
    assert worst_by(runs) == "F1"
    assert worst_first(runs, good().cases, "F1") == [1, 0, 2]
    assert worst_by([TitledRun("ranked", report(case(WHY, None, "ice", "pier")))]) == "nDCG@10"
    assert worst_by([TitledRun("nothing", report(case(MAYOR, None, "ice")))]) == ""
    equal = report(case(WHY, answered("age", 0.3)), case(WHEN, answered("Tuesday", 0.8)))
    assert worst_first([TitledRun("equal", equal)], equal.cases, "F1") == [1, 0]


def test_a_question_shows_its_gold_its_answer_and_its_scores() -> None:
    first, second, third = sections(render([good()], ["good"]))
    assert 'id="q1" data-type="when" data-o0="wrong" data-s0="0.0000"' in first
    said = text_of(second)
    assert "Acceptable answers cracks" in said
    assert f"Gold evidence {PIER[slice(*CRACKS)]} pier passage 1" in said
    assert "Relevant documents pier rank 1" in said
    assert "✓ right confidence 0.90" in said
    assert "[1]" in said
    assert "Answer recall 1" in said
    assert "search 2.0 ms · answer 30.0 ms" in said
    assert "none: the corpus has no answer" in text_of(third)


def test_several_runs_show_their_answers_side_by_side() -> None:
    page = render([good(), bad()], ["good", "bad"])
    (why,) = [section for section in sections(page) if 'id="q0"' in section]
    assert 'data-o0="right"' in why
    assert 'data-o1="wrong"' in why
    assert "good : passage 1, bad : passage 2" in text_of(why)
    assert re.findall(r'<p class="short"><bdi>(.*?)</bdi>', why) == ["cracks", "age"]


def test_a_failure_and_a_rewritten_question_are_told() -> None:
    failed = case(WHY, None, "ice", error="the question is too long")
    rewritten = case(WHEN, REFUSED, "ice")
    rewritten = replace(rewritten, row=replace(rewritten.row, asked="When was the north pier closed?"))
    said = text_of(render([report(failed, rewritten)], ["run"]))
    assert "! failed the question is too long" in said
    assert "Searched for: When was the north pier closed?" in said


def test_each_passage_text_is_kept_once() -> None:
    data = data_of(render([good(), bad()], ["good", "bad"]))
    assert [row[0] for row in data["passages"]] == ["pier", "ice"]
    assert data["passages"][0] == ["pier", "About pier", "Tidewater Post", "2025-03-04", PIER]
    assert data["found"]["0"][0][0][:3] == [0, 1.0, "dense 1 · read 1"]
    assert [hit[0] for hit in data["found"]["0"][1]] == [1, 0]


def test_evidence_and_citations_are_marked_by_their_characters() -> None:
    data = data_of(render([report(case(WHY, answered("x", 0.5, (0, CRACKS[0] + 9)), "pier"))], ["run"]))
    (hit,) = data["found"]["0"][0]
    start = CRACKS[0]
    assert hit[3] == [start, CITED, start + 9, CITED + GOLD, len(PIER), GOLD]


spans = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(spans, st.lists(spans, max_size=4), st.lists(spans, max_size=4))
def test_pieces_mark_exactly_the_characters_of_the_spans(
    place: tuple[int, int], gold: list[tuple[int, int]], cited: list[tuple[int, int]]
) -> None:
    start, end = min(place), max(place)
    made = pieces((start, end), gold, cited)
    kinds = {GOLD: gold, CITED: cited}
    expected = [
        sum(kind for kind, of in kinds.items() if any(low <= at < high for low, high in of)) for at in range(start, end)
    ]
    ends, marks = [0, *made[::2]], made[1::2]
    drawn = [mark for low, high, mark in zip(ends, ends[1:], marks, strict=False) for _ in range(low, high)]
    assert drawn == (expected if any(expected) else [])


# Hostile texts


TAGS = set(re.findall(r"<([a-z]\w*)", render([good(), bad()], ["good", "bad"])))


@pytest.mark.parametrize(
    "attack", [*ATTACKS, "</script><script>alert(1)</script>", "\x00\x07\x1b[31m\r\n\u2028 \ud800"]
)
def test_no_text_of_a_corpus_becomes_part_of_the_page(attack: str) -> None:
    page = render([hostile(attack), hostile(attack)], [attack, f"{attack}2"])
    page.encode("utf-8")
    written = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert set(re.findall(r"<([a-z]\w*)", written)) <= TAGS
    assert page.count("</script>") == 2
    assert page.count("<script") == 2
    assert data_of(page)["passages"][0][4] == attack.replace("\ud800", "?")


@given(st.text(min_size=1))
def test_no_text_can_leave_its_place_in_the_data(text: str) -> None:
    made = TitledRun("run", hostile(text))
    written = passages_json([made], made.report.cases)
    assert "<" not in written
    assert json.loads(written)["passages"][0][0] == text
