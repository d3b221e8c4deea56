"""SQuAD 1.1 and 2.0: one JSON file of Wikipedia articles, their paragraphs, and questions about each paragraph.

Every paragraph is a document with the article's title; its key is the title and the paragraph's number in it. A
question's judgement is its paragraph. Its answers are the distinct texts that annotators marked. Its evidence is the
first of their spans: evidence means that every span is needed, and the spans of several annotators are alternatives to
each other. A question with "is_impossible" has no answer in the corpus; its plausible answers are wrong, and left out.

`squad` searches all paragraphs; `squad-given` reads only the question's own, as the dataset was made for.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from eval.benchmarks.base import Benchmark, EvidenceSpan, Format, Query
from eval.benchmarks.files import head, name_of
from eval.benchmarks.lines import JsonObject, read_json
from index.documents import Document
from index.errors import BenchmarkError

_SIGNS = re.compile(r'\s*\{.*"(?:data|version)"\s*:.*"paragraphs"\s*:', re.DOTALL)


def read_squad(path: Path, *, given: bool = False) -> Benchmark:
    """Questions over all paragraphs; if `given`, each has the paragraph that it was asked about to read, and no other.

    Raises BenchmarkError with the JSON path of whatever is wrong.
    """
    digest = hashlib.sha256()
    top = read_json(path, digest)
    if not isinstance(top, dict):
        raise BenchmarkError(f"{path}: a {type(top).__name__} where an object with 'data' is expected")
    paragraphs = list(_paragraphs(JsonObject(str(path), top)))
    queries = tuple(_distinct(_queries(paragraphs, given)))
    if not queries:
        raise BenchmarkError(f"{path}: holds no question; nothing can be measured")
    qrels = {query.id: {span.document: 1 for span in query.evidence} for query in queries if query.evidence}
    documents = tuple(document for _, document in paragraphs)
    return Benchmark(name_of(path), documents, queries, qrels, digest.hexdigest())


def _paragraphs(top: JsonObject) -> Iterator[tuple[JsonObject, Document]]:
    """Every paragraph with its document. Two articles of one title go on counting where the first one ended."""
    counts: Counter[str] = Counter()
    for article in top.records("data"):
        title = " ".join(article.text("title", "").replace("_", " ").split())
        for paragraph in article.records("paragraphs"):
            counts[title] += 1
            yield paragraph, Document(paragraph.text("context"), title, key=f"{title} #{counts[title]}".strip())


def _queries(paragraphs: Iterable[tuple[JsonObject, Document]], given: bool) -> Iterator[tuple[JsonObject, Query]]:
    for paragraph, document in paragraphs:
        for record in paragraph.records("qas"):
            spans = []
            for answer in record.records("answers"):
                text, start = answer.text("text"), answer.integer("answer_start")
                if not document.text.startswith(text, start):
                    raise answer.wrong("answer_start", f"where {text[:40]!r} stands in the context")
                spans.append(EvidenceSpan(document.key, start, start + len(text)))
            impossible = record.flag("is_impossible")
            if impossible == bool(spans):
                raise record.wrong("answers", "empty, as the question is impossible" if impossible else "at least one")
            yield (
                record,
                Query(
                    id=record.text("id"),
                    text=record.text("question"),
                    answers=tuple(dict.fromkeys(document.text[span.start : span.end] for span in spans)),
                    evidence=tuple(spans[:1]),
                    given=document.key if given else "",
                    metadata={"title": document.title, "type": "unanswerable" if impossible else "answerable"},
                ),
            )


def _distinct(queries: Iterable[tuple[JsonObject, Query]]) -> Iterator[Query]:
    seen: dict[str, str] = {}
    for record, query in queries:
        if query.id in seen:
            raise record.wrong("id", f"another id, as this one stands at {seen[query.id]} already")
        seen[query.id] = record.where
        yield query


SQUAD = Format(read_squad, fits=lambda path: _SIGNS.match(head(path)) is not None)
SQUAD_GIVEN = Format(partial(read_squad, given=True), SQUAD.fits)
