"""Answers of any system, read from a file, so that they are scored as our own are.

A JSON object on each line, plain or gzipped; all but `query` optional:

query         the id of the question in the benchmark
answer        the whole answer, with citation marks such as [1] after what they support; null or "" for a refusal
short_answer  the answer in a few words, if the system gives one
confidence    in [0, 1], how sure the system is that the corpus answers; if left out, 1 for an answer, 0 for a refusal
sources       what the marks stand for: {"n": 1, "document": id, "quote": words of it}; without `quote` all of it
passages      what was retrieved, best first: {"document": id, "text": words of it}, or "start" and "end" in its text;
              with neither, the whole document
timings_ms    milliseconds by step, such as {"answer": 812}
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.benchmarks.base import Benchmark
from eval.benchmarks.lines import JsonObject, read_lines
from eval.rows import EXCERPTS_KEPT, PASSAGES_KEPT, Cited, Prediction, Ranked, Retrieved, Row, excerpt_of, rounded
from index.documents import Document
from index.errors import BenchmarkError
from index.sentences import sentence_spans
from index.tokens import count_tokens

_MARK = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_MARKS = re.compile(rf"(?:{_MARK.pattern})+")


def read_answers(path: Path, benchmark: Benchmark) -> tuple[dict[str, Row], str]:
    """A row for each answered question, by query id, and the SHA-256 of the file's contents.

    Raises BenchmarkError naming the line: for what is malformed, for a question or document that the benchmark does not
    have, for words that do not stand in their document, and for a second answer to a question.
    """
    texts = {query.id: query.text for query in benchmark.queries}
    digest = hashlib.sha256()
    rows: dict[str, Row] = {}
    for where, text in read_lines(path, digest):
        record = JsonObject.parse(where, text)
        query = record.text("query")
        if query not in texts:
            raise record.wrong("query", f"the _id of a question of {benchmark.name}")
        if query in rows:
            raise BenchmarkError(f"{where}: question {query!r} was answered in an earlier line; keep one of them")
        rows[query] = _row(record, query, texts[query], benchmark.by_key)
    return rows, digest.hexdigest()


def with_missing_rows(rows: Mapping[str, Row], benchmark: Benchmark) -> dict[str, Row]:
    """The rows with an empty one for each question that the file leaves out: it scores nothing, and counts."""
    return {
        query.id: rows.get(query.id) or Row(query.id, query.text, (), error="the file holds no answer")
        for query in benchmark.queries
    }


def _row(record: JsonObject, query: str, text: str, documents: Mapping[str, Document]) -> Row:
    passages = tuple(_passages(record, documents))
    best = {passage.document: passage.score for passage in reversed(passages)}
    ranking = tuple(Ranked(document, best[document]) for document in dict.fromkeys(p.document for p in passages))
    timings = {str(step): _number(record.record("timings_ms"), step) for step in record.record("timings_ms").fields}
    return Row(query, text, ranking, passages[:PASSAGES_KEPT], _prediction(record, documents), "", timings)


def _prediction(record: JsonObject, documents: Mapping[str, Document]) -> Prediction:
    answer = record.text("answer", "")
    answered = bool(answer.strip())
    confidence = _number(record, "confidence") if "confidence" in record.fields else float(answered)
    if not 0 <= confidence <= 1:
        raise record.wrong("confidence", "a number from 0 to 1")
    cited = []
    for source in record.records("sources"):
        document = _document(source, documents)
        start, end = _place(source, document.text, "quote")
        cited.append(Cited(source.integer("n"), document.key, start, end, document.text[start:end]))
    return Prediction(
        answered=answered,
        confidence=rounded(confidence),
        short_answer=record.text("short_answer", "") or None,
        sentences=tuple(_sentences(answer)),
        cited=tuple(cited),
    )


def _sentences(answer: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Sentences without their marks, each with the numbers that stand inside it or right behind it.

    >>> list(_sentences("It rained [1]. Boats sank.[2] [3] Nobody knew [1, 2]."))
    [('It rained.', (1,)), ('Boats sank.', (2, 3)), ('Nobody knew.', (1, 2))]
    """
    # Marks behind a full stop belong to the sentence before it, and would hide the border from the splitter.
    text = re.sub(rf"([.!?][\"”’)]*)({_MARKS.pattern})", lambda match: f" {match[2].strip()}{match[1]}", answer)
    for span in sentence_spans(text):
        sentence = span.of(text)
        numbers = [int(n) for match in _MARK.finditer(sentence) for n in match[1].split(",")]
        if plain := _MARK.sub("", sentence).strip():
            yield plain, tuple(dict.fromkeys(numbers))


def _passages(record: JsonObject, documents: Mapping[str, Document]) -> Iterator[Retrieved]:
    given = record.records("passages")
    for place, passage in enumerate(given):
        document = _document(passage, documents)
        start, end = _place(passage, document.text, "text")
        words = document.text[start:end]
        score = _number(passage, "score") if "score" in passage.fields else float(len(given) - place)
        excerpt = excerpt_of(document, words) if place < EXCERPTS_KEPT else None
        yield Retrieved(document.key, start, end, rounded(score), count_tokens(words), {}, excerpt)


def _document(record: JsonObject, documents: Mapping[str, Document]) -> Document:
    key = record.text("document")
    if key not in documents:
        raise record.wrong("document", "the _id of a document of the benchmark")
    return documents[key]


def _place(record: JsonObject, text: str, field: str) -> tuple[int, int]:
    """Where a passage or a quote stands: given as offsets, found by its words, or else the whole document."""
    if "start" in record.fields or "end" in record.fields:
        start, end = record.integer("start"), record.integer("end")
        if not start < end <= len(text):
            raise record.wrong("end", f"beyond start {start} and at most {len(text)}, the length of the document")
        return start, end
    words = record.text(field, "").split()
    if not words:
        return 0, len(text)
    # Systems join lines and strip spaces when they cut a text; the words and their order tell the place.
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    if not found:
        raise record.wrong(field, "words that stand in the document one after the other; else give start and end")
    return found.span()


def _number(record: JsonObject, name: str) -> float:
    value: Any = record.fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise record.wrong(name, "a number")
    return float(value)
