"""The importers of benchmarks name what is wrong, with its file and line or its place in the JSON, and its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmark_examples import (
    EXAMPLES,
    FOUND,
    MULTIHOP_CORPUS,
    MULTIHOP_QUESTIONS,
    PIER,
    QUIZ,
    RAGAS,
    SQUAD,
    TREC_DOCS,
    TREC_QRELS,
    TREC_TOPICS,
    jsonl,
)  # fmt: skip

from eval.benchmarks import open_benchmark
from index.errors import BenchmarkError


def squad(change: Callable[[dict[str, Any]], object]) -> dict[str, str]:
    """The example with a change to its first question."""
    top = json.loads(json.dumps(SQUAD))
    change(top["data"][0]["paragraphs"][0]["qas"][0])
    return {"pier.json": json.dumps(top)}


def multihop(file: str, **fields: Any) -> dict[str, str]:
    """The example with fields of the first record of a file changed."""
    first, *rest = MULTIHOP_CORPUS if file == "corpus.json" else MULTIHOP_QUESTIONS
    return {file: json.dumps([{**first, **fields}, *rest])}


def quiz(**fields: Any) -> dict[str, str]:
    return {"20250307_qa.jsonl": jsonl(QUIZ[0], {**QUIZ[1], **fields})}


def found(**fields: Any) -> dict[str, str]:
    return {"20250307_gcs.jsonl": jsonl(FOUND[0], {"question_id": "x", "search_result": [fields]})}


QA = "pier.json: data[0]: paragraphs[0]: qas[0]: "
WRONG: list[tuple[str, dict[str, str], str]] = [
    ("squad", {"pier.json": '{"data": [\n{"paragraphs" 1}]}'}, "pier.json:2: not JSON"),
    ("squad", {"pier.json": "[]"}, "pier.json: a list where an object"),
    ("squad", {"pier.json": '{"data": 3}'}, "pier.json: 'data' is '3'"),
    ("squad", {"pier.json": '{"data": []}'}, "pier.json: holds no question"),
    ("squad", squad(lambda q: q.pop("id")), f"{QA}the field 'id' is missing"),
    ("squad", squad(lambda q: q.update(question=" ")), f"{QA}'question'"),
    ("squad", squad(lambda q: q.update(answers=[])), f"{QA}'answers' is '[]'; it must be at least one"),
    ("squad", squad(lambda q: q.update(is_impossible=True)), f"{QA}'answers'"),
    ("squad", squad(lambda q: q.update(is_impossible="no")), f"{QA}'is_impossible' is 'no'; it must be true or"),
    ("squad", squad(lambda q: q.update(id="s2")), "qas[1]: 'id' is 's2'; it must be another id"),
    ("squad", squad(lambda q: q["answers"][1].update(answer_start=26)), f"{QA}answers[1]: 'answer_start' is '26'"),
    ("squad", squad(lambda q: q["answers"][0].update(text="")), f"{QA}answers[0]: 'text'"),
    ("multihop-rag", {"corpus.json": "{}"}, "corpus.json: a dict where a list of objects"),
    ("multihop-rag", {"corpus.json": "[1]"}, "corpus.json: [0]: a int where an object"),
    ("multihop-rag", {"corpus.json": "[]"}, "corpus.json: holds nothing"),
    ("multihop-rag", {"MultiHopRAG.json": "[\n{]"}, "MultiHopRAG.json:2: not JSON"),
    ("multihop-rag", multihop("corpus.json", body=""), "corpus.json: [0]: 'body'"),
    ("multihop-rag", multihop("corpus.json", published_at="soon"), "corpus.json: [0]: 'published_at' is 'soon'"),
    ("multihop-rag", multihop("corpus.json", url="https://wire.example/ice"), "corpus.json: [1]: 'url'"),
    ("multihop-rag", multihop("MultiHopRAG.json", query=None), "MultiHopRAG.json: [0]: 'query'"),
    ("multihop-rag", multihop("MultiHopRAG.json", evidence_list=[{"url": "x"}]), "[0]: evidence_list[0]: 'url' is 'x'"),
    ("realtimeqa", quiz(question_sentence=None), "20250307_qa.jsonl:2: 'question_sentence'"),
    ("realtimeqa", quiz(question_id="20250307_0"), "20250307_qa.jsonl:2: 'question_id' is '20250307_0'"),
    ("realtimeqa", quiz(answer=["2"]), "it must be a list of numbers from 0 to 1"),
    ("realtimeqa", quiz(answer="1"), "20250307_qa.jsonl:2: 'answer' is '1'"),
    ("realtimeqa", quiz(question_date="7 March"), "20250307_qa.jsonl:2: 'question_date' is '7 March'"),
    ("realtimeqa", found(text=5), "20250307_gcs.jsonl:2: search_result[0]: 'text' is '5'"),
    ("realtimeqa", found(text="x", authors="Vale"), "20250307_gcs.jsonl:2: search_result[0]: 'authors'"),
    ("realtimeqa", {"20250307_gcs.jsonl": '{"search_result": []}\n'}, "gcs.jsonl:1: the field 'question_id'"),
    ("trec", {"topics.51-52": TREC_TOPICS.replace("<num>52</num>", "")}, "topics.51-52:11: the <top> that starts here"),
    ("trec", {"topics.51-52": TREC_TOPICS.replace("52", "51")}, "topics.51-52:11: the topic '51' stands at"),
    ("trec", {"topics.51-52": TREC_TOPICS[:-8]}, "topics.51-52:11: the <top> that starts here does not end"),
    ("trec", {"topics.51-52": "51\tpier\nice\n"}, "topics.51-52:2: 'ice' is not a topic's id and text"),
    ("trec", {"qrels.txt": TREC_QRELS + "51 0 AB-1\n"}, "qrels.txt:4: '51 0 AB-1' is not topic"),
    ("trec", {"qrels.txt": TREC_QRELS + "51 0 AB-1 high\n"}, "qrels.txt:4: '51 0 AB-1 high'"),
    ("trec", {"qrels.txt": TREC_QRELS + "51 0 AB-1 1\n"}, "qrels.txt:4: query '51' and document 'AB-1' were judged"),
    ("trec", {"qrels.txt": TREC_QRELS + "60 0 AB-1 1\n"}, "qrels.txt:4: no topic has the number '60'"),
    ("trec", {"qrels.txt": TREC_QRELS + "51 0 AB-9 1\n"}, "qrels.txt:4: no document has the number 'AB-9'"),
    ("trec", {"qrels.txt": ""}, "qrels.txt: judges no document"),
    ("trec", {"docs/ab": TREC_DOCS.replace("AB-2", "AB-1")}, "docs/ab:11: the <DOCNO> 'AB-1' stands at"),
    ("trec", {"docs/ab": TREC_DOCS.replace("AB-2", "")}, "docs/ab:11: the <DOC> that starts here has <DOCNO> ''"),
    ("trec", {"docs/ab": TREC_DOCS.replace("</TEXT>", "", 1)}, "docs/ab:1: the element that starts here has 1 <TEXT>"),
    ("trec", {"docs/ab": TREC_DOCS.replace("</DOC>", "", 1)}, "docs/ab:11: <DOC> inside the one that starts at"),
    ("trec", {"docs/ab": "</DOC>\n"}, "docs/ab:1: </DOC> without a <DOC> before it"),
    ("trec", {"docs/ab": "one\ntwo\n"}, "docs/ab:2: the file ends here and holds no <DOC>"),
    ("ragas", {"samples.jsonl": jsonl(RAGAS[0]) + '{"user_input": ['}, "samples.jsonl:2: not JSON"),
    ("ragas", {"samples.jsonl": jsonl(RAGAS[0], {"user_input": []})}, "samples.jsonl:2: 'user_input' is '[]'"),
    ("ragas", {"samples.jsonl": jsonl({**RAGAS[0], "reference_contexts": PIER})}, "jsonl:1: 'reference_contexts'"),
    ("ragas", {"samples.jsonl": jsonl({"user_input": "Who?"})}, "samples.jsonl: holds no context"),
    ("folder", {"qrels/test.tsv": "query-id\tcorpus-id\tscore\n"}, "test.tsv: judges no document for any question"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "changed", "message"), WRONG)
@pytest.mark.parametrize("gz", [False, True])
def test_what_is_wrong_is_named(form: str, changed: dict[str, str], message: str, gz: bool, tmp_path: Path) -> None:
    path = EXAMPLES[form].write(tmp_path, gz=gz, **changed)
    (name,) = changed
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(path, form)
    said = str(raised.value)
    assert message in (said.replace(f"{name}.gz", name) if gz else said)
