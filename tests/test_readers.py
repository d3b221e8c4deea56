"""The contract of every reader, the exported graph against the model it was drawn from, and spans within sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import ARCHIVE
from hypothesis import given, strategies as st

from index.bert.graph import LARGEST, export_encoder
from index.documents import Document, Hit, Passage, Span
from index.duplicates.copies import text_groups
from index.embedders import open_embedder
from index.embedders.model_files import model_folder
from index.errors import ModelError, UnknownName
from index.search import Index
from rag.question.answer_type import mismatches
from rag.question.understanding import understand
from rag.readers import READERS, open_reader
from rag.readers.base import MOST_TOKENS, PairReading, Reader
from rag.readers.export import export_reader
from rag.readers.features import repeated, spans_by_sentence
from rag.readers.onnx import OnnxPairReader
from rag.readers.trained import TrainedReader
from rag.retrieval import mark_copies

MOST_BYTES = 25 * 2**20


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.create(tmp_path_factory.mktemp("readers") / "i", open_embedder()) as index:
        index.add_documents(ARCHIVE)
        yield index


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Tiny models with random weights for the readers that need one; their answers mean nothing, their form does."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering, BertForSequenceClassification

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("models")
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    for name, kind, labels in (
        ("extractive-qa", BertForQuestionAnswering, 2),
        ("cross-encoder", BertForSequenceClassification, 1),
    ):
        kind(BertConfig(num_labels=labels, **shape)).save_pretrained(folder / name)
        AutoTokenizer.from_pretrained(model_folder()).save_pretrained(folder / name)
    return {name: str(folder / name) for name in ("extractive-qa", "cross-encoder")}


@pytest.fixture(scope="module", params=READERS)
def reader(request: pytest.FixtureRequest, archive: Index, models: dict[str, str]) -> Reader:
    return open_reader(archive, request.param, models.get(request.param, ""))


QUESTIONS = ["How much will the repairs cost?", "rare earth", "Who closed the pier, and why? " * 20, "¿北京?"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_every_reader_gives(reader: Reader, archive: Index, question: str) -> None:
    hits = archive.search(question, 8)
    reading = reader.read(understand(question), hits)
    assert 0 <= reading.confidence <= 1
    assert 0 <= reader.threshold <= 1
    assert {hit.passage.id for hit in reading.hits} == {hit.passage.id for hit in hits}
    relevances = [item.relevance for item in reading.evidence]
    assert relevances == sorted(relevances, reverse=True)
    assert all(0 <= value <= 1 for value in relevances)
    sentences = {(hit.passage.id, span) for hit in hits for span in hit.passage.sentences}
    assert {(item.hit.passage.id, item.span) for item in reading.evidence} == sentences
    assert sum(answer.probability for answer in reading.answers) <= 1 + 1e-6
    for answer in reading.answers:
        for item in answer.evidence:
            assert item.answer is not None
            assert item.span.start <= item.answer.start < item.answer.end <= item.span.end
        first = answer.evidence[0]
        assert first.answer is not None
        assert first.answer.of(first.hit.document.text) == answer.text


def test_nothing_found_is_nothing_read(reader: Reader) -> None:
    reading = reader.read(understand("Who?"), [])
    assert (reading.evidence, reading.confidence, reading.hits, reading.answers) == ((), 0.0, (), ())


def test_the_same_question_is_read_the_same_way(reader: Reader, archive: Index) -> None:
    hits = archive.search("Who closed the pier?", 8)
    one, other = (reader.read(understand("Who closed the pier?"), hits) for _ in range(2))
    assert one == other


def test_the_packaged_reader_finds_the_span(archive: Index) -> None:
    question = "How much will the repairs cost?"
    reading = open_reader(archive).read(understand(question), archive.search(question, 8))
    assert reading.answers[0].text == "3.2 million crowns"
    assert reading.hits[0].document.key == "pier"
    assert reading.hits[0].ranks["read"] == 1


def test_the_packaged_reader_is_small_enough_to_ship() -> None:
    graph = Path(__file__).parent.parent / "rag" / "data" / "reader.onnx"
    assert graph.stat().st_size < MOST_BYTES


def test_a_passage_without_a_sentence_of_the_window_is_still_read(archive: Index) -> None:
    words = " ".join(f"word{n}" for n in range(900))
    text = f"{words}. The end is near."
    document = Document(text)
    spans = (Span(0, len(words) + 1), Span(len(words) + 2, len(text)))
    hit = Hit(document, Passage(document.id, 0, len(text), spans), 1.0)
    reading = open_reader(archive).read(understand("What is near?"), [hit])
    assert {item.span for item in reading.evidence} == set(spans)


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("What is the latest on the north pier?", True),
        ("What do we know about the ice plant?", True),
        ("Tell me about the ferry fares.", True),
        ("What is the latest on the museum?", False),
        ("What do we know about the ice plant in Norway?", False),
        ("Tell me about the ferry captain's trial.", False),
    ],
)
def test_an_overview_is_given_of_what_passages_are_about(archive: Index, question: str, known: bool) -> None:
    reader = open_reader(archive)
    assert (reader.read(understand(question), archive.search(question, 8)).confidence >= reader.threshold) == known


# Names and models


def test_an_unknown_reader_names_its_neighbours(archive: Index) -> None:
    with pytest.raises(UnknownName, match="similarity"):
        open_reader(archive, "similarty")


@pytest.mark.parametrize("name", ["extractive-qa", "cross-encoder"])
@pytest.mark.parametrize("model", ["", "/nowhere/at/all"])
def test_a_missing_model_is_named(archive: Index, name: str, model: str) -> None:
    with pytest.raises(ModelError, match=model or "reader_model"):
        open_reader(archive, name, model)


def test_other_wrong_models(archive: Index, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model"):
        open_reader(archive, "similarity", "x")
    with pytest.raises(ModelError, match=r"nothing\.onnx"):
        open_reader(archive, "trained", str(tmp_path / "nothing.onnx"))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(ModelError, match="cannot run"):
        open_reader(archive, "trained", str(broken))


# The graph


@pytest.mark.parametrize("smoothed", [False, True])
def test_the_exported_graph_says_what_the_model_says(tmp_path: Path, smoothed: bool) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    config = BertConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128)
    bert = BertModel(config, add_pooling_layer=False).eval()
    span, relevance = torch.nn.Linear(64, 2), torch.nn.Linear(64, 1)
    heads = {
        "span.weight": span.weight, "span.bias": span.bias,
        "relevance.weight": relevance.weight, "relevance.bias": relevance.bias,
    }  # fmt: skip
    if smoothed:
        layers = [(name, layer) for name, layer in bert.named_modules() if isinstance(layer, torch.nn.Linear)]
        heads |= {f"{name}.{LARGEST}": torch.rand(layer.in_features) + 0.5 for name, layer in layers}
    config.save_pretrained(tmp_path)
    save_file(
        {k: v.detach().clone() for k, v in {**bert.state_dict(), **heads}.items()}, tmp_path / "model.safetensors"
    )
    export_reader(tmp_path, tmp_path / "reader.onnx")
    text = "The council closed the pier. Repairs cost 3.2 million crowns, and nobody was hurt in the end."
    reader = OnnxPairReader(tmp_path / "reader.onnx")
    [alone] = reader.read_pairs("What do repairs cost?", [("Pier closed", text)])
    encoded = reader._session.tokenizer.encode("What do repairs cost?", f"Pier closed\n{text}")
    with torch.inference_mode():
        hidden = bert(torch.tensor([encoded.ids]), token_type_ids=torch.tensor([encoded.type_ids])).last_hidden_state[0]
        starts, ends = span(hidden).T.numpy()
        expected = float(relevance(hidden[0])[0])
    first = len(encoded) - 1 - len(alone.starts)
    assert np.corrcoef(alone.starts, starts[first:-1])[0, 1] > 0.99
    assert np.corrcoef(alone.ends, ends[first:-1])[0, 1] > 0.99
    assert alone.relevance == pytest.approx(expected, abs=0.1)
    assert alone.null == pytest.approx(float(starts[0] + ends[0]), abs=0.1)


def test_a_pair_is_read_the_same_beside_any_others() -> None:
    reader = OnnxPairReader(threads=3)
    passages = [(document.title, document.text) for document in ARCHIVE]
    together = reader.read_pairs("What will repairs cost?", passages)
    for reading, passage in zip(together, passages, strict=True):
        [alone] = reader.read_pairs("What will repairs cost?", [passage])
        assert np.array_equal(reading.offsets, alone.offsets)
        assert np.array_equal(reading.starts, alone.starts)
        assert np.array_equal(reading.ends, alone.ends)
        assert reading.relevance == alone.relevance


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    export_encoder(model_folder(), tmp_path / "encoder.onnx")
    with pytest.raises(ModelError, match="takes input_ids, which is another kind: export the model again"):
        OnnxPairReader(tmp_path / "encoder.onnx")


def test_offsets_name_the_tokens_of_the_passage_alone() -> None:
    text = "Zwölf Boote. Two boats!"
    [reading] = OnnxPairReader().read_pairs("How many boats?", [("A title of some words", text)])
    pieces = [text[start:end] for start, end in reading.offsets]
    assert "".join(pieces) == text.replace(" ", "")


# Spans


def reading_of(starts: Sequence[float], ends: Sequence[float]) -> PairReading:
    count = len(starts)
    offsets = np.array([(2 * n, 2 * n + 1) for n in range(count)], dtype=np.int64).reshape(-1, 2)
    return PairReading(0.0, 0.0, np.array(starts, dtype=np.float32), np.array(ends, dtype=np.float32), offsets)


logits = st.floats(-20, 20, width=32)


@given(
    st.integers(1, 50).flatmap(
        lambda n: st.tuples(st.lists(logits, min_size=n, max_size=n), st.lists(logits, min_size=n, max_size=n))
    )
)
def test_spans_run_forward_and_are_not_longer_than_allowed(values: tuple[list[float], list[float]]) -> None:
    table = reading_of(*values).spans()
    for first, last in zip(*np.nonzero(np.isfinite(table)), strict=True):
        assert first <= last < first + MOST_TOKENS
    assert np.isfinite(np.diag(table)).all()


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_no_span_crosses_a_sentence(lengths: list[int], random: object) -> None:
    words = sum(lengths)
    rng = np.random.default_rng(words)
    document = Document("x " * words)
    bounds = np.cumsum([0, *lengths])
    sentences = tuple(Span(2 * int(a), 2 * int(b) - 1) for a, b in pairwise(bounds))
    hit = Hit(document, Passage(document.id, 0, 2 * words, sentences), 1.0)
    reading = reading_of(rng.normal(size=words).tolist(), rng.normal(size=words).tolist())
    found = list(spans_by_sentence([hit], [reading]))
    assert [item.sentence for item in found] == list(sentences)
    for item in found:
        assert item.spans
        values = [logit for _, logit in item.spans]
        assert values == sorted(values, reverse=True)
        assert item.mass >= values[0] - 1e-4
        assert all(item.sentence.start <= s.start < s.end <= item.sentence.end for s, _ in item.spans)


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        ("number", "eleven people", False), ("number", "11", False), ("number", "many people", True),
        ("date", "on Friday", False), ("date", "2 May", False), ("date", "the crew", True),
        ("person", "Tamsin Orrock", False), ("person", "the crew", True), ("place", "Skerrin", False),
        ("thing", "the crew", False),
    ],
)  # fmt: skip
def test_the_form_of_an_answer_can_rule_it_out(asked: str, answer: str, expected: bool) -> None:
    assert mismatches(asked, answer) is expected  # type: ignore[arg-type]


def test_an_answer_that_repeats_the_question_is_seen() -> None:
    words = frozenset("who closed north pier".split())
    assert repeated("the north pier", words) == 1.0
    assert repeated("the council", words) == 0.0
    assert repeated("the north wing", words) == 0.5


# Copies


AGENCY = "The mediator left the harbour at dawn without a word to the waiting crews, and both sides blamed each other."


def test_an_edited_copy_is_one_voice() -> None:
    edited = AGENCY.replace("at dawn", "early on Tuesday") + " More follows."
    texts = [AGENCY, edited, "A quite different report of the same morning by our own man."]
    assert list(text_groups(texts)) == [0, 0, 2]


@given(st.lists(st.text(alphabet="ab c", max_size=40), max_size=8))
def test_every_text_belongs_to_a_first_one(texts: list[str]) -> None:
    groups = list(text_groups(texts))
    assert len(groups) == len(texts)
    for number, first in enumerate(groups):
        assert first <= number
        assert groups[first] == first


def test_a_copy_adds_nothing_to_the_probability(archive: Index) -> None:
    """The same text in a second outlet must not make its answer look twice as likely."""
    text = "Repairs will cost 3.2 million crowns. Another estimate was 4 million crowns in the end."
    reader = open_reader(archive)
    assert isinstance(reader, TrainedReader)
    hits = []
    for outlet in ("One", "Two"):
        document = Document(text, outlet=outlet)
        cut = text.index(" Another")
        passage = Passage(document.id, 0, len(text), (Span(0, cut), Span(cut + 1, len(text))))
        hits.append(Hit(document, passage, 0.5))
    alone, both = (reader.read(understand("What do repairs cost?"), part) for part in (hits[:1], mark_copies(hits)))
    assert both.answers[0].text == alone.answers[0].text
    assert both.answers[0].probability == pytest.approx(alone.answers[0].probability, abs=0.02)
    assert {item.hit.document.outlet for item in both.answers[0].evidence} == {"One", "Two"}
