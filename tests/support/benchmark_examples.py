"""One tiny invented benchmark in every format that is read, for the tests of the importers."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QRELS_HEADER = "query-id\tcorpus-id\tscore\n"
PIER = "The harbour council closed the north pier. Four pillars are cracked."
ICE = "The ice plant opened on Friday. It makes forty tonnes of ice a day."


def jsonl(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@dataclass(frozen=True)
class Example:
    """Files of a benchmark by their path in a folder, and the path to open, "" for the folder itself."""

    files: dict[str, str]
    at: str = ""

    def write(self, folder: Path, *, gz: bool = False, **changed: str) -> Path:
        """Write the files, some with another content, and return the path to open."""
        for name, content in {**self.files, **changed}.items():
            file = folder / (f"{name}.gz" if gz else name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.compress(content.encode()) if gz else content.encode())
        return folder / (f"{self.at}.gz" if gz and self.at else self.at)


BEIR_FILES = {
    "corpus.jsonl": jsonl(
        {"_id": "d1", "title": "Pier", "text": PIER, "metadata": {}},
        {"_id": "d2", "title": "", "text": ICE, "metadata": {"url": "https://ice.example"}},
        {"_id": "d3", "title": "", "text": "", "metadata": {}},
    ),
    "queries.jsonl": jsonl(
        {"_id": "q1", "text": "pier closed", "metadata": {}},
        {"_id": "q2", "text": "ice plant", "metadata": {}},
        {"_id": "q3", "text": "ferry fares", "metadata": {}},
        {"_id": "q4", "text": "opera", "metadata": {}},
    ),
    "qrels/test.tsv": f"{QRELS_HEADER}q1\td1\t2\nq1\td2\t-1\nq4\td3\t1\n",
    "qrels/dev.tsv": f"{QRELS_HEADER}q2\td2\t1\n",
    "qrels/train.tsv": f"{QRELS_HEADER}q3\td1\t1\nq3\td2\t0\n",
}

SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "North_Pier",
            "paragraphs": [
                {
                    "context": PIER,
                    "qas": [
                        {
                            "id": "s1",
                            "question": "What did the council close?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "north pier", "answer_start": 31},
                                {"text": "the north pier", "answer_start": 27},
                                {"text": "north pier", "answer_start": 31},
                            ],
                        },
                        {
                            "id": "s2",
                            "question": "Who sank the pier?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "The harbour council", "answer_start": 0}],
                        },
                    ],
                },
                {"context": ICE, "qas": []},
            ],
        }
    ],
}

MULTIHOP_CORPUS: list[dict[str, Any]] = [
    {
        "title": "Pier shut",
        "author": "Ines Vale",
        "source": "Tidewater Post",
        "published_at": "2025-03-04T08:00:00+00:00",
        "category": "local",
        "url": "https://post.example/pier",
        "body": "The council closed\n\n the north pier. Repairs start in May.",
    },
    {"title": "Ice", "author": None, "source": "Island Wire", "url": "https://wire.example/ice", "body": ICE},
]
MULTIHOP_QUESTIONS: list[dict[str, Any]] = [
    {
        "query": "Did both outlets report on the harbour?",
        "answer": "Yes",
        "question_type": "comparison_query",
        "evidence_list": [
            {"title": "Pier shut", "url": "https://post.example/pier", "fact": "The council closed the north pier."},
            {"title": "Ice", "url": "https://wire.example/ice", "fact": "It makes forty tonnes of ice a day."},
            {"title": "Ice", "fact": "The plant is the largest on the coast."},
        ],
    },
    {
        "query": "Which violinist opened the festival?",
        "answer": "Insufficient information.",
        "question_type": "null_query",
        "evidence_list": [],
    },
]

QUIZ: list[dict[str, Any]] = [
    {
        "question_id": "20250307_0",
        "question_date": "2025/03/07",
        "question_source": "Tidewater Post",
        "question_url": "https://post.example/quiz",
        "question_sentence": "Which pier was closed?",
        "choices": ["South pier", "“North pier”"],
        "answer": ["1"],
        "evidence": "The <b>north pier</b> was closed.",
    },
    {
        "question_id": "20250307_1",
        "question_sentence": "How much ice?",
        "choices": ["4", "Forty tonnes"],
        "answer": [1],
    },
]
FOUND: list[dict[str, Any]] = [
    {
        "question_id": "20250307_0",
        "search_time": "2025/03/07/16:34",
        "search_result": [
            {
                "url": "https://post.example/pier",
                "title": "Pier shut",
                "text": PIER,
                "authors": ["Ines Vale", ""],
                "publish_date": "2025/03/04",
            },
            {"url": "https://post.example/empty", "title": "Not fetched", "text": ""},
            {"doc_id": "77", "text": "The northern pierhead and the north piers are others.", "publish_date": None},
        ],
    },
    {"question_id": "20250307_1", "search_result": [{"url": "https://post.example/pier", "text": ICE}, {"text": ICE}]},
]

TREC_TOPICS = """<top>
<num> Number: 051
<title> Topic: pier
closure
<desc> Description:
Why was the pier closed?
<narr> Narrative:
Cracks are relevant.
</top>

<top><num>52</num><title>ice plant</title></top>
"""
TREC_DOCS = f"""<DOC>
<DOCNO> AB-1 </DOCNO>
<DATE>2025-03-04</DATE>
<HEADLINE><P>Pier &amp; quay</P></HEADLINE>
<TEXT>
<P>{PIER}</P>

<P>Work starts in <b>May</b>.</P>
</TEXT>
</DOC>
<DOC><DOCNO>AB-2</DOCNO><TEXT>{ICE}</TEXT></DOC>
<DOC><DOCNO>AB-3</DOCNO><TEXT> </TEXT></DOC>
"""
TREC_QRELS = "51 0 AB-1 2\n051 0 AB-2 -2\n51 0 AB-3 1\n"

RAGAS: list[dict[str, Any]] = [
    {
        "user_input": "Which pier was closed?",
        "retrieved_contexts": [ICE, PIER],
        "reference_contexts": [PIER],
        "response": "The north one.",
        "reference": "The north pier.",
        "synthesizer_name": "single_hop",
    },
    {"user_input": "Who sang?", "retrieved_contexts": [ICE]},
]

EXAMPLES = {
    "folder": Example(BEIR_FILES),
    "folder-dev": Example(BEIR_FILES),
    "folder-train": Example(BEIR_FILES),
    "squad": Example({"pier.json": json.dumps(SQUAD)}, "pier.json"),
    "squad-given": Example({"pier.json": json.dumps(SQUAD)}, "pier.json"),
    "multihop-rag": Example(
        {"corpus.json": json.dumps(MULTIHOP_CORPUS), "MultiHopRAG.json": json.dumps(MULTIHOP_QUESTIONS, indent=1)}
    ),
    "realtimeqa": Example(
        {"20250307_qa.jsonl": jsonl(*QUIZ), "20250307_gcs.jsonl": jsonl(*FOUND)}, "20250307_qa.jsonl"
    ),
    "trec": Example({"topics.51-52": TREC_TOPICS, "qrels.txt": TREC_QRELS, "docs/ab": TREC_DOCS}),
    "ragas": Example({"samples.jsonl": jsonl(*RAGAS)}, "samples.jsonl"),
}


def zipped(files: dict[str, str], top: str = "") -> bytes:
    """The files in an archive, below a folder where one is named."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{top}/{name}" if top else name, content)
    return packed.getvalue()
