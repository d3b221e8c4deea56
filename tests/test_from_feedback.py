"""Readers' verdicts as a benchmark: what becomes of each, and that all of it can be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import ARCHIVE
from fakes import hit
from hypothesis import given, strategies as st
from typer.testing import CliRunner, Result

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark, EvidenceSpan, Query
from eval.benchmarks.writing import write_folder
from eval.generation.from_feedback import Conversion, convert, extend
from index.documents import Block, Document, Hit
from index.embedders.hashing import HashingEmbedder
from index.errors import BenchmarkError
from index.search import Index
from rag.feedback import Citation, Feedback, FeedbackFile, Kept
from rag.question.question import Turn
from ui.cli import app

PIER, ICE, FERRY, VOTE = ARCHIVE
WHEN = datetime(2025, 4, 1, 12, tzinfo=UTC)
RIGHT = Feedback(
    id="r", time=WHEN, question="How much ice a day?", standalone_question="How much ice a day?", answered=True,
    answer="It makes forty tonnes of ice a day. [1]", verdict="right", index_generation=1, confidence=0.9,
    short_answer="forty tonnes",
)  # fmt: skip
WRONG = replace(RIGHT, id="w", verdict="wrong")
REFUSED = replace(RIGHT, id="n", answered=False, answer="", short_answer=None)


def cited(document: Document, quote: str) -> Citation:
    start = document.text.index(quote)
    return Citation(document.id, start, start + len(quote), quote, document.sha256)


def span(document: Document, quote: str, *, of: str = "") -> EvidenceSpan:
    start = document.text.index(of or quote) + (of or quote).index(quote)
    return EvidenceSpan(document.id, start, start + len(quote))


def finding(*documents: Document) -> Callable[[str], Sequence[Hit]]:
    """A search that finds those documents, whatever is asked."""
    return lambda question: [hit(document) for document in documents]


def made(*records: Feedback, found: Sequence[Document] = (), archive: Sequence[Document] = ARCHIVE) -> Conversion:
    return convert(Kept(records), archive, finding(*found), "said")


def only(conversion: Conversion) -> Query:
    (query,) = conversion.benchmark.queries
    return query


def test_a_right_answer_is_acceptable_and_its_citations_are_the_evidence() -> None:
    quote = "It makes forty tonnes of ice a day."
    conversion = made(replace(RIGHT, citations=(cited(ICE, quote), cited(ICE, quote))))
    query = only(conversion)
    assert (query.id, query.text, query.answers) == ("r", "How much ice a day?", ("forty tonnes",))
    assert query.evidence == (span(ICE, quote),)
    assert conversion.benchmark.qrels == {"r": {ICE.id: 1}}
    assert conversion.counts == {"right, with its evidence": 1}


def test_a_right_answer_without_a_short_one_is_scored_by_its_evidence() -> None:
    conversion = made(replace(RIGHT, short_answer=None, citations=(cited(PIER, "Engineers had found cracks"),)))
    assert only(conversion).answers is None
    assert only(conversion).evidence == (span(PIER, "Engineers had found cracks"),)
    assert conversion.counts == {"right, no short answer: evidence only": 1}


def test_a_right_refusal_has_no_answer() -> None:
    conversion = made(replace(REFUSED, verdict="right"))
    assert only(conversion).answers == ()
    assert conversion.counts == {"right to refuse": 1}


def test_an_answer_that_should_have_been_a_refusal_has_no_answer_whatever_the_correction() -> None:
    conversion = made(replace(WRONG, reason="should_have_refused", correction="forty tonnes"), found=[ICE])
    assert (only(conversion).answers, only(conversion).evidence) == ((), ())
    assert conversion.counts == {"should have refused": 1}


def test_a_correction_is_found_in_a_passage_before_a_cited_document() -> None:
    record = replace(WRONG, correction="june", citations=(cited(ICE, "Fishing crews"),))
    assert made(record, found=[PIER]).counts == {"corrected, held by no document or by several": 1}  # not verbatim
    conversion = made(replace(record, correction="June"), found=[ICE, PIER])
    assert only(conversion).answers == ("June",)
    assert only(conversion).evidence == (span(PIER, "June"),)
    assert conversion.benchmark.qrels == {"w": {PIER.id: 1}}
    assert conversion.counts == {"corrected, with its evidence": 1}


def test_a_correction_is_found_in_a_cited_document_that_no_passage_shows() -> None:
    record = replace(WRONG, correction="fuel prices", citations=(cited(FERRY, "Ferry tickets"),))
    assert only(made(record, found=[PIER])).evidence == (span(FERRY, "fuel prices"),)


def test_a_correction_is_whole_words_with_any_space_between() -> None:
    wrapped = Document("The plant opened in\n May 2031.")
    record = replace(WRONG, correction=" in May\t2031 ")
    assert only(made(record, found=[wrapped], archive=[wrapped])).evidence == (span(wrapped, "in\n May 2031"),)
    part = replace(WRONG, correction="lant")
    assert only(made(part, found=[wrapped], archive=[wrapped])).evidence == ()


def test_a_correction_that_one_other_document_holds_is_a_judgement_without_a_place() -> None:
    conversion = made(replace(WRONG, correction="four pillars"), found=[ICE])
    assert only(conversion).evidence == ()
    assert conversion.benchmark.qrels == {"w": {PIER.id: 1}}
    assert conversion.counts == {"corrected, held by one document": 1}


@pytest.mark.parametrize("correction", ["nowhere at all", "Council to vote", "council"])
def test_a_correction_that_none_or_several_hold_is_an_answer_alone(correction: str) -> None:
    twice = [*ARCHIVE, replace(VOTE, key="again")]
    conversion = made(replace(WRONG, correction=correction), archive=[*twice, replace(PIER, key="copy")])
    assert only(conversion).answers == (correction,)
    assert conversion.benchmark.qrels == {}
    assert conversion.counts == {"corrected, held by no document or by several": 1}


@pytest.mark.parametrize(
    ("record", "fate"),
    [
        (WRONG, "left out: wrong without a correction"),
        (replace(WRONG, reason="outdated", correction=" \n"), "left out: wrong without a correction"),
        (replace(REFUSED, verdict="wrong"), "left out: wrong without a correction"),
        (replace(RIGHT, citations=(Citation("gone", 0, 3, "abc", "0" * 64),)), "left out: what it cites is gone"),
        (replace(RIGHT, citations=(Citation(ICE.id, 0, 3, "Foo", ICE.sha256),)), "left out: what it cites is gone"),
        (replace(RIGHT, short_answer=" "), "left out: neither a short answer nor a citation"),
    ],
)
def test_what_cannot_be_scored_is_left_out_and_counted(record: Feedback, fate: str) -> None:
    conversion = made(record)
    assert conversion.benchmark.queries == ()
    assert conversion.counts == {fate: 1}


def test_a_document_with_the_same_text_stands_in_for_one_that_has_gone() -> None:
    moved = replace(ICE, outlet="Harbour Gazette")
    assert moved.id != ICE.id
    conversion = made(replace(RIGHT, citations=(cited(ICE, "forty tonnes"),)), archive=[moved])
    assert only(conversion).evidence == (span(moved, "forty tonnes"),)


def test_a_followup_keeps_its_conversation() -> None:
    history = (Turn("Is there an ice plant?", "Yes. [1]"), Turn(" ", ""))
    query = only(made(replace(RIGHT, question="And how much?", history=history)))
    assert (query.text, query.history) == ("And how much?", ("Is there an ice plant?",))
    assert query.rewrite == "How much ice a day?"


def test_of_equally_many_verdicts_the_last_one_counts_and_a_contradiction_is_told() -> None:
    other = replace(WRONG, standalone_question="how MUCH  ice a day?", correction="fifty tonnes")
    conversion = made(RIGHT, other)
    assert only(conversion).answers == ("fifty tonnes",)
    assert only(conversion).metadata["votes"] == "1 of 2"
    assert conversion.counts == {
        "corrected, held by no document or by several": 1, "outvoted by other verdicts on the same question": 1,
    }  # fmt: skip
    assert conversion.conflicts == ("'how MUCH  ice a day?': what w said counts, and r said otherwise",)


def test_e8c_what_most_verdicts_say_counts_and_not_what_comes_last() -> None:
    agreeing = [replace(RIGHT, id=f"r{n}", short_answer="Forty  tonnes") for n in range(3)]
    corrected = replace(WRONG, id="c", short_answer="four tonnes", correction="forty tonnes")
    stranger = [replace(WRONG, id=f"s{n}", correction="nothing at all") for n in range(3)]
    conversion = made(*agreeing, corrected, *stranger)
    assert only(conversion).answers == ("forty tonnes",)
    assert only(conversion).metadata["votes"] == "4 of 7"
    assert conversion.counts["agrees with another verdict on the same question"] == 3
    assert conversion.counts["outvoted by other verdicts on the same question"] == 3
    assert conversion.conflicts == (
        "'How much ice a day?': what r0, r1, r2, c said counts, and s0, s1, s2 said otherwise",
    )


def test_verdicts_that_agree_are_no_contradiction() -> None:
    corrected = replace(WRONG, short_answer="four tonnes", correction="Forty tonnes")
    not_that = replace(WRONG, id="x", short_answer="four tonnes")
    assert made(corrected, not_that, RIGHT).conflicts == ()
    assert made(replace(not_that, short_answer="forty tonnes"), RIGHT).conflicts != ()


def test_a_changed_verdict_is_no_contradiction() -> None:
    conversion = made(WRONG, replace(RIGHT, id="w"))
    assert conversion.conflicts == ()
    assert conversion.counts == {"right, nothing cited": 1, "replaced by a later version of the same verdict": 1}


def test_an_index_without_documents_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match="holds no document"):
        made(RIGHT, archive=[])


def test_the_corpus_is_read_back_with_its_headlines(tmp_path: Path) -> None:
    beside = replace(VOTE, parent=PIER.id, metadata={"page": 3})
    blocks = (Block(0, 45, "heading"), Block(46, 77, "body"))
    ice = replace(ICE, authors=("Ines Vale", " "), blocks=blocks, title_derived=True)
    conversion = made(RIGHT, archive=[beside, PIER, ice])
    write_folder(conversion.benchmark, tmp_path / "said")
    opened = open_benchmark(tmp_path / "said")
    assert opened.documents == conversion.benchmark.documents
    headline, pier, read = opened.documents
    assert headline.parent == pier.id
    assert (read.authors, read.blocks, read.title_derived) == (("Ines Vale",), blocks, True)
    assert (pier.key, pier.text, pier.published) == (PIER.id, PIER.text, PIER.published)


def test_a_benchmark_made_earlier_is_taken_over(tmp_path: Path) -> None:
    old = made(RIGHT, replace(REFUSED, verdict="right", standalone_question="Who sang?"), archive=[ICE, PIER]).benchmark
    new = made(replace(WRONG, correction="eight per cent"), archive=[FERRY, PIER]).benchmark
    both = extend(old, new)
    assert [query.id for query in both.queries] == ["n", "w"]  # both "r" and "w" are about the ice
    assert {document.key for document in both.documents} == {ICE.id, PIER.id, FERRY.id}
    assert both.qrels == {"w": {FERRY.id: 1}}
    write_folder(both, tmp_path / "both")
    assert open_benchmark(tmp_path / "both").queries == both.queries


def test_a_benchmark_of_something_else_is_not_taken_over() -> None:
    foreign = Benchmark("harbour", (PIER,), (Query("q1", "Who?"),), {}, "")
    with pytest.raises(BenchmarkError, match="'q1' of harbour was not made of feedback"):
        extend(foreign, made(RIGHT).benchmark)


words = st.text(max_size=30)
questions = st.sampled_from(["Who?", "who? ", "When\tthen?", "\u2028 \x00 ${x} [1]", "x" * 2000])
places = st.builds(
    lambda document, start, length: Citation(
        document.id, start, start + length, document.text[start : start + length], document.sha256
    ),
    st.sampled_from(ARCHIVE), st.integers(0, 20), st.integers(1, 300),
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> Feedback:
    answered = draw(st.booleans())
    wrong = draw(st.booleans())
    fitting: list[Any] = [None, "other", "should_have_refused" if answered else "should_have_answered"]
    return Feedback(
        id=draw(st.from_regex(r"[0-9A-Za-z_-]{1,3}", fullmatch=True)), time=WHEN, question=draw(questions),
        standalone_question=draw(questions), answered=answered, answer=draw(words),
        verdict="wrong" if wrong else "right", index_generation=0, confidence=draw(st.floats(0, 1)),
        short_answer=draw(st.none() | words), history=tuple(Turn(q) for q in draw(st.lists(words, max_size=2))),
        citations=tuple(draw(st.lists(places, max_size=3))), reason=draw(st.sampled_from(fitting)) if wrong else None,
        correction=draw(words | st.sampled_from(["June", "ice", "(", ".*"])) if wrong else "",
    )  # fmt: skip


@given(st.lists(records(), max_size=8))
def test_every_case_that_is_made_can_be_opened(said: list[Feedback]) -> None:
    conversion = made(*said, found=[PIER, VOTE])
    assert sum(conversion.counts.values()) == len(said)
    if not conversion.benchmark.queries:
        return
    with TemporaryDirectory() as folder:
        write_folder(conversion.benchmark, Path(folder) / "said")
        opened = open_benchmark(Path(folder) / "said")
    assert opened.queries == conversion.benchmark.queries
    assert opened.qrels == conversion.benchmark.qrels
    assert opened.documents == conversion.benchmark.documents


# As it is typed


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with an index of the archive, two verdicts on it, and settings that name the embedder for tests."""
    with Index.create(tmp_path / "index", HashingEmbedder()) as index:
        index.add_documents(ARCHIVE)
    file = FeedbackFile(tmp_path / "index" / "feedback.jsonl")
    file.append(replace(RIGHT, citations=(cited(ICE, "It makes forty tonnes of ice a day."),)))
    file.append(replace(REFUSED, verdict="wrong", standalone_question="When will the pier reopen?", correction="June"))
    (tmp_path / "settings.toml").write_text('embedder = "hashing"\n')
    return tmp_path


