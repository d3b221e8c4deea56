"""The sample dossier and its benchmark: built from one another, and every claim of the questions checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from eval.benchmarks import open_benchmark
from eval.sample import BENCHMARK, DOSSIER
from eval.sample.build import corpus

SEED = Path(__file__).parent.parent.parent / "shared" / "seed"
COPIES = [
    {"wire-0310-mediator", "2025-03-10-gazette-mediator", "2025-03-11-islander-mediator"},
    {"2025-04-01-ledger-oskell-plan", "2025-04-01-radio-oskell-plan"},
]
TYPES = {
    "fact": 30, "date": 8, "why": 10, "how": 6, "comparison": 8, "list": 8, "latest": 12, "followup": 12,
    "unanswerable": 20,
}  # fmt: skip


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (BENCHMARK / name).read_text(encoding="utf-8").splitlines()]


def shingles(text: str, size: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def resemblance(left: str, right: str) -> float:
    """Jaccard similarity of the sets of five-word shingles."""
    ours, theirs = shingles(left, 5), shingles(right, 5)
    return len(ours & theirs) / len(ours | theirs)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {record["_id"]: record["text"] for record in read("corpus.jsonl")}


@pytest.fixture(scope="module")
def relevant() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in (BENCHMARK / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, _ = line.split("\t")
        found.setdefault(query, set()).add(document)
    return found


def faults(query: dict[str, Any], relevant: set[str], texts: dict[str, str]) -> Iterator[str]:
    """What is wrong with a question: the validator, itself tested below."""
    if bool(query["answers"]) != bool(relevant):
        yield "answers without relevant documents, or the reverse"
    for answer in query["answers"]:
        if not any(answer in texts[document] for document in relevant):
            yield f"no relevant document says {answer!r}"
    for evidence in query["evidence"]:
        if texts[evidence["document"]].count(evidence["quote"]) != 1:
            yield f"{evidence['document']} does not say, once, {evidence['quote']!r}"
    if {evidence["document"] for evidence in query["evidence"]} != relevant:
        yield "the evidence and the relevance judgements name different documents"


def test_the_corpus_is_what_the_loaders_read() -> None:
    assert (BENCHMARK / "corpus.jsonl").read_text(encoding="utf-8") == corpus(DOSSIER)


def test_the_benchmark_is_readable_and_of_one_piece() -> None:
    benchmark = open_benchmark(BENCHMARK)
    assert len(benchmark.queries) == sum(TYPES.values())
    assert {document.kind for document in benchmark.documents} == {"article", "headline"}
    for document in benchmark.documents:
        if document.kind == "article":
            assert document.outlet, document.key
            assert document.published, document.key
        else:
            assert document.parent, document.key


def test_questions_by_type_and_split() -> None:
    counts = Counter((query["metadata"]["type"], query["metadata"]["split"]) for query in read("queries.jsonl"))
    assert counts == {(kind, split): count // 2 for kind, count in TYPES.items() for split in ("dev", "test")}


def test_every_question_keeps_its_promises(relevant: dict[str, set[str]], texts: dict[str, str]) -> None:
    found = {
        query["_id"]: list(faults(query, relevant.get(query["_id"], set()), texts)) for query in read("queries.jsonl")
    }
    assert {query: wrong for query, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "change",
    [
        {"answers": []},
        {"answers": ["a duck"]},
        {"evidence": []},
        {"evidence": [{"document": "a", "quote": "Nine ducks"}]},
        {"evidence": [{"document": "b", "quote": "Nine cranes."}]},
    ],
)
def test_the_validator_can_fail(change: dict[str, Any]) -> None:
    texts = {"a": "Nine cranes came.", "b": "Nine cranes."}
    sound = {"answers": ["Nine cranes"], "evidence": [{"document": "a", "quote": "Nine cranes came."}]}
    assert list(faults(sound, {"a"}, texts)) == []
    assert list(faults(sound | change, {"a"}, texts))


def test_unanswerable_questions_and_only_those_are_without_answers() -> None:
    for query in read("queries.jsonl"):
        assert bool(query["answers"]) == (query["metadata"]["type"] != "unanswerable"), query["_id"]


def test_followups_lean_on_earlier_questions_and_no_other_question_does() -> None:
    for query in read("queries.jsonl"):
        if query["metadata"]["type"] == "followup":
            assert all(turn.endswith("?") for turn in query["history"]), query["_id"]
            assert query["rewrite"].endswith("?"), query["_id"]
            assert query["rewrite"] != query["text"], query["_id"]
        else:
            assert "history" not in query, query["_id"]


def test_all_copies_of_a_text_are_relevant_together(relevant: dict[str, set[str]]) -> None:
    touched = [(query, copies, documents & copies) for query, documents in relevant.items() for copies in COPIES]
    assert any(shared for _, _, shared in touched)
    assert [query for query, copies, shared in touched if shared and shared != copies] == []


def test_no_question_is_asked_twice() -> None:
    asked = Counter((tuple(query.get("history", ())), query["text"].casefold()) for query in read("queries.jsonl"))
    assert max(asked.values()) == 1


def test_syndicated_copies_and_nothing_else_are_near_copies(texts: dict[str, str]) -> None:
    articles = [record["_id"] for record in read("corpus.jsonl") if record["metadata"]["kind"] == "article"]
    near = {frozenset(pair) for pair in combinations(articles, 2) if resemblance(*(texts[name] for name in pair)) > 0.8}
    assert near == {frozenset(pair) for copies in COPIES for pair in combinations(copies, 2)}
    assert len({texts[name] for copies in COPIES for name in copies}) == 5


def test_planted_contradictions_stand_in_the_corpus(texts: dict[str, str]) -> None:
    published = {record["_id"]: record["metadata"]["published"] for record in read("corpus.jsonl")}
    for conflict in read("conflicts.jsonl"):
        first, *others = conflict["values"]
        for claim in [first, *others, *([conflict["resolved_by"]] if "resolved_by" in conflict else [])]:
            assert claim["value"] in texts[claim["document"]], conflict["_id"]
        for other in others:
            assert other["value"] not in texts[first["document"]], conflict["_id"]
            assert published[first["document"]] <= published[other["document"]], conflict["_id"]
    assert Counter(conflict["kind"] for conflict in read("conflicts.jsonl")) == {"disagreement": 4, "supersession": 13}


def test_every_file_of_the_invented_story_says_that_it_is_fiction() -> None:
    for path in DOSSIER.iterdir():
        if path.name != "us-china-trade-talks.txt":
            assert "Fiction: the country of Veldaray" in path.read_text(encoding="utf-8"), path.name


def test_addresses_are_reserved_ones() -> None:
    hosts = {re.sub(r"https?://([^/]+).*", r"\1", record["metadata"]["url"]) for record in read("corpus.jsonl")}
    assert all(host.endswith(".example") for host in hosts - {""})
    assert len(hosts) >= 5


def test_no_run_of_eight_words_is_taken_from_the_source_of_the_facts() -> None:
    if not SEED.is_dir():
        pytest.skip(f"the article that the facts come from is not at {SEED}")
    source = {shingle for path in SEED.iterdir() for shingle in shingles(path.read_text(encoding="utf-8"), 8)}
    assert source
    for path in DOSSIER.iterdir():
        assert not shingles(path.read_text(encoding="utf-8"), 8) & source, path.name
