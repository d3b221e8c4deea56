"""Test sets made from an archive by rule: each kind by example, and what must hold for every question."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner, Result

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Query
from eval.benchmarks.writing import write_folder
from eval.generation import KINDS, GeneratedTestSet, generate_test_set
from eval.generation.clauses import base_form, clause_of, trimmed
from eval.generation.corpus import ArticleCorpus, keyed
from eval.generation.decontextualise import is_standalone, well_known
from eval.generation.names import Names
from eval.generation.numbers import quantities_in
from eval.sample import DOSSIER
from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.errors import BenchmarkError
from index.loaders import discover, load
from index.search import Index
from rag.english.grammar import answer_key
from ui.cli import app

REVIEWED = Path(__file__).parent.parent / "eval" / "generation" / "reviewed.jsonl"

BRIDGE = Document(
    "Brannick Shipping has ordered three ferries from Osterholm. The ferries are for Brannick Shipping, said Lena "
    "Farrow. Lena Farrow, chief executive of Brannick Shipping, warned that Osterholm had built better hulls than "
    "Calder. In Norvik, Lena Farrow said little. Lena Farrow moved to Osterholm in 2019. She keeps two dogs there.",
    title="Ferries from Osterholm for the northern route", key="bridge", language="en", published=date(2024, 5, 13),
)  # fmt: skip
MUSEUM = Document(
    "A yard in Norvik is to be closed by Calder Lines. Two cranes of Calder Lines were sold in Norvik. "
    "People queued in Calder, said Tomas Reed. Tomas Reed, director of the Calder Museum Board, said the hall was "
    "full. A hall in Norvik was opened by the Calder Museum Board.",
    title="The hall that Norvik waited for", key="museum", language="en",
)  # fmt: skip
ARCHIVE = (BRIDGE, MUSEUM)


@pytest.fixture(scope="module")
def dossier() -> tuple[Document, ...]:
    """The packaged dossier as the index would read it."""
    return tuple(d for path in discover([DOSSIER]) if isinstance(path, Path) for d in load(path).documents)


@pytest.fixture(scope="module")
def made(dossier: tuple[Document, ...]) -> GeneratedTestSet:
    return generate_test_set(dossier, "dossier")


def queries(documents: Sequence[Document], kind: str) -> dict[str, Query]:
    """The questions of a kind by their text."""
    made = generate_test_set(documents, "test")
    return {query.text: query for query in made.benchmark.queries if query.metadata["type"] == kind}


# Each kind


def test_a_headline_asks_for_its_article_with_the_lead_as_evidence() -> None:
    asked = queries(ARCHIVE, "headline")
    query = asked["Ferries from Osterholm for the northern route"]
    (span,) = query.evidence
    assert query.answers is None
    assert BRIDGE.text[span.start : span.end] == "Brannick Shipping has ordered three ferries from Osterholm."


def test_a_headline_that_is_the_lead_verbatim_is_left_out() -> None:
    lead = Document("Norvik opens a hall for ships. It is full.", title="Norvik opens a hall for ships", key="a")
    made = generate_test_set([lead, BRIDGE], "test", kinds=["headline"])
    assert [query.text for query in made.benchmark.queries] == [BRIDGE.title]
    assert made.left["a headline that is the lead verbatim"] == 1


def test_an_outlet_at_the_end_of_headlines_is_no_part_of_the_query() -> None:
    titles = ["Norvik harbour fills with sand", "Calder mayor buys an old ferry"]
    pages = [Document(f"It was seen by all of {title[:6]}.", title=f"{title} - Post", key=title) for title in titles]
    made = generate_test_set(pages, "test", kinds=["headline"])
    assert {query.text for query in made.benchmark.queries} == set(titles)


def test_facts_are_asked_for_the_way_people_ask() -> None:
    asked = {text: query.answers for text, query in queries(ARCHIVE, "fact").items()}
    assert asked["How many ferries has Brannick Shipping ordered from Osterholm?"] == ("three", "three ferries")
    assert asked["Who is the chief executive of Brannick Shipping?"] == ("Lena Farrow",)
    assert asked["Who is the director of the Calder Museum Board?"] == ("Tomas Reed",)
    assert asked["When did Lena Farrow move to Osterholm?"] == ("2019", "in 2019")


def test_a_cloze_question_puts_the_question_word_in_the_place_of_the_name() -> None:
    asked = {text: query.answers for text, query in queries(ARCHIVE, "cloze").items()}
    assert asked["Who moved to Osterholm in 2019?"] == ("Lena Farrow",)
    assert asked["How many cranes of Calder Lines were sold in Norvik?"] == ("Two", "Two cranes")


def test_a_swapped_name_makes_a_question_that_the_archive_does_not_answer() -> None:
    asked = queries(ARCHIVE, "unanswerable")
    query = asked["How many ferries has Calder Lines ordered from Osterholm?"]
    assert query.answers == ()
    assert not query.evidence
    assert query.metadata["swapped"] == ["Brannick Shipping", "Calder Lines"]
    assert query.metadata["from"] == "How many ferries has Brannick Shipping ordered from Osterholm?"


def test_no_swap_where_the_archive_speaks_of_both() -> None:
    told = Document("From Osterholm too, Calder Lines ordered five ferries.", title="More ferries", key="told")
    asked = queries([*ARCHIVE, told], "unanswerable")
    assert "How many ferries has Calder Lines ordered from Osterholm?" not in asked


def test_a_question_with_two_answers_is_left_out() -> None:
    other = Document(
        "Norvik is ready, said Ruth Vane. Ruth Vane, chief executive of Brannick Shipping, was there.", key="other"
    )
    asked = queries([*ARCHIVE, other], "fact")
    assert "Who is the chief executive of Brannick Shipping?" not in asked
    left = generate_test_set([*ARCHIVE, other], "test").left
    assert left["a question that another sentence may answer otherwise"] >= 2


def test_copies_of_the_sentence_are_relevant_too() -> None:
    copy = Document(f"{BRIDGE.text} Norvik was not asked.", title="An agency on ferries and hulls", key="copy")
    made = generate_test_set([*ARCHIVE, copy], "test")
    query = next(q for q in made.benchmark.queries if q.text == "Who is the chief executive of Brannick Shipping?")
    assert made.benchmark.qrels[query.id] == {"bridge": 1, "copy": 1}


# What must hold for every question


def test_every_answer_stands_in_its_evidence_and_not_in_its_question(made: GeneratedTestSet) -> None:
    texts = {document.key: document.text for document in made.benchmark.documents}
    answered = [query for query in made.benchmark.queries if query.answers]
    assert len(answered) >= 10
    for query in answered:
        (span,) = query.evidence
        evidence = " ".join(texts[span.document][span.start : span.end].split())
        assert all(answer in evidence for answer in query.answers or ()), query
        assert f" {answer_key(query.answers[0])} " not in f" {answer_key(query.text)} ", query  # type: ignore[index]


def test_every_answerable_question_has_a_relevant_document_and_no_other_has(made: GeneratedTestSet) -> None:
    for query in made.benchmark.queries:
        assert (query.id in made.benchmark.qrels) is (query.answers != ())


def test_no_question_stands_twice(made: GeneratedTestSet) -> None:
    keys = Counter(answer_key(query.text) for query in made.benchmark.queries)
    assert set(keys.values()) == {1}
    assert len({query.id for query in made.benchmark.queries}) == len(made.benchmark.queries)


def test_every_question_but_a_headline_stands_alone(made: GeneratedTestSet, dossier: tuple[Document, ...]) -> None:
    corpus = ArticleCorpus(dossier)
    known = well_known([s.text for s in sentences] for sentences in corpus.by_document.values())
    for query in made.benchmark.queries:
        if query.metadata["type"] != "headline":
            assert query.text.endswith("?")
            assert is_standalone(query.text, owner=True, known=known), query.text


def test_what_is_written_opens_as_it_was_made(made: GeneratedTestSet, tmp_path: Path) -> None:
    write_folder(made.benchmark, tmp_path / "dossier")
    opened = open_benchmark(tmp_path / "dossier")
    assert opened.queries == made.benchmark.queries
    assert opened.qrels == made.benchmark.qrels
    assert [d.text for d in opened.documents] == [d.text for d in made.benchmark.documents]


def test_the_same_corpus_makes_the_same_bytes(dossier: tuple[Document, ...], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_folder(generate_test_set(dossier, "same", seed=3).benchmark, tmp_path / name)
    for file in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_seed_chooses_and_n_bounds_each_kind(dossier: tuple[Document, ...]) -> None:
    one, two = (generate_test_set(dossier, "d", n=5, seed=seed) for seed in (0, 1))
    assert max(one.counts.values()) == 5
    assert [query.text for query in one.benchmark.queries] != [query.text for query in two.benchmark.queries]
    assert one.left["more headline questions than were asked for"] > 10


def test_only_the_kinds_asked_for_are_made(dossier: tuple[Document, ...]) -> None:
    made = generate_test_set(dossier, "d", kinds=["fact"])
    assert {query.metadata["type"] for query in made.benchmark.queries} == {"fact"}
    assert list(made.counts) == ["fact"]


def test_the_reviewed_questions_are_the_ones_made_today(made: GeneratedTestSet) -> None:
    """Who changes a rule reads the questions that changed and records the verdict."""
    reviewed = [json.loads(line) for line in REVIEWED.read_text("utf-8").splitlines()]
    today = {q.text: (q.answers[0] if q.answers else None, q.metadata["type"]) for q in made.benchmark.queries}
    recorded = {line["question"]: (line["answer"], line["kind"]) for line in reviewed}
    assert {line["verdict"] for line in reviewed} <= {"right", "wrong"}
    assert all(line["reason"] for line in reviewed)
    changed = {text for text in today.keys() | recorded.keys() if today.get(text) != recorded.get(text)}
    assert not changed, f"read these again and record the verdict in {REVIEWED.name}: {sorted(changed)}"


# Parts


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("How many ferries has Brannick Shipping ordered?", True),
        ("How many ferries has it ordered?", False),
        ("Who resigned on Monday?", False),
        ("Who resigned on Monday 4 March?", True),
        ("Who bought the ferry Marigold?", True),
        ("Who bought the ferry?", False),
        ("Who closed the last yard in Calder?", True),
        ("How many people died in the fire last year?", False),
        ("Who said that the world was round?", True),
        ("Who called Norvik “a harbour”?", False),
    ],
)
def test_what_stands_alone(question: str, alone: bool) -> None:
    assert is_standalone(question) is alone


def test_a_possessive_may_stand_for_who_is_asked_for() -> None:
    assert not is_standalone("Who sold his boat in Norvik?")
    assert is_standalone("Who sold his boat in Norvik?", owner=True)


def test_what_most_articles_speak_of_is_known() -> None:
    assert well_known([["The strike is over."]] * 6 + [["The ice is thin."]]) == {"strike"}
    assert not well_known([["The company is old."]] * 6)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("It costs about 3.2 million crowns.", [("money", "3.2 million crowns")]),
        ("Prices rose by 8 per cent on 30 June.", [("percent", "8 per cent"), ("date", "30 June")]),
        ("Two hundred large ships left in 1994.", [("count", "Two hundred"), ("year", "1994")]),
        ("It opens at 6 a.m. on Sept. 4.", [("time", "6 a.m."), ("date", "Sept. 4")]),
        ("He waited seven years.", []),
    ],
)
def test_figures_are_found(sentence: str, found: list[tuple[str, str]]) -> None:
    assert [(quantity.kind, quantity.text) for quantity in quantities_in(sentence)] == found


@given(st.text())
def test_figures_slice_out_of_any_text(text: str) -> None:
    for quantity in quantities_in(text):
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.hedged <= quantity.start
        assert text[quantity.end :].startswith(f" {quantity.unit}" if quantity.unit else "")


@given(st.text())
def test_names_slice_out_of_any_text(text: str) -> None:
    for name in Names([text]).of(text):
        assert text[name.start : name.end] == name.text


@given(st.lists(st.text(min_size=1), max_size=3))
def test_any_text_makes_a_set_or_a_clear_error(texts: list[str]) -> None:
    documents = [Document(text, key=str(number)) for number, text in enumerate(texts)]
    try:
        made = generate_test_set(documents, "any")
    except BenchmarkError:
        return
    assert made.benchmark.queries


def test_a_clause_is_found_behind_an_apposition() -> None:
    sentence = "Lena Farrow, the head of Brannick Shipping, has moved to Norvik."
    statement = trimmed(sentence)
    clause = clause_of(statement, Names([sentence, "It was Lena Farrow."]).of(statement), lambda word: False)
    assert clause is not None
    assert (clause.subject, clause.auxiliary, clause.verb, clause.rest) == ("Lena Farrow", "has", "moved", "to Norvik")


@pytest.mark.parametrize(
    ("form", "base"), [("bought", "buy"), ("carried", "carry"), ("stopped", "stop"), ("zorbed", None)]
)
def test_base_forms(form: str, base: str | None) -> None:
    assert base_form(form) == base


def test_keys_are_unique_and_headlines_keep_their_article() -> None:
    parent = Document("A pier fell in Norvik.", source="/news/pier.txt")
    below = Document("More piers", kind="headline", parent=parent.id)
    again = Document("A pier rose in Norvik.", source="/old/pier.txt")
    made = keyed([parent, below, again, parent])
    assert [document.key for document in made] == ["pier", "pier-h1", f"pier-{again.id[:8]}"]
    assert made[1].parent == made[0].id


# Hostile input


def test_an_empty_corpus_is_an_error_that_says_so() -> None:
    with pytest.raises(BenchmarkError, match=r"no article in English to ask about \(no document\): add news articles"):
        generate_test_set([], "empty")


def test_other_languages_are_left_out_and_counted() -> None:
    german = Document("Der Rat der Stadt schloss am Montag den Pier. Die Arbeiten dauern bis Juni.", key="de")
    marked = Document("Le conseil a fermé la jetée lundi.", language="fr", key="fr")
    made = generate_test_set([german, marked, *ARCHIVE], "mixed")
    assert made.left["not in English"] == 2
    with pytest.raises(BenchmarkError, match="2 not in English"):
        generate_test_set([german, marked], "foreign")


def test_an_article_without_sentences_is_counted() -> None:
    blank = Document(" \n ", language="en", key="blank")
    assert generate_test_set([blank, *ARCHIVE], "x").left["an article without a sentence"] == 1


def test_nothing_to_ask_is_an_error_that_says_so() -> None:
    hot = Document("It was the day of the fair and it was as hot as it had been.", key="a")
    with pytest.raises(BenchmarkError, match="no question of the kinds fact could be made from 1 articles"):
        generate_test_set([hot], "x", kinds=["fact"])


# As it is typed


def dateline(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "make", *map(str, arguments)])


def test_the_command_writes_a_set_and_says_what_was_left_out(tmp_path: Path) -> None:
    result = dateline(DOSSIER, "-o", tmp_path / "set", "--n", 4)
    assert result.exit_code == 0, result.output
    assert re.search(r"wrote .*: 4 headline, 4 cloze, 4 fact, \d unanswerable; 54 documents", result.stdout)
    assert re.search(r"^ +\d+  a question that does not stand alone$", result.stdout, re.MULTILINE)
    assert len(open_benchmark(tmp_path / "set").queries) >= 12


def test_an_index_makes_the_same_questions_as_its_folder(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('embedder = "hashing"\n')
    with Index.create(tmp_path / "index", HashingEmbedder()) as index:
        index.add([DOSSIER])
    assert dateline(tmp_path / "index", "-o", tmp_path / "one", "--config", settings).exit_code == 0
    assert dateline(DOSSIER, "-o", tmp_path / "two").exit_code == 0
    assert (tmp_path / "one" / "queries.jsonl").read_bytes() == (tmp_path / "two" / "queries.jsonl").read_bytes()


def test_wrong_input_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("kept")
    assert "is there already" in dateline(DOSSIER, "-o", tmp_path / "full").stderr
    assert "there is no kind 'riddle'" in dateline(DOSSIER, "-o", tmp_path / "a", "--kinds", "riddle").stderr
    missing = dateline(tmp_path / "nowhere", "-o", tmp_path / "b")
    assert missing.exit_code == 2
    assert "there is no such file or folder" in missing.stderr
    assert "no article in English" in missing.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_a_file_that_cannot_be_read_is_named_and_skipped(tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    (news / "good.txt").write_text(f"{BRIDGE.title}\n\n{BRIDGE.text}\n")
    (news / "bad.bin").write_bytes(b"\x00\x01\x02")
    result = dateline(news, "-o", tmp_path / "set", "--kinds", "headline,fact")
    assert result.exit_code == 0, result.output
    assert "skipped" in result.stderr
    assert "bad.bin" in result.stderr
    assert set(KINDS) >= {query.metadata["type"] for query in open_benchmark(tmp_path / "set").queries}