def from_feedback(desk: Path, *arguments: object) -> Result:
    fixed = ["--index", desk / "index", "--config", desk / "settings.toml"]
    return CliRunner().invoke(app, ["eval", "from-feedback", *map(str, [*arguments, *fixed])])


def test_the_command_makes_a_benchmark_that_a_run_can_score(desk: Path) -> None:
    result = from_feedback(desk, "-o", desk / "said")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "1  right, with its evidence" in result.stdout
    assert "1  corrected, with its evidence" in result.stdout
    assert "2  records, and 0 lines that are none" in result.stdout
    assert f"{desk / 'said'}: 2 questions over 4 documents" in result.stdout
    run = CliRunner().invoke(app, ["eval", "run", str(desk / "said"), "--config", str(desk / "settings.toml")])
    assert run.exit_code == 0, run.output
    assert "said: 2 questions over 4 documents" in run.stdout


def test_a_torn_line_and_a_contradiction_are_told_beside_the_counts(desk: Path) -> None:
    file = FeedbackFile(desk / "elsewhere.jsonl")
    file.append(RIGHT)
    file.append(replace(WRONG, correction="fifty"))
    with file.path.open("ab") as torn:
        torn.write(b'{"id": "x"')
    result = from_feedback(desk, file.path, "-o", desk / "said")
    assert result.exit_code == 0, result.output
    assert "elsewhere.jsonl:3: " in result.stderr
    assert "what w said counts, and r said otherwise" in result.stderr
    assert "2  records, and 1 lines that are none" in result.stdout


