"""Sentence spans: offsets are characters, nothing is lost, news writing is understood."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, strategies as st

from index.sentences import sentence_spans


def sentences(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in sentence_spans(text, language=language)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Ferry sales hit $8.5bn.", "Fuel fell to 1.2 crowns."],
        ["He lives in the U.S.", "The talks failed."],
        ["U.S. Treasury officials met Mr. He Lifeng and Dr. Roe.", "Sen. Smith stayed away."],
        ["Gov. Ann Poe and Lt. Gov. Bob Doe spoke.", "Nobody listened."],
        ["“We won,” he said.", "“It was close.”", "Then he left."],
        ["“I said no.”", "He left."],
        ["“There is no time.", "We leave now.”"],
        ["“Why?” she asked.", "“No!” shouted Roe."],
        ["The talks ended (they began on Monday.)", "Then he left."],
        ["The show began at 7 p.m. Monday.", "It ended at 9 p.m. GMT."],
        ["It cost $3m.", "iPhone sales rose.", "Yahoo! shares fell."],
        ["Visit www.example.com for more.", "Ask at the door."],
        ["1. The first plan.", "2. The second plan."],
    ],
    ids=lambda expected: expected[0],
)
def test_news_writing(expected: list[str]) -> None:
    found = sentences(" ".join(expected))
    # A sentence inside a quotation may stand alone or stay with the next one.
    if expected[0].startswith("“There is no time"):
        assert " ".join(found) == " ".join(expected)
    else:
        assert found == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["😀 The “pier” closed.", "👩‍👩‍👧 came.", "Cafe\u0301 owners left."],
        ["码头周一关闭。", "没有人受伤。"],
        ["أغلق الرصيف يوم الاثنين.", "هل أصيب أحد؟", "لا."],
        ["घाट सोमवार को बंद हुआ।", "कोई घायल नहीं हुआ।"],
        ["\U0001f6a2\U0001f6a2 sail.", "𝔉erries too."],
    ],
    ids=["emoji", "Chinese", "Arabic", "Hindi", "astral"],
)
def test_offsets_are_characters(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_a_paragraph_ends_a_sentence() -> None:
    assert sentences("The pier closed\nNobody was hurt.\n\nMore to come") == [
        "The pier closed", "Nobody was hurt.", "More to come",
    ]  # fmt: skip


def test_a_wrapped_sentence_stays_whole() -> None:
    text = (
        "The harbour council closed the north pier on Monday after engineers\n"
        "had found cracks in four of its pillars. Repairs will take until\n"
        "June, the head of the works said.\n"
    )
    first, second = sentences(text)
    assert first.endswith("pillars.")
    assert second == "Repairs will take until\nJune, the head of the works said."


def test_only_the_asked_part() -> None:
    text = "First one. Second one. Third one."
    assert [span.of(text) for span in sentence_spans(text, 11, 22)] == ["Second one."]


@pytest.mark.parametrize("language", ["en", "EN-gb", "", "zz", "de", "zh"])
def test_any_language_code_is_taken(language: str) -> None:
    assert sentences("One is here. Two is there.", language) == ["One is here.", "Two is there."]


def test_texts_without_capitals_are_cut_too() -> None:
    assert sentences("the pier closed. nobody was hurt. it rained.") == [
        "the pier closed.", "nobody was hurt.", "it rained.",
    ]  # fmt: skip


TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.sampled_from("aB1 .!?“”\"'()\n\r\u2028\u3000。😀\u200d\u0301\ud800-"), max_size=400),
    st.lists(st.sampled_from(["Mr. ", "U.S. ", "no. ", "He left. ", "“Go.” ", "7 p.m. ", "\n", "a ", "1. "])).map(
        "".join
    ),
)


@given(TEXTS, st.integers(0, 50))
@example("“a. " * 1500, 0)
@example("no stop " * 1000, 3)
def test_spans_are_ordered_stripped_and_leave_nothing_out(text: str, start: int) -> None:
    start = min(start, len(text))
    spans = sentence_spans(text, start)
    last = start
    for span in spans:
        assert last <= span.start < span.end
        assert not text[last : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        last = span.end
    assert not text[last:].strip()


@pytest.mark.parametrize("unit", ["x", "word ", "“a", "«", "Mr. ", "(a.) B", "\n", "word. "])
def test_time_is_linear(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    sentence_spans(text)
    assert time.process_time() - start < 6
