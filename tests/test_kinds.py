"""Whether an answer is of the kind that a question names, and what kind of place a name is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.embedders import open_embedder
from index.embedders.base import Embedder
from rag.english.places import kinds_of, place_kind
from rag.question.answer_type import noun_asked_for, without_options
from rag.readers.features import KIND_FEATURES, kind_rows


@pytest.fixture(scope="module")
def encoder() -> Embedder:
    return open_embedder()


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("Which airline bought the other?", "airline"),
        ("The minister flew to which African country?", "African country"),
        ("In which US state was he held?", "US state"),
        ("What type of ape was seen?", "ape"),
        ("Which university’s president resigned?", "university"),
        ("Which country updated its doctrine?", "country"),
        ("Who resigned?", ""),
        ("What happened?", ""),
        ("", ""),
    ],
)
def test_the_noun_behind_the_question_word(question: str, noun: str) -> None:
    assert noun_asked_for(question) == noun


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("Which of the following is in short supply?", "What is in short supply?"),
        ("Which one of these was left out?", "What was left out?"),
        ("Which of the following films won?", "Which films won?"),
        ("Which of the boats sank?", "Which of the boats sank?"),
    ],
)
def test_a_choice_that_is_not_given_is_left_out(question: str, plain: str) -> None:
    assert without_options(question) == plain


def test_places_go_by_their_kinds() -> None:
    assert kinds_of("Georgia") == {"country", "state"}
    assert kinds_of("the U.S.") == kinds_of("United States") == {"country"}
    assert "city" in kinds_of("Kuala Lumpur")
    assert kinds_of("Tamsin Orrock") == frozenset()
    assert place_kind("US state") == "state"
    assert place_kind("") is None


def test_answers_are_told_apart_by_the_kind_asked_for(encoder: Embedder) -> None:
    answers = ["Angola", "Joe Biden", "Wednesday"]
    rows = kind_rows(noun_asked_for("The president flew to which African country?"), answers, np.zeros(3), encoder)
    alike, listed, named = rows.T
    assert int(alike.argmax()) == 0
    assert listed.tolist() == [1, -1, -1]
    assert not named.any()


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ("In which month will the games begin?", [1, -1, -1]),
        ("In what year did the games begin?", [-1, -1, 1]),
        ("Which boat sank in July?", [0, 0, 0]),
    ],
)
def test_months_and_years_have_their_form(question: str, listed: list[float], encoder: Embedder) -> None:
    rows = kind_rows(noun_asked_for(question), ["July", "July 26", "1994"], np.zeros(3), encoder)
    assert rows[:, KIND_FEATURES.index("listed")].tolist() == listed


def test_an_answer_may_say_its_own_kind(encoder: Embedder) -> None:
    rows = kind_rows(noun_asked_for("Which airline was bought?"), ["Kestrel Airlines", "Kestrel"], np.zeros(2), encoder)
    assert rows[:, KIND_FEATURES.index("named")].tolist() == [1, 0]


def test_a_question_without_a_kind_says_nothing(encoder: Embedder) -> None:
    assert not kind_rows(noun_asked_for("Who resigned?"), ["the mayor"], np.zeros(1), encoder).any()
    assert kind_rows(noun_asked_for("Which boat sank?"), [], np.zeros(0), encoder).shape == (0, len(KIND_FEATURES))


def test_the_names_say_where_they_come_from() -> None:
    card = (Path(__file__).parent.parent / "rag" / "data" / "README.md").read_text("utf-8")
    assert "GeoNames" in card