def test_nothing_is_written_where_no_case_comes_of_it(desk: Path) -> None:
    file = FeedbackFile(desk / "elsewhere.jsonl")
    file.append(WRONG)
    result = from_feedback(desk, file.path, "-o", desk / "said")
    assert result.exit_code == 3
    assert "1  left out: wrong without a correction" in result.stdout
    assert "nothing was written" in result.stderr
    assert not (desk / "said").exists()


def test_cases_made_earlier_are_added(desk: Path) -> None:
    assert from_feedback(desk, "-o", desk / "first").exit_code == 0
    later = FeedbackFile(desk / "later.jsonl")
    later.append(replace(REFUSED, id="z", verdict="right", standalone_question="Who sang?"))
    result = from_feedback(desk, later.path, "-o", desk / "both", "--add-to", desk / "first")
    assert result.exit_code == 0, result.output
    assert [query.id for query in open_benchmark(desk / "both").queries] == ["r", "n", "z"]


def test_what_is_there_is_never_overwritten(desk: Path) -> None:
    (desk / "said").mkdir()
    (desk / "said" / "mine.txt").write_text("mine")
    result = from_feedback(desk, "-o", desk / "said")
    assert result.exit_code == 2
    assert "is there already" in result.stderr


def test_a_file_that_is_not_there_is_named(desk: Path) -> None:
    result = from_feedback(desk, desk / "nowhere.jsonl", "-o", desk / "said")
    assert result.exit_code == 2
    assert "cannot read feedback from" in result.stderr
