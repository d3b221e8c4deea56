"""From question to answer: every sentence is cited to the character, and what is not there is said not to be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from conftest import ARCHIVE
from hypothesis import given, strategies as st

from index.documents import Document, Filters, Hit, Passage, Span
from index.embedders import open_embedder
from index.errors import ConfigError, QuestionError
from index.search import Index
from rag.answer import Answer
from rag.answerers import ANSWERERS
from rag.answerers.base import Answerer
from rag.answerers.extractive import AnswerLimits, ExtractiveAnswerer
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.citations import Numbering, marked
from rag.config import Settings
from rag.followups import standalone
from rag.question.question import MAX_CHARACTERS, Question, Turn
from rag.question.understanding import understand
from rag.readers.base import Evidence, Reading
from rag.refusal import why_not
from rag.retrieval import spread_over_texts


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerChain]:
    """The default chain over the tiny archive."""
    with Index.create(tmp_path_factory.mktemp("rag") / "i", open_embedder()) as index:
        index.add_documents(ARCHIVE)
        yield build_chain(index, Settings())


def assert_cited(answer: Answer) -> None:
    """The first promise: slicing the stored text at a source's offsets gives the quote, and every mark has a source."""
    assert answer.sentences
    numbers = {source.n for source in answer.sources}
    assert numbers == set(range(1, len(answer.sources) + 1))
    for source in answer.sources:
        assert source.document.text[source.start : source.end] == source.quote
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= numbers
        assert answer.sources[sentence.citations[0] - 1].quote == sentence.text


def test_a_fact_is_answered_by_the_sentence_that_holds_it(chain: AnswerChain) -> None:
    answer = chain.answer("How much will the repairs of the pier cost?")
    assert answer.answered
    assert_cited(answer)
    assert "3.2 million crowns" in answer.sentences[0].text
    assert answer.sources[0].document.key == "pier"


@pytest.mark.parametrize("question", ["What is the capital of Peru?", "Who won the chess championship in 1972?"])
def test_what_is_not_there_is_said_not_to_be(chain: AnswerChain, question: str) -> None:
    answer = chain.answer(question)
    assert not answer.answered
    assert (answer.sentences, answer.sources, answer.short_answer, answer.text) == ((), (), None, "")
    assert answer.passages
    assert answer.confidence < 0.5


def test_a_refusal_says_why_the_nearest_passages_do_not_answer(chain: AnswerChain) -> None:
    answer = chain.answer("What is the capital of Peru?")
    assert len(answer.reasons) == min(3, len(answer.passages))
    assert "“capital” or “Peru”" in answer.reasons[0]
    explained = [passage.get("why_not") for passage in answer.to_json()["passages"]]
    assert explained[: len(answer.reasons)] == list(answer.reasons)
    assert not any(explained[len(answer.reasons) :])


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Who closed the lighthouse?", "It does not mention “lighthouse”."),
        ("How many piers are closed?", "It gives no number."),
        ("Why is the pier closed?", "It speaks of this, but says nothing that answers the question."),
    ],
)
def test_reasons_follow_from_the_words(question: str, reason: str) -> None:
    document = Document("The pier was closed by the council.", title="Piers closed")
    span = Span(0, len(document.text))
    hit = Hit(document, Passage(document.id, span.start, span.end, (span,)), 0.5)
    assert why_not(understand(question), hit, str.split) == reason


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 12), st.integers(1, 4))
def test_one_document_does_not_crowd_out_the_others(owners: list[int], wanted: int, most: int) -> None:
    documents = [Document(text) for text in ("Boats left.", "Rain fell.", "Bells rang.", "Piers sank.")]
    span = Span(0, 9)
    hits = [
        Hit(documents[n], Passage(documents[n].id, 0, 9, (span,)), 1 / place) for place, n in enumerate(owners, start=1)
    ]
    chosen = spread_over_texts(hits, wanted, most)
    assert len(chosen) == min(wanted, len(hits))
    assert [hit.score for hit in chosen] == sorted((hit.score for hit in chosen), reverse=True)
    counts = [owners.count(n) for n in range(4)]
    of_each = [sum(hit.document is documents[n] for hit in chosen) for n in range(4)]
    # Further passages of a document are taken only where the others give too few.
    if any(count > most for count in of_each):
        assert all(taken >= min(there, most) for taken, there in zip(of_each, counts, strict=True))


def test_an_empty_index_answers_nothing(tmp_path: Path) -> None:
    with Index.create(tmp_path / "i", open_embedder()) as index:
        answer = build_chain(index, Settings()).answer("Is anybody there?")
    assert not answer.answered
    assert answer.confidence == 0.0
    assert answer.passages == ()


