"""Example questions of an archive: each is answered by the document that it was made from, and kept for a while."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fakes import answer_quoting, refusal
from typer.testing import CliRunner

from eval.generation.examples import Example, Examples, examples
from eval.sample import DOSSIER
from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.search import Index
from rag.answer import Answer
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.config import Settings
from ui.cli import app
from ui.web.page.examples import EXAMPLES_FILE, example_questions

WANTED = 4


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerChain]:
    """The default chain over the sample dossier."""
    with Index.create(tmp_path_factory.mktemp("examples") / "index", HashingEmbedder()) as index:
        index.add([DOSSIER])
        yield build_chain(index, Settings())


@pytest.fixture(scope="module")
def found(chain: AnswerChain) -> Examples:
    return examples(chain, WANTED)


@dataclass
class Shelf:
    """An archive that is only read, and says what was read of it."""

    stored: dict[str, Document]
    read: list[str] = field(default_factory=list)

    def articles(self) -> list[str]:
        return list(self.stored)

    def documents(self, ids: Sequence[str] | None = None) -> Iterable[Document]:
        self.read += ids or ()
        return [self.stored[id] for id in ids or ()]


@dataclass
class Answering:
    """Answers each question with what `respond` gives."""

    index: Shelf
    respond: Callable[[str], Answer]
    asked: list[str] = field(default_factory=list)

    def answer(self, question: str) -> Answer:
        self.asked.append(question)
        return self.respond(question)


TOWNS = "Aldervik Brunholt Castell Dunmarsh Ekenes Fallow Grimsund Holmby Istad Jorvik".split()
SELLERS = "Shipyard Dairy Quarry Brewery Foundry Bakery Sawmill Tannery Orchard Brickworks".split()
THINGS = "boats cheeses slabs barrels bells loaves planks saddles apples tiles".split()
MONTHS = "January February March April June July August".split()


def shelf(count: int) -> Shelf:
    """At most a hundred articles, each of which allows a question that is unlike the others."""
    documents = [
        Document(
            f"{TOWNS[n // 10]} {SELLERS[n % 10]} sold {n + 20} {THINGS[(n + n // 10) % 10]} in {MONTHS[n % 7]}. "
            "The harbour was calm and nobody came to see them go.",
            key=f"d{n}", language="en",
        )
        for n in range(count)
    ]  # fmt: skip
    return Shelf({document.id: document for document in documents})


# What is found


def test_each_question_is_answered_from_the_document_that_it_was_made_from(chain: AnswerChain, found: Examples) -> None:
    assert (len(found.found), found.out_of_time) == (WANTED, False)
    assert WANTED <= found.asked <= 4 * WANTED
    for example in found.found:
        answer = chain.answer(example.question)
        quotes = [source.quote for source in answer.sources if source.document.id == example.document]
        assert answer.answered
        assert any(example.answer in " ".join(quote.split()) for quote in quotes)


def test_no_question_holds_its_answer_and_none_comes_twice(found: Examples) -> None:
    assert not [example for example in found.found if example.answer in example.question]
    assert len({example.question for example in found.found}) == WANTED


def test_the_seed_decides_which(chain: AnswerChain, found: Examples) -> None:
    assert examples(chain, WANTED) == found
    assert examples(chain, WANTED, seed=3).found != found.found
    assert examples(chain, 2).found == found.found[:2]


def test_a_refusal_and_a_source_elsewhere_are_no_examples() -> None:
    archive = shelf(12)
    other = Document("Nobody knows how many boats they sold: 20 or 21, 22, 23, 24, 25, 26, 27, 28, 29, 30 or 31.")
    refusing = Answering(archive, refusal)
    assert examples(refusing, 2) == Examples((), 8)
    elsewhere = Answering(archive, lambda question: answer_quoting(question, (other, other.text)))
    assert examples(elsewhere, 2) == Examples((), 8)
    assert len(refusing.asked) == len(elsewhere.asked) == 8


def test_a_quote_of_the_document_without_the_answer_is_no_example() -> None:
    archive = shelf(12)

    def respond(question: str, words: str) -> Answer:
        quotes = [(d, next(part for part in d.text.split(". ") if words in part)) for d in archive.stored.values()]
        return answer_quoting(question, *quotes)

    assert not examples(Answering(archive, lambda question: respond(question, "calm")), 2).found
    assert len(examples(Answering(archive, lambda question: respond(question, "sold")), 2).found) == 2


def test_a_sentence_gives_one_question() -> None:
    archive = shelf(12)

    def respond(question: str) -> Answer:
        return answer_quoting(question, *((document, document.text) for document in archive.stored.values()))

    made = examples(Answering(archive, respond), 50)
    assert len(made.found) == made.asked == 12
    assert {example.document for example in made.found} == archive.stored.keys()


def test_an_answer_that_was_not_given_is_no_example() -> None:
    archive = shelf(12)

    def respond(question: str) -> Answer:
        quotes = [(document, document.text) for document in archive.stored.values()]
        return replace(answer_quoting(question, *quotes), answered=False)

    assert not examples(Answering(archive, respond), 2).found


def test_when_time_runs_out_what_was_found_is_given() -> None:
    archive = shelf(100)
    ticks = iter(range(1_000))

    def respond(question: str) -> Answer:
        return answer_quoting(question, *((document, document.text) for document in archive.stored.values()))

    answering = Answering(archive, respond)
    made = examples(answering, 50, seconds=5, clock=lambda: float(next(ticks)))
    assert made.out_of_time
    assert 0 < len(made.found) == made.asked < 5
    # Of the hundred articles one portion was read.
    assert len(archive.read) == 40


def test_no_more_articles_are_read_than_the_questions_take() -> None:
    archive = shelf(100)

    def respond(question: str) -> Answer:
        return answer_quoting(question, *((document, document.text) for document in archive.stored.values()))

    assert len(examples(Answering(archive, respond), 3).found) == 3
    assert len(archive.read) == 40
    # Another seed begins with other articles.
    examples(Answering(archive, respond), 3, seed=1)
    assert set(archive.read[:40]) != set(archive.read[40:])


def test_an_archive_in_another_language_has_no_examples() -> None:
    document = Document("Havnen i Aldervik blev lukket mandag, siger havnefogeden.", language="da")
    assert examples(Answering(Shelf({document.id: document}), refusal), 3) == Examples()
    assert examples(Answering(Shelf({}), refusal), 3) == Examples()


# What is kept

ONE = Example("Who lit the lamp?", "Ada Lund", "id", "The lamp")


@dataclass
class Looking:
    """Finds the same, and counts how often it was asked to."""

    found: Examples = field(default_factory=lambda: Examples((ONE, replace(ONE, question="Who left?")), 3))
    times: int = 0

    def __call__(self) -> Examples:
        self.times += 1
        return self.found


def test_what_was_found_is_kept_for_a_generation_a_seed_and_the_settings(tmp_path: Path) -> None:
    settings, look = Settings(index=tmp_path), Looking()
    first = example_questions(settings, 1, 2, look)
    assert first == look.found
    assert example_questions(settings, 1, 2, look) == first
    assert example_questions(settings, 1, 1, look) == Examples((ONE,), 3)
    assert look.times == 1
    example_questions(settings, 2, 2, look)
    example_questions(settings, 2, 2, look, seed=1)
    example_questions(Settings(index=tmp_path, threshold=0.9), 2, 2, look, seed=1)
    assert look.times == 4
    example_questions(Settings(index=tmp_path, threshold=0.9), 2, 3, look, seed=1)
    assert look.times == 5


def test_what_time_cut_short_is_not_kept(tmp_path: Path) -> None:
    look = Looking(Examples((ONE,), 1, out_of_time=True))
    for _ in range(2):
        assert example_questions(Settings(index=tmp_path), 1, 2, look).out_of_time
    assert look.times == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: text[:-20],
        lambda text: text.replace('"found"', '"lost"'),
        lambda text: text.replace('"answer"', '"reply"'),
        lambda text: text.replace('"Ada Lund"', "7"),
        lambda text: text.replace('"wanted": 2', '"wanted": "many"'),
    ],
)
def test_a_kept_file_that_is_damaged_is_made_anew(tmp_path: Path, damage: Callable[[str], str]) -> None:
    settings, look, file = Settings(index=tmp_path), Looking(), tmp_path / EXAMPLES_FILE
    example_questions(settings, 1, 2, look)
    whole = file.read_text("utf-8")
    file.write_text(damage(whole), "utf-8")
    assert file.read_text("utf-8") != whole
    assert example_questions(settings, 1, 2, look) == look.found
    assert (look.times, file.read_text("utf-8")) == (2, whole)


def test_a_folder_that_takes_no_file_is_no_error(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "nowhere")
    assert example_questions(settings, 1, 2, Looking()) == Looking().found


def test_the_command_prints_questions_with_their_documents(tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text(
        "Lighthouse lit again\n\nKeeper Ansel Brandt lit the Castell lighthouse on Friday, the harbour board said. "
        "Oda Lindqvist, director of the Castell Harbour Board, said that the lamp guides every boat in the strait. "
        "The Castell Harbour Board paid 240,000 crowns for the repair in March 2025.\n"
    )
    index = ["--index", str(tmp_path / "index")]
    assert CliRunner().invoke(app, ["index", "add", str(story), *index]).exit_code == 0
    done = CliRunner().invoke(app, ["index", "info", "--questions", "3", *index])
    assert done.exit_code == 0, done.output
    assert "Questions that it answers:\n" in done.stdout
    question = "Which board paid 240,000 crowns for the repair in March 2025?"
    assert f"  {question}\n    Castell Harbour Board (Lighthouse lit again)\n" in done.stdout
    told = json.loads(CliRunner().invoke(app, ["index", "info", "--questions", "3", "--json", *index]).stdout)
    (listed,) = json.loads(CliRunner().invoke(app, ["index", "list", "--json", *index]).stdout)
    assert {example["document"] for example in told["questions"]["found"]} == {listed["document"]}
