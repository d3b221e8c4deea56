"""What a question asks for, by its form."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from rag.question.answer_type import answer_type_of, topic_of
from rag.question.comparison import ComparedEntities, compared_entities

TABLE = {
    "person": [
        "Who signed the harbour contract?", "Whom did the mayor replace?", "Whose boat sank?",
        "Which minister resigned over the ferry?", "According to the Gazette, who won?",
    ],
    "place": [
        "Where did the ferry run aground?", "In which city was the treaty signed?",
        "Which African country did she visit first?", "The flood destroyed bridges in what district?",
    ],
    "date": [
        "When does the museum open?", "On what date was the vote held?", "In which year was the dam built?",
        "What day did the strike begin?",
    ],
    "number": [
        "How many people were hurt?", "How much did the repair cost?", "What percentage of voters agreed?",
        "What was the turnout?", "What did the new pier cost?", "How old is the bridge?",
        "The two sides agreed on how many inspections?",
    ],
    "thing": [
        "Which company built the cranes?", "What did the judge recommend?",
        "What did the parties fail to settle when the talks broke down?", "Which airline cancelled the flights?",
    ],
    "list": [
        "Which two officials resigned?", "List the demands of the union.", "What are the demands of the union?",
        "Who were the members of the panel?", "Which ports were closed?", "Name the five islands.",
    ],
    "reason": [
        "Why did the board vote against it?", "What caused the blackout?", "How come nobody was told?",
        "What is the reason for the delay?", "What led to the resignation?",
    ],
    "manner": ["How did the crew reach the shore?", "In what way was the proposal worked out?"],
    "definition": [
        "What is a tariff?", "Who is Tamsin Orrock?", "What does ASEAN stand for?", "Define quorum.",
        "What is the meaning of the clause?",
    ],
    "comparison": [
        "What is the difference between the two plans?", "Compare the mayor and the governor.",
        "How do the unions differ from the company on pay?", "Lamp oil versus diesel: which is cheaper?",
    ],
    "summary": ["Summarise the dispute.", "What happened at the pier?", "Tell me about it.", "What is known?"],
    "timeline": [
        "What is the latest on the strike?", "What happened with the night boat?", "What happened since the vote?",
        "Give a timeline of the dispute.", "How did the dispute unfold?",
    ],
    "yes_no": ["Did the ferry sink?", "Is the bridge open?", "Will the minister resign?"],
    "statement": ["rare earth exports", "The ferry sank on Sunday.", "harbour strike talks"],
}  # fmt: skip


@pytest.mark.parametrize(("asked", "question"), [(asked, q) for asked, qs in TABLE.items() for q in qs])
def test_the_form_says_what_is_asked_for(asked: str, question: str) -> None:
    assert answer_type_of(question) == asked


@given(st.text(max_size=300))
def test_any_text_asks_for_something_in_the_table(text: str) -> None:
    assert answer_type_of(text) in TABLE


@pytest.mark.parametrize("part", ["What a ", "how is Who ", "which the two ", "A ", "what is the "])
def test_a_long_question_costs_no_more_than_its_length(part: str) -> None:
    question = (part * 2000)[:2000]
    started = time.process_time()
    answer_type_of(question)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What is the latest on the harbour strike?", "the harbour strike"),
        ("What's new with the cranes?", "the cranes"),
        ("What has happened to the night boat so far?", "the night boat"),
        ("What do we know about Ada Corle?", "Ada Corle"),
        ("Tell me about the museum.", "the museum"),
        ("Summarise the dispute", "the dispute"),
        ("Can you give me an overview of the vote?", "the vote"),
        ("Any news on the bridge this week?", "the bridge"),
        ("How did the dispute unfold?", "the dispute"),
        ("What happened on Friday?", ""),
        ("What is the latest?", ""),
        ("What happens to waste heat in a boiler?", ""),
        ("What did the mayor say about the strike?", ""),
        ("What does the captain know about the reef?", ""),
        ("What happened when the ferry left?", ""),
    ],
)
def test_an_overview_names_its_topic_and_nothing_that_is_asked_of_it(question: str, topic: str) -> None:
    assert topic_of(question) == topic
    assert not topic or answer_type_of(question) in ("summary", "timeline")


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("How do the mayor and the board differ on fares?", ComparedEntities("the mayor", "the board", "on fares")),
        ("How does Hask differ from Tolm?", ComparedEntities("Hask", "Tolm")),
        ("How does the board's figure compare with Ada Corle's?", ComparedEntities("the board", "Ada Corle", "figure")),
        ("What is the difference between the plan and the deal?", ComparedEntities("the plan", "the deal")),
        ("Compare the crews' and the owners' demands.", ComparedEntities("the crews", "the owners", "demands")),
        ("Lamp oil versus diesel: which is cheaper?", ComparedEntities("Lamp oil", "diesel: which is cheaper")),
        ("Compare them.", None),
        ("Which is larger?", None),
    ],
)
def test_a_comparison_has_two_sides(question: str, sides: ComparedEntities | None) -> None:
    assert compared_entities(question) == sides


@given(st.text(max_size=60))
def test_any_text_may_be_asked_for_its_topic_and_its_sides(text: str) -> None:
    assert topic_of(text) in text
    sides = compared_entities(text)
    assert sides is None or (sides.one in text and sides.other in text)
