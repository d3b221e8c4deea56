"""The importers of benchmarks: a contract over the registry, and what each format gives."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from benchmark_examples import (
    BEIR_FILES,
    EXAMPLES,
    ICE,
    MULTIHOP_CORPUS,
    MULTIHOP_QUESTIONS,
    PIER,
    RAGAS,
    TREC_TOPICS,
    Example,
    jsonl,
    zipped,
)

from eval.benchmarks import BENCHMARKS, detect, given_form, open_benchmark
from eval.benchmarks.base import Benchmark, EvidenceSpan, Query
from eval.benchmarks.folder import read_folder
from eval.benchmarks.writing import write_folder
from index.documents import Document
from index.errors import BenchmarkError


@pytest.fixture(params=BENCHMARKS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def content(benchmark: Benchmark) -> tuple[Any, ...]:
    return benchmark.documents, benchmark.queries, benchmark.qrels


# The contract


def test_every_format_has_an_example() -> None:
    assert set(EXAMPLES) == set(BENCHMARKS)


def test_plain_and_gzipped_files_give_the_same_benchmark(form: str, tmp_path: Path) -> None:
    plain = open_benchmark(EXAMPLES[form].write(tmp_path / "plain"), form)
    packed = open_benchmark(EXAMPLES[form].write(tmp_path / "packed", gz=True), form)
    assert content(plain) == content(packed)
    assert plain.sha256 == packed.sha256
    assert plain.queries
    assert plain.documents


def test_the_hash_follows_every_file(form: str, tmp_path: Path) -> None:
    example = EXAMPLES[form]
    unused = {"folder": {"dev", "train"}, "folder-dev": {"test", "train"}, "folder-train": {"test", "dev"}}
    hashes = {open_benchmark(example.write(tmp_path / "as it is"), form).sha256}
    read = [name for name in example.files if Path(name).stem not in unused.get(form, set())]
    for name in read:
        changed = {name: example.files[name] + "\n"}
        hashes.add(open_benchmark(example.write(tmp_path / name.replace("/", "-"), **changed), form).sha256)
    assert len(hashes) == len(read) + 1


@pytest.mark.parametrize("gz", [False, True])
def test_the_format_is_told_from_the_files(form: str, gz: bool, tmp_path: Path) -> None:
    path = EXAMPLES[form].write(tmp_path / "any", gz=gz)
    main = form.removesuffix("-given").removesuffix("-dev").removesuffix("-train")
    assert detect(path) == main
    assert content(open_benchmark(path)) == content(open_benchmark(path, main))


def test_keys_and_judgements_fit_together(form: str, tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES[form].write(tmp_path / "any"), form)
    texts = {document.key: document.text for document in benchmark.documents}
    assert len(texts) == len(benchmark.documents) == len({document.id for document in benchmark.documents})
    assert len({query.id for query in benchmark.queries}) == len(benchmark.queries)
    assert {document for judged in benchmark.qrels.values() for document in judged} <= texts.keys()
    for query in benchmark.queries:
        assert not query.given or query.given in texts
        assert all(span.start < span.end <= len(texts[span.document]) for span in query.evidence)


def test_a_detour_by_the_folder_loses_nothing(form: str, tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES[form].write(tmp_path / "any"), form)
    write_folder(benchmark, tmp_path / "folder")
    again = open_benchmark(tmp_path / "folder")
    assert content(again) == content(benchmark)


def test_what_is_no_benchmark_names_the_formats(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to measure")
    for path in (tmp_path / "notes.txt", tmp_path):
        with pytest.raises(BenchmarkError, match="looks like no benchmark") as raised:
            open_benchmark(path)
        assert all(name in str(raised.value) for name in BENCHMARKS)
    with pytest.raises(BenchmarkError, match="is not there"):
        open_benchmark(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["scifact", "squad2-a", "newsquiz-2024"])
def test_the_measuring_sets_are_folders(shared: Path, name: str) -> None:
    assert detect(shared / "benchmarks" / name) == "folder"


def test_the_hash_knows_where_a_file_ends(tmp_path: Path) -> None:
    corpus, questions = (f"{json.dumps(part)}" for part in (MULTIHOP_CORPUS, MULTIHOP_QUESTIONS))
    cuts = [{"corpus.json": f"{corpus} ", "MultiHopRAG.json": questions}]
    cuts.append({"corpus.json": corpus, "MultiHopRAG.json": f" {questions}"})
    paths = [EXAMPLES["multihop-rag"].write(tmp_path / str(number), **cut) for number, cut in enumerate(cuts)]
    assert len({open_benchmark(path).sha256 for path in paths}) == 2


def test_a_line_may_be_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    long = "pier é " * 300_000
    path = EXAMPLES["ragas"].write(tmp_path, **{"samples.jsonl": jsonl({**RAGAS[0], "reference_contexts": [long]})})
    assert open_benchmark(path).documents[0].text == long


# Each format, exactly


def test_a_download_of_beir(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["folder"].write(tmp_path / "beir"))
    assert [document.key for document in benchmark.documents] == ["d1", "d2"]  # d3 has not a word
    assert benchmark.queries == (Query("q1", "pier closed"),)  # q4's one document has not a word
    assert benchmark.qrels == {"q1": {"d1": 2, "d2": 0}}
    dev = open_benchmark(tmp_path / "beir", "folder-dev")
    assert ([query.id for query in dev.queries], dev.qrels) == (["q2"], {"q2": {"d2": 1}})
    train = open_benchmark(tmp_path / "beir", "folder-train")
    assert ([query.id for query in train.queries], train.qrels) == (["q3"], {"q3": {"d1": 1, "d2": 0}})


def test_our_own_folder_keeps_questions_without_a_judgement(tmp_path: Path) -> None:
    queries = jsonl({"_id": "q1", "text": "Which pier?", "answers": ["north"]}, {"_id": "q2", "text": "Which opera?"})
    files = {"corpus.jsonl": jsonl({"_id": "d1", "text": PIER}), "queries.jsonl": queries}
    path = Example({**files, "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n"}).write(tmp_path)
    assert [query.id for query in open_benchmark(path).queries] == ["q1", "q2"]


def test_a_zip_archive_is_read_where_it_is(tmp_path: Path) -> None:
    folder = open_benchmark(EXAMPLES["folder"].write(tmp_path / "harbour"))
    for name, top in (("harbour.zip", ""), ("download.zip", "harbour")):
        (tmp_path / name).write_bytes(zipped({**BEIR_FILES, "../outside.txt": "x"}, top))
        assert detect(tmp_path / name) == "folder"
        archive = open_benchmark(tmp_path / name)
        assert (archive.name, archive.sha256) == ("harbour", folder.sha256)
        assert content(archive) == content(folder)
        assert open_benchmark(tmp_path / name, "folder-dev").qrels == {"q2": {"d2": 1}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["download.zip", "harbour", "harbour.zip"]


def test_what_is_wrong_with_an_archive_is_named(tmp_path: Path) -> None:
    whole = zipped(BEIR_FILES, "harbour")
    spoilt = bytearray(whole)
    spoilt[whole.index(b"corpus.jsonl") + 40] ^= 0xFF
    two = {f"{top}/{name}": text for top in ("a", "b") for name, text in BEIR_FILES.items()}
    bad_line = {**BEIR_FILES, "queries.jsonl": '{"_id": "q1"}\n'}
    for name, packed, message in (
        ("cut.zip", whole[:200], "no zip archive"),
        ("spoilt.zip", bytes(spoilt), "corpus.jsonl: cannot be read beyond line"),
        ("two.zip", zipped(two), "2 of its folders"),
        ("other.zip", zipped({"readme.txt": "x"}), "none of its folders"),
        ("line.zip", zipped(bad_line, "harbour"), "line.zip/harbour/queries.jsonl:1: the field 'text' is missing"),
    ):
        (tmp_path / name).write_bytes(packed)
        with pytest.raises(BenchmarkError, match=re.escape(message)):
            open_benchmark(tmp_path / name)


def test_an_archive_is_read_up_to_a_size_and_no_further(tmp_path: Path) -> None:
    (tmp_path / "harbour.zip").write_bytes(zipped(BEIR_FILES))
    size = sum(len(BEIR_FILES[name].encode()) for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"))
    marks = 3 * len(b"\x00file\x00")
    assert read_folder(tmp_path / "harbour.zip", most=size + marks).queries
    with pytest.raises(BenchmarkError, match=f"holds more than {size + marks - 1} bytes"):
        read_folder(tmp_path / "harbour.zip", most=size + marks - 1)


def test_squad_makes_a_document_of_every_paragraph(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["squad"].write(tmp_path))
    assert benchmark.name == "pier"
    assert benchmark.documents == (
        Document(PIER, "North Pier", key="North Pier #1"),
        Document(ICE, "North Pier", key="North Pier #2"),
    )
    first, second = benchmark.queries
    assert first == Query(
        "s1", "What did the council close?", ("north pier", "the north pier"),
        evidence=(EvidenceSpan("North Pier #1", 31, 41),), metadata={"title": "North Pier", "type": "answerable"},
    )  # fmt: skip
    assert PIER[31:41] == "north pier"
    assert (second.answers, second.evidence, second.metadata["type"]) == ((), (), "unanswerable")
    assert benchmark.qrels == {"s1": {"North Pier #1": 1}}


def test_squad_may_give_the_paragraph(tmp_path: Path) -> None:
    path = EXAMPLES["squad"].write(tmp_path)
    assert given_form(path) == given_form(path, "squad") == given_form(path, "squad-given") == "squad-given"
    queries = open_benchmark(path, "squad-given").queries
    assert [query.given for query in queries] == ["North Pier #1", "North Pier #1"]
    with pytest.raises(BenchmarkError, match="'ragas' gives no question a document of its own; these do: squad"):
        given_form(path, "ragas")


def test_multihop_rag_finds_its_facts(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["multihop-rag"].write(tmp_path / "news"))
    pier, ice = benchmark.documents
    assert pier == Document(
        MULTIHOP_CORPUS[0]["body"], "Pier shut", outlet="Tidewater Post", authors=("Ines Vale",),
        published=date(2025, 3, 4), url="https://post.example/pier", key="https://post.example/pier",
    )  # fmt: skip
    assert (ice.authors, ice.published) == ((), None)
    first, second = benchmark.queries
    assert [pier.text[first.evidence[0].start : first.evidence[0].end], ice.text[32:]] == [
        "The council closed\n\n the north pier.", "It makes forty tonnes of ice a day.",
    ]  # fmt: skip
    assert first.evidence[1:] == (EvidenceSpan(ice.key, 32, len(ICE)),)
    assert (first.id, first.answers) == ("q1", ("Yes",))
    assert first.metadata == {"type": "comparison_query", "facts_not_found": 1}
    assert (second.answers, second.metadata) == ((), {"type": "null_query"})
    assert benchmark.qrels == {"q1": {pier.key: 1, ice.key: 1}}


@pytest.mark.parametrize(
    "fields", [{"question_type": "null_query", "answer": "None of them"}, {"answer": "insufficient information"}]
)
def test_multihop_rag_says_in_two_ways_that_there_is_no_answer(fields: dict[str, Any], tmp_path: Path) -> None:
    questions = json.dumps([MULTIHOP_QUESTIONS[0], {"query": "Who sang?", **fields}])
    path = EXAMPLES["multihop-rag"].write(tmp_path, **{"MultiHopRAG.json": questions})
    assert [query.unanswerable for query in open_benchmark(path).queries] == [False, True]


def test_realtimeqa_judges_what_was_found_by_its_words(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["realtimeqa"].write(tmp_path))
    pier, other, unnamed = benchmark.documents
    assert benchmark.name == "20250307"
    assert (pier.key, pier.authors, pier.published) == ("https://post.example/pier", ("Ines Vale",), date(2025, 3, 4))
    assert (other.key, unnamed.key) == ("77", "20250307_1 20250307_gcs 1")
    first, second = benchmark.queries
    assert (first.text, first.answers) == ("Which pier was closed?", ("North pier",))
    assert first.metadata["date"] == "2025-03-07"
    assert first.metadata["choices"] == ["South pier", "“North pier”"]
    assert (second.answers, second.metadata) == (("Forty tonnes",), {"choices": ["4", "Forty tonnes"]})
    # "north piers" is another word, and the pier's article keeps the text that was read first.
    assert benchmark.qrels == {first.id: {pier.key: 1}, second.id: {unnamed.key: 1}}


def test_realtimeqa_takes_a_folder_of_weeks_and_both_searches(tmp_path: Path) -> None:
    example = EXAMPLES["realtimeqa"]
    wikipedia = jsonl({"question_id": "20250307_0", "search_result": [{"doc_id": "9", "text": "Piers / North pier."}]})
    alone = jsonl({"question_id": "20250314_0", "question_sentence": "Who?"})
    later = {"20250307_dpr.jsonl": wikipedia, "20250314_qa.jsonl": alone, "20250307_qa_nota.jsonl": "not read"}
    example.write(tmp_path, **later)
    benchmark = open_benchmark(tmp_path)
    assert [query.id for query in benchmark.queries] == ["20250307_0", "20250307_1"]
    assert benchmark.qrels["20250307_0"] == {"https://post.example/pier": 1, "9": 1}
    (tmp_path / "20250307_gcs.jsonl").unlink()
    (tmp_path / "20250307_dpr.jsonl").unlink()
    with pytest.raises(BenchmarkError, match="beside it is there"):
        open_benchmark(tmp_path)


@pytest.mark.parametrize(
    ("choice", "answer"),
    [
        ("“Don't Look Up”", "Don't Look Up"),
        ('"Rush Hour"', "Rush Hour"),
        ("“Up” and “Down”", "“Up” and “Down”"),
        ("'Up' or 'Down'", "'Up' or 'Down'"),
        ("the 'Up'", "the 'Up'"),
        (' " ', '"'),
    ],
)
def test_realtimeqa_drops_quotation_marks_around_the_whole(choice: str, answer: str, tmp_path: Path) -> None:
    quiz = jsonl({"question_id": "1", "question_sentence": "Which?", "choices": [choice], "answer": ["0"]})
    path = EXAMPLES["realtimeqa"].write(tmp_path, **{"20250307_qa.jsonl": quiz})
    assert open_benchmark(path).queries[0].answers == (answer,)


def test_trec_reads_sgml(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["trec"].write(tmp_path / "ab"))
    assert benchmark.documents == (
        Document(f"{PIER}\n\nWork starts in May.", "Pier & quay", published=date(2025, 3, 4), key="AB-1"),
        Document(ICE, key="AB-2"),
    )
    metadata = {"description": "Why was the pier closed?", "narrative": "Cracks are relevant."}
    assert benchmark.queries == (Query("51", "pier closure", metadata=metadata),)  # 52 is not judged
    assert benchmark.qrels == {"51": {"AB-1": 2, "AB-2": 0}}


def test_trec_reads_tabs_and_a_corpus_in_lines(tmp_path: Path) -> None:
    files = {"topics.tsv": "051\tpier closure\n\nx2\tice\n", "qrels": "51 Q0 d1 1\nx2 0 d2 1\n"}
    path = Example({**files, "corpus.jsonl": BEIR_FILES["corpus.jsonl"]}).write(tmp_path)
    assert detect(path) == "trec"
    benchmark = open_benchmark(path)
    assert [(query.id, query.text) for query in benchmark.queries] == [("51", "pier closure"), ("x2", "ice")]
    assert [document.key for document in benchmark.documents] == ["d1", "d2"]
    assert benchmark.qrels == {"51": {"d1": 1}, "x2": {"d2": 1}}


def test_only_the_label_of_a_topic_is_cut_off(tmp_path: Path) -> None:
    topics = TREC_TOPICS.replace("ice plant", "hot topic: ice")
    path = EXAMPLES["trec"].write(tmp_path, **{"topics.51-52": topics, "qrels.txt": "52 0 AB-2 1\n"})
    assert [query.text for query in open_benchmark(path).queries] == ["hot topic: ice"]


def test_ragas_pools_the_contexts(tmp_path: Path) -> None:
    benchmark = open_benchmark(EXAMPLES["ragas"].write(tmp_path))
    assert benchmark.documents == (Document(PIER, key="c1"), Document(ICE, key="c2"))
    assert benchmark.queries == (
        Query("q1", "Which pier was closed?", ("The north pier.",), metadata={"type": "single_hop"}),
        Query("q2", "Who sang?"),
    )
    assert benchmark.qrels == {"q1": {"c1": 1}}
