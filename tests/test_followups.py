"""Follow-up questions of invented conversations, made to stand alone."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from rag.english.grammar import content_words
from rag.followups import standalone
from rag.question.question import Turn

TALKS = Turn(
    "Who leads the Chinese side at the talks in Kuala Lumpur?", "Vice premier He Lifeng leads the Chinese side. [1]"
)
CANDIDATES = Turn("Who are the candidates?", "The candidates are Maria Velez, Tomas Grau and Ida Lund. [1]")
BRANDT = Turn("Who is Lena Brandt?", "Lena Brandt heads the port authority.")
PIPELINE = Turn("Tell me about the Varde pipeline")
TYPHOON = Turn("Tell me about the typhoon in Luzon")
INFLATION = Turn("Tell me about inflation.")
STORM = Turn("Which islands did the storm hit?", "The storm hit Tolm and Hask on Friday. [1]")
AGREEMENT = Turn("What did Trump sign with Australia?", "Trump signed an agreement on critical minerals. [1]")
PIER = Turn("Who closed the north pier?", "The harbour council closed the north pier on Monday. [1]")

MEDIATOR = Turn(
    "Whom did the board ask to settle the row?",
    "ASHPORT, 3 May (Coastal Wire) - Minister Ada Corle on Monday [3 May 2027] asked Tomas Grau, a retired judge. [1]",
    "Tomas Grau",
)
ADVISER = Turn("Who is Lena Brandt?", "Lena Brandt, who once advised President Holm, heads the port authority. [1]")
FREIGHTER = Turn("Which ship left Ashport for Hask?", "The news reached the Amberjack off Hask. [1]", "the Amberjack")
DIESEL = Turn(
    "How much does a litre of diesel cost on Tolm during the strike?", "It costs 2.40 crowns. [1]", "2.40 crowns"
)

SHORT_ANSWERS = [
    ((MEDIATOR,), "How old is he?", "How old is Tomas Grau?"),
    ((replace(MEDIATOR, short_answer=""),), "How old is he?", "How old is Minister Ada Corle?"),
    ((ADVISER,), "What would help her?", "What would help Lena Brandt?"),
    ((FREIGHTER,), "How many containers did she carry?", "How many containers did the Amberjack carry?"),
    ((Turn("Tell me about the ferry Merriden."),), "Where was she built?", "Where was the ferry Merriden built?"),
    ((DIESEL,), "What was it before?", "How much did a litre of diesel cost on Tolm before?"),
    ((DIESEL,), "And what is it now?", "How much does a litre of diesel cost on Tolm now?"),
    ((DIESEL,), "And after the strike?", "How much does a litre of diesel cost on Tolm after the strike?"),
    ((Turn("How big was the fleet in 1998?"),), "What was it in 2005?", "How big was the fleet in 2005?"),
    ((PIPELINE,), "What was it before?", "What was the Varde pipeline before?"),
]  # fmt: skip

PRONOUNS = [
    ((PIPELINE,), "When will it open?", "When will the Varde pipeline open?"),
    ((PIPELINE,), "What are its risks?", "What are the Varde pipeline’s risks?"),
    ((TALKS,), "How old is he?", "How old is He Lifeng?"),
    ((BRANDT,), "When did she take office?", "When did Lena Brandt take office?"),
    ((Turn("What happened in the choir?", "Vera Lind sang in the choir. [1]"),), "Where does she live?",
     "Where does Vera Lind live?"),
    ((BRANDT,), "What is her salary?", "What is Lena Brandt’s salary?"),
    ((BRANDT, Turn("When did she take office?"), Turn("Who is Tomas Grau?")), "Did she hire him?",
     "Did Lena Brandt hire Tomas Grau?"),
    ((BRANDT, Turn("Who is Tomas Grau?")), "Where was he born?", "Where was Tomas Grau born?"),
    ((Turn("Who will meet in Malaysia?", "US and Chinese officials will meet in Malaysia this weekend."),),
     "When will they meet?", "When will US and Chinese officials meet?"),
    ((Turn("Who won the election in Norway?", "The Labour Party won the election."),), "By how much did they win?",
     "By how much did the Labour Party win?"),
    ((Turn("What is a wind farm?"),), "How much do they cost?", "How much do wind farms cost?"),
    ((Turn("What caused the blackout in Chile?", "A failed cable caused it."),), "How long did it last?",
     "How long did the blackout last?"),
    ((Turn("What did Angela Merkel say about the euro?"),), "What did she say about it later?",
     "What did Angela Merkel say about the euro later?"),
    ((Turn("Who runs Lantern Line?", "Corwin Maddery runs Lantern Line."), Turn("Why did he want new cranes?")),
     "When is he leaving?", "When is Corwin Maddery leaving?"),
    ((Turn("What is the Schengen area?"), Turn("Tell me about the euro.")), "Who uses it?", "Who uses the euro?"),
    ((AGREEMENT,), "What is it meant to achieve?", "What is the agreement meant to achieve?"),
    ((STORM,), "How did they recover?", "How did Tolm and Hask recover?"),
    ((Turn("Who led the Danish delegation?", "Mette Holm led it."),), "What about her deputy?",
     "What about Mette Holm’s deputy?"),
    ((Turn("Where was the agreement signed?", "In Geneva on 3 May."),), "Who was there?", "Who was in Geneva?"),
    ((TALKS,), "And who speaks for Washington there?",
     "And who speaks for Washington at the talks in Kuala Lumpur?"),
]  # fmt: skip

NOUNS = [
    ((Turn("What happened in Oslo?", "Leaders signed the Oslo treaty on Friday."),),
     "When does this treaty take effect?", "When does the Oslo treaty take effect?"),
    ((STORM,), "How many people live on these islands?", "How many people live on these islands (Tolm and Hask)?"),
    ((PIPELINE,), "Who is building the pipeline?", "Who is building the Varde pipeline?"),
    ((Turn("What did the board recommend?", "The board recommended second steering pumps."),),
     "How much will the pumps cost?", "How much will the second steering pumps cost?"),
    ((INFLATION,), "What are the main causes?", "What are the main causes of inflation?"),
    ((Turn("What is throat cancer?"), Turn("Tell me about lung cancer.")), "What are the symptoms?",
     "What are the symptoms of lung cancer?"),
    ((PIPELINE,), "Who are the main investors?", "Who are the main investors? (the Varde pipeline)"),
    ((PIPELINE,), "Are there any protests?", "Are there any protests? (the Varde pipeline)"),
    ((PIPELINE,), "How did Greenpeace react?", "How did Greenpeace react? (the Varde pipeline)"),
    ((CANDIDATES,), "Who is the first one?", "Who is the first one (Maria Velez)?"),
    ((CANDIDATES,), "What about the second?", "What about the second (Tomas Grau)?"),
    ((Turn("Between Oslo and Bergen, which port is busier?"),), "How big is the latter?",
     "How big is the latter (Bergen)?"),
]  # fmt: skip

FRAGMENTS = [
    ((AGREEMENT,), "And Japan?", "What did Trump sign with Japan?"),
    ((AGREEMENT,), "And with Japan?", "What did Trump sign with Japan?"),
    ((Turn("What is Germany's population?"),), "What about France?", "What is France's population?"),
    ((Turn("What is the population of Peru?"),), "And the capital?", "What is the capital of Peru?"),
    ((Turn("Who led the Danish delegation?"),), "And the Swedish delegation?", "Who led the Swedish delegation?"),
    ((Turn("Will Denmark buy new submarines?"),), "And Sweden?", "Will Sweden buy new submarines?"),
    ((Turn("Where did Emmanuel Macron travel in June?"),), "And in July?", "Where did Emmanuel Macron travel in July?"),
    ((Turn("What did the bank decide on Thursday?"),), "And in June?", "What did the bank decide in June?"),
    ((Turn("How big was the fleet in 1998?"),), "What about 2005?", "How big was the fleet in 2005?"),
    ((Turn("What was the biggest strike of the year?"),), "And the longest?",
     "What was the longest strike of the year?"),
    ((Turn("When did the council close the north pier?"),), "Why?", "Why did the council close the north pier?"),
    ((Turn("Will Denmark buy new submarines?"),), "When?", "When will Denmark buy new submarines?"),
    ((PIER,), "Why?", "Why? (closed the north pier)"),
    ((TYPHOON,), "Tell me more", "Tell me more about the typhoon."),
    ((TYPHOON,), "What happened next?", "What happened next? (the typhoon, Luzon)"),
    ((TYPHOON,), "How many died?", "How many died? (the typhoon, Luzon)"),
]  # fmt: skip

WHOLE = [
    "When did the ferry strike begin?",
    "How many people live in Iceland?",
    "What is a trade deficit?",
    "Who is Christine Lagarde?",
    "What did the government of Norway say about whaling?",
    "Did Angela Merkel say she would retire?",
    "Why is Volkswagen cutting its workforce in Saxony?",
    "Is it true that the Adler mill closed?",
    "How long does it take to build a frigate?",
    "Which countries signed the Oslo treaty?",
    "Are there elections in Portugal in May?",
    "What are the causes of the fire at the Adler mill?",
    "ferry strike Tolm wages",
    "Tell me about the drought in Spain.",
    "How did Germany and France vote when the treaty came before them?",
    "Where is the ship that left Hask on Friday?",
    "What does NATO say this year about cyber attacks?",
    "And when did the ferry strike on Tolm end?",
    "  What is  a trade deficit ?  ",
]


@pytest.mark.parametrize(("history", "question", "expected"), [*SHORT_ANSWERS, *PRONOUNS, *NOUNS, *FRAGMENTS])
def test_what_a_question_leans_on_is_put_in(history: tuple[Turn, ...], question: str, expected: str) -> None:
    assert standalone(question, history) == expected


@pytest.mark.parametrize("question", WHOLE)
@pytest.mark.parametrize("history", [(INFLATION,), (TALKS,), (BRANDT, PIER)], ids=["topic", "person", "two"])
def test_a_question_that_stands_alone_is_left_as_it_is(history: tuple[Turn, ...], question: str) -> None:
    assert standalone(question, history) == question


def test_a_new_topic_takes_the_place_of_the_old_one() -> None:
    history = [Turn("What is throat cancer?"), Turn("Is it treatable?"), Turn("Tell me about lung cancer.")]
    assert standalone("What are its symptoms?", history[:2]) == "What are throat cancer’s symptoms?"
    assert standalone("What are its symptoms?", history) == "What are lung cancer’s symptoms?"


def test_a_topic_is_carried_through_questions_that_lean_on_it() -> None:
    history = [PIPELINE, Turn("Who is building it?"), Turn("What are the risks?"), Turn("How long is it?")]
    assert standalone("When will it open?", history) == "When will the Varde pipeline open?"


def test_where_nothing_is_certain_the_last_question_follows_in_its_own_words() -> None:
    history = [Turn("What did Trump sign with Australia?")]
    expected = "What is it meant to achieve? (Trump sign with Australia)"
    assert standalone("What is it meant to achieve?", history) == expected


def test_capitals_and_apostrophes_are_kept() -> None:
    assert standalone("It's open?", [PIPELINE]) == "The Varde pipeline is open?"
    assert standalone("Are its owners’ names known?", [PIPELINE]) == "Are the Varde pipeline’s owners’ names known?"


def test_a_history_without_words_adds_nothing() -> None:
    assert standalone("When will it open?", [Turn("???"), Turn("")]) == "When will it open?"


def test_only_the_end_of_a_long_conversation_is_read() -> None:
    history = [Turn("Who is Lena Brandt? " * 200, "Lena Brandt heads the port authority. " * 2000)] * 500
    started = time.process_time()
    assert "Lena Brandt" in standalone("When did she take office?", history)
    assert time.process_time() - started < 1


TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            """what who when why and but the a this that it he she they its his there one ones first second about of in
            is did will Lena Brandt Tolm Oslo treaty causes largest strike talks closed it's don’t 2005 May ? , (
            ) -""".split()
        ),
        max_size=12,
    ).map(" ".join),
)  # fmt: skip
TURNS = st.lists(st.builds(Turn, TEXTS, TEXTS, TEXTS), max_size=4)


@given(TEXTS)
def test_without_a_history_nothing_changes(question: str) -> None:
    assert standalone(question, []) == question


@given(TEXTS, TURNS)
def test_any_text_is_taken_and_gives_the_same_result_again(question: str, history: list[Turn]) -> None:
    assert standalone(question, history) == standalone(question, list(history))


@given(TEXTS, TURNS)
def test_the_askers_words_are_kept(question: str, history: list[Turn]) -> None:
    kept = {word.casefold() for word in content_words(standalone(question, history))}
    # "It's" is a pronoun and a verb, and may become "the pipeline is".
    own = {word.casefold() for word in content_words(question) if not re.search("['’]", word)}
    assert own <= kept


@given(TEXTS, TURNS)
def test_nothing_is_invented(question: str, history: list[Turn]) -> None:
    said = " ".join([question, *(f"{turn.question} {turn.answer} {turn.short_answer}" for turn in history)]).casefold()
    for word in content_words(standalone(question, history)):
        # A possessive, a plural and a singular are the only forms that are made.
        stem = re.sub(r"(ies|y|s|['’]s?)$", "", word.casefold())
        assert stem in said