def test_the_json_object(chain: AnswerChain) -> None:
    answer = chain.answer("Why do ferry tickets rise?").to_json()
    again = json.loads(json.dumps(answer))
    assert again == answer
    assert list(answer) == [
        "question", "standalone_question", "answered", "confidence", "short_answer", "answer", "agreement",
        "alternatives", "sentences", "sources", "passages", "passages_left_out", "filters", "times", "passages_unread",
        "timings_ms",
    ]  # fmt: skip
    source = answer["sources"][0]
    assert source.keys() >= {"n", "document", "title", "outlet", "published", "url", "start", "end", "quote", "sha256"}
    assert source["published"] == "2025-03-20"
    assert answer["passages"][0].keys() >= {"document", "start", "end", "score", "ranks"}
    assert answer["timings_ms"]["total"] >= answer["timings_ms"]["search"] >= 0
    assert answer["answer"].startswith(answer["sentences"][0]["text"] + " [1]")


def test_streaming_grows_to_the_same_answer(chain: AnswerChain) -> None:
    parts = list(chain.stream("What happened to the north pier and what will repairs cost?"))
    assert [len(part.sentences) for part in parts] == list(range(1, len(parts) + 1))
    for part in parts:
        assert_cited(part)
    assert parts[-1].text == chain.answer("What happened to the north pier and what will repairs cost?").text


def test_filters_reach_the_search(chain: AnswerChain) -> None:
    answer = chain.answer("What did the council do?", filters=Filters(since=date(2025, 3, 10)))
    assert {hit.document.key for hit in answer.passages} == {"ice", "ferry"}
    assert answer.to_json()["filters"] == {"since": "2025-03-10"}


def test_headlines_are_called_headlines(chain: AnswerChain) -> None:
    answer = chain.answer("What will the council vote on?")
    kinds = {source["document"]: source["kind"] for source in answer.to_json()["sources"]}
    assert kinds[next(d for d in ARCHIVE if d.key == "vote").id] == "headline"


def test_a_low_threshold_answers_and_a_high_one_refuses(chain: AnswerChain) -> None:
    for threshold, expected in ((0.0, True), (1.0, False)):
        settings = Settings(threshold=threshold)
        assert build_chain(chain.index, settings).answer("Who closed the pier?").answered is expected


@pytest.mark.parametrize("question", ["", "   ", "?!", "🙂🙂", "\x00"])
def test_no_words_is_no_question(chain: AnswerChain, question: str) -> None:
    with pytest.raises(QuestionError, match="no words"):
        chain.answer(question)


def test_a_megabyte_is_no_question(chain: AnswerChain) -> None:
    with pytest.raises(QuestionError, match=f"{MAX_CHARACTERS:,}"):
        chain.answer("why " * 250_000)


@pytest.mark.parametrize(
    ("question", "history"),
    [
        ("Who\ud800?", ()),
        ("Who?", [Turn("\udfff")]),
        ("Who?", [Turn("a", "\ud800")]),
        ("Who?", [Turn("a", "b", "\ud800")]),
    ],
)
def test_e3b_half_a_character_is_no_question(chain: AnswerChain, question: str, history: list[Turn]) -> None:
    with pytest.raises(QuestionError, match="half a character"):
        chain.answer(question, history)


def test_q5_a_time_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(QuestionError, match=r"since \(2025-03-11\) is after until \(2025-03-10\): swap them"):
        Filters(since=date(2025, 3, 11), until=date(2025, 3, 10))
    assert Filters(since=date(2025, 3, 10), until=date(2025, 3, 10))


# The answerer's contract, over the registry


def evidence(text: str, document: Document, relevance: float) -> Evidence:
    start = document.text.index(text)
    span = Span(start, start + len(text))
    passage = Passage(document.id, 0, len(document.text), (span,))
    return Evidence(Hit(document, passage, 1.0), span, relevance)


def answerers() -> Sequence[Answerer]:
    from index.plugins import resolve

    return [resolve(ANSWERERS, name, what="answerer")() for name in ANSWERERS]


@pytest.mark.parametrize("answerer", answerers())
@given(relevances=st.lists(st.floats(0, 1), max_size=6))
def test_answerers_cite_what_they_print(answerer: Answerer, relevances: list[float]) -> None:
    lines = [f"Report {n} says that item {n * 7} was found in place {n * 13}." for n in range(len(relevances))]
    document = Document("\n".join(lines))
    read = sorted(
        (evidence(line, document, relevance) for line, relevance in zip(lines, relevances, strict=True)),
        key=lambda item: -item.relevance,
    )
    drafts = list(answerer.compose(understand("What was found?"), Reading(tuple(read), 0.9)))
    assert bool(drafts) == bool(read)
    for draft in drafts:
        for sentence in draft.sentences:
            assert {source.n for source in draft.sources} >= set(sentence.citations) != set()
            assert draft.sources[sentence.citations[0] - 1].quote == sentence.text
        assert len({sentence.text for sentence in draft.sentences}) == len(draft.sentences)


