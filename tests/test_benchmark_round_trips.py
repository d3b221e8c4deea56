"""Whatever an importer gives, written as a folder, is read back the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from benchmark_examples import Example, jsonl
from hypothesis import given, strategies as st

from eval.benchmarks import BENCHMARKS, open_benchmark
from eval.benchmarks.base import Benchmark
from eval.benchmarks.writing import write_folder
from index.documents import Document
from index.errors import BenchmarkError

WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30).filter(str.strip)
LINE = WORDS.map(lambda words: " ".join(words.split()) or "x").filter(str.strip)


def round_trip(form: str, example: Example) -> Benchmark:
    with TemporaryDirectory() as folder:
        benchmark = open_benchmark(example.write(Path(folder, "from")), form)
        write_folder(benchmark, Path(folder, "to"))
        again = open_benchmark(Path(folder, "to"), "folder")
    assert again.documents == benchmark.documents
    assert again.queries == benchmark.queries
    assert again.qrels == benchmark.qrels
    return benchmark


@st.composite
def squads(draw: st.DrawFn) -> Example:
    articles: list[dict[str, Any]] = []
    for number, contexts in enumerate(draw(st.lists(st.lists(WORDS, min_size=1, max_size=2), min_size=1, max_size=3))):
        paragraphs = []
        for place, context in enumerate(contexts):
            start = next(at for at, letter in enumerate(context) if not letter.isspace())
            text = context[start : start + draw(st.integers(1, len(context)))]
            question = {"id": f"{number}.{place}", "question": draw(WORDS)}
            known = {"answers": [{"text": text, "answer_start": start}]}
            unknown = {"answers": [], "is_impossible": True}
            paragraphs.append({"context": context, "qas": [{**question, **draw(st.sampled_from([known, unknown]))}]})
        articles.append({"title": draw(WORDS), "paragraphs": paragraphs})
    return Example({"s.json": json.dumps({"data": articles})}, "s.json")


@st.composite
def multihops(draw: st.DrawFn) -> Example:
    corpus: list[dict[str, Any]] = [
        {"url": f"https://x.example/{number}", "body": body, "title": draw(WORDS), "author": draw(WORDS), "source": "S"}
        for number, body in enumerate(draw(st.lists(WORDS, min_size=1, max_size=3)))
    ]
    facts = st.sampled_from(corpus).flatmap(
        lambda article: st.sampled_from([article["body"], "\n".join(article["body"].split()), "nowhere at all"]).map(
            lambda fact: {"url": article["url"], "fact": fact}
        )
    )
    questions = [
        {"query": draw(WORDS), "answer": draw(WORDS), "question_type": "t", "evidence_list": draw(st.lists(facts))}
        for _ in range(draw(st.integers(1, 3)))
    ]
    return Example({"corpus.json": json.dumps(corpus), "MultiHopRAG.json": json.dumps(questions)})


@st.composite
def quizzes(draw: st.DrawFn) -> Example:
    questions, found = [], []
    for number in range(draw(st.integers(1, 3))):
        choices = draw(st.lists(WORDS, min_size=2, max_size=4))
        answer = [str(draw(st.integers(0, len(choices) - 1)))]
        questions.append(
            {"question_id": f"w_{number}", "question_sentence": draw(WORDS), "choices": choices, "answer": answer}
        )
        results = [
            {"url": draw(LINE), "title": draw(WORDS), "text": draw(WORDS)} for _ in range(draw(st.integers(1, 2)))
        ]
        found.append({"question_id": f"w_{number}", "search_result": results})
    return Example({"w_qa.jsonl": jsonl(*questions), "w_gcs.jsonl": jsonl(*found)}, "w_qa.jsonl")


@st.composite
def samples(draw: st.DrawFn) -> Example:
    contexts = st.lists(WORDS, min_size=1, max_size=3)
    records = [
        {"user_input": draw(WORDS), "retrieved_contexts": draw(contexts), "reference_contexts": draw(contexts)}
        | draw(st.sampled_from([{}, {"reference": "an answer"}, {"reference_contexts": None}]))
        for _ in range(draw(st.integers(1, 3)))
    ]
    records[0]["reference_contexts"] = ["one"]
    return Example({"r.jsonl": jsonl(*records)}, "r.jsonl")


@st.composite
def trecs(draw: st.DrawFn) -> Example:
    documents = [
        f"<DOC>\n<DOCNO>D{number}</DOCNO>\n<HEADLINE>{draw(WORDS)}</HEADLINE>\n<TEXT>{text}</TEXT>\n</DOC>\n"
        for number, text in enumerate(["kept", *draw(st.lists(WORDS, max_size=3))])
    ]
    topics = [f"{number}\t{draw(LINE)}\n" for number in range(draw(st.integers(1, 3)))]
    qrels = ["0 0 D0 1\n", *(f"{number} 0 D{len(documents) - 1} 1\n" for number in range(1, len(topics)))]
    return Example({"topics": "".join(topics), "qrels": "".join(qrels), "docs": "".join(documents)})


@st.composite
def beirs(draw: st.DrawFn) -> Example:
    texts = ["kept", *draw(st.lists(st.one_of(WORDS, st.just("")), max_size=3))]
    queries = [{"_id": f"q{number}", "text": draw(WORDS)} for number in range(draw(st.integers(1, 3)))]
    qrels = f"query-id\tcorpus-id\tscore\nq0\td0\t1\nq{len(queries) - 1}\td{len(texts) - 1}\t2\n"
    if len(queries) == len(texts) == 1:
        qrels = "query-id\tcorpus-id\tscore\nq0\td0\t1\n"
    corpus = [{"_id": f"d{number}", "title": "", "text": text} for number, text in enumerate(texts)]
    splits = {f"qrels/{split}.tsv": qrels for split in ("train", "dev", "test")}
    return Example({"corpus.jsonl": jsonl(*corpus), "queries.jsonl": jsonl(*queries), **splits})


DRAWN = {
    "squad": squads(), "squad-given": squads(), "multihop-rag": multihops(), "realtimeqa": quizzes(),
    "ragas": samples(), "trec": trecs(), "folder": beirs(), "folder-dev": beirs(), "folder-train": beirs(),
}  # fmt: skip


@pytest.mark.parametrize("form", BENCHMARKS)
@given(data=st.data())
def test_whatever_is_imported_survives_the_folder(form: str, data: st.DataObject) -> None:
    round_trip(form, data.draw(DRAWN[form]))


@given(squads())
def test_the_evidence_of_squad_is_its_first_answer(example: Example) -> None:
    benchmark = round_trip("squad", example)
    texts = {document.key: document.text for document in benchmark.documents}
    for query in benchmark.queries:
        assert [texts[span.document][span.start : span.end] for span in query.evidence] == list(query.answers or ())[:1]


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from([" ", "\n", "\t \n"]), WORDS, WORDS)
def test_a_fact_is_found_however_its_words_are_spaced(words: list[str], gap: str, before: str, after: str) -> None:
    fact = " ".join(" ".join(words).split())
    if not fact:  # white space of a kind that split() knows and strip() does not leave
        return
    body = f"{before} {gap.join(fact.split())} {after}"
    corpus = json.dumps([{"url": "u", "body": body}])
    question = {"query": "Q", "answer": "A", "evidence_list": [{"url": "u", "fact": fact}]}
    benchmark = round_trip("multihop-rag", Example({"corpus.json": corpus, "MultiHopRAG.json": json.dumps([question])}))
    (query,) = benchmark.queries
    (span,) = query.evidence
    assert body[span.start : span.end].split() == fact.split()
    assert query.metadata == {"facts_not_found": 0}


@pytest.mark.parametrize("key", ["a\tb", "a\nb", "a\rb"])
def test_an_id_that_would_break_a_line_is_not_written(key: str, tmp_path: Path) -> None:
    benchmark = Benchmark("b", (Document("text", key=key),), (), {}, "")
    with pytest.raises(BenchmarkError, match=re.escape(repr(key))):
        write_folder(benchmark, tmp_path / "out")
    assert not (tmp_path / "out").exists()