def test_a_syndicated_sentence_is_printed_once_and_cites_all_its_places() -> None:
    line = "The dam holds, engineers said on Friday."
    one, two = Document(line, outlet="A"), Document(f"{line}\nNobody was hurt.", outlet="B")
    read = (evidence(line, one, 0.9), evidence(line, two, 0.9), evidence("Nobody was hurt.", two, 0.8))
    *_, draft = ExtractiveAnswerer().compose(understand("Does the dam hold?"), Reading(read, 0.9))
    assert [sentence.text for sentence in draft.sentences] == [line, "Nobody was hurt."]
    assert draft.sentences[0].citations == (1, 2)
    assert [source.document.outlet for source in draft.sources] == ["A", "B", "B"]


def test_an_answer_stays_short() -> None:
    document = Document("\n".join(f"Line {n} " + f"has {n} words and more words " * 5 + "." for n in range(9)))
    read = tuple(evidence(line, document, 0.9 - n / 100) for n, line in enumerate(document.text.split("\n")))
    *_, draft = ExtractiveAnswerer(AnswerLimits(words=60)).compose(understand("What?"), Reading(read, 0.9))
    assert sum(len(sentence.text.split()) for sentence in draft.sentences) <= 60


def test_weak_evidence_is_left_out() -> None:
    document = Document("Strong point here.\nWeak filler there.")
    read = (evidence("Strong point here.", document, 0.8), evidence("Weak filler there.", document, 0.1))
    *_, draft = ExtractiveAnswerer().compose(understand("What?"), Reading(read, 0.9))
    assert [sentence.text for sentence in draft.sentences] == ["Strong point here."]


def test_the_same_place_keeps_its_number() -> None:
    numbering = Numbering()
    document = Document("One. Two.")
    assert [numbering.cite(document, span) for span in (Span(0, 4), Span(5, 9), Span(0, 4))] == [1, 2, 1]
    assert [source.quote for source in numbering.sources] == ["One.", "Two."]
    assert marked("One.", []) == "One."


def test_the_refusal_of_an_overview_names_what_is_missing_of_its_topic(chain: AnswerChain) -> None:
    answer = chain.answer("What is the latest on the lighthouse?")
    assert not answer.answered
    assert set(answer.reasons) == {"It does not mention “lighthouse”."}


# Comparisons


def test_a_comparison_reads_what_is_said_of_either_side(index: Index) -> None:
    reasons = (
        "because carts need some road that stays dry when rain comes",
        "so visitors from across water can reach every stall on foot",
        "although critics call it far too narrow, steep and badly lit",
        "and has asked two builders to look at its rusty old beams",
        "while shops nearby fear noise, dust and losing their best trade",
        "if money can be found before winter closes all northern lanes",
    )
    told = [f"The mayor wants the bridge for the fair {reason}." for reason in reasons]
    index.add_documents(Document(text, key=f"mayor{n}") for n, text in enumerate(told))
    index.add_documents([Document("Two new boats, the board holds.", key="board")])
    chain = build_chain(index, Settings(k=4, reader="similarity"))
    question = "How do the mayor and the board differ on the bridge for the fair?"
    found = index.search(question, 4)
    assert "board" not in {hit.document.key for hit in found}
    hits = chain.retrieve(chain.understand(Question.of(question)))
    assert len(hits) == len(found)
    assert "board" in {hit.document.key for hit in hits}
    assert hits[0].passage.id == found[0].passage.id


# Follow-ups


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When will it open?", "When will the Castell lighthouse open?"),
        ("And the harbour?", "And the harbour? (the Castell lighthouse)"),
        ("Why?", "Why? (built the Castell lighthouse)"),
        ("How tall is the Castell lighthouse?", "How tall is the Castell lighthouse?"),
    ],
)
def test_follow_ups_carry_the_topic(question: str, expected: str) -> None:
    assert standalone(question, [Turn("Who built the Castell lighthouse?")]) == expected


def test_without_history_nothing_is_added() -> None:
    assert standalone("When will it open?", []) == "When will it open?"


def test_the_standalone_question_is_in_the_answer(chain: AnswerChain) -> None:
    answer = chain.answer("When did it close?", [Turn("What do you know about the north pier?")])
    assert answer.question == "When did it close?"
    assert "north pier" in answer.standalone_question


# Settings


def test_settings_rise_from_file_to_environment_to_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dateline.toml"
    file.write_text('k = 5\nfusion = "rrf"\nthreshold = 0.25\n')
    assert (Settings.load(file).k, Settings.load(file).fusion) == (5, "rrf")
    monkeypatch.setenv("DATELINE_K", "7")
    assert (Settings.load(file).k, Settings.load(file).threshold) == (7, 0.25)
    assert (Settings.load(file, k=9).k, Settings.load(file, k=None).k) == (9, 7)


@pytest.mark.parametrize(
    ("content", "message"), [("k = 0", "k is 0"), ("nonsense = 1", "nonsense"), ("k = [", "cannot read")]
)
def test_wrong_settings_are_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "dateline.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=message):
        Settings.load(file)


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        Settings.load(tmp_path / "absent.toml")


def test_answers_do_not_need_a_terminal() -> None:
    from index.display import printable

    assert printable("a\x1b[31mred\u202e evil\nnext\tx") == "a [31mred evil next x"
    assert io.StringIO(printable("plain")).read() == "plain"
