"""The folder format, a superset of BEIR's; every file plain or gzipped.

corpus.jsonl     {"_id", "title", "text", "metadata": {"outlet", "published", "url", "kind", "authors", "language",
                 "parent", "blocks", "title_derived"}}; all but `_id` and one of title and text optional. `parent` is
                 the `_id` of the article that a headline stood beside. `blocks` says what stretches of the text are,
                 as [start, end, role] in reading order; a text without them is all body. `title_derived`: true says
                 that the title was made from the text.
queries.jsonl    {"_id", "text", "answers", "history", "rewrite", "evidence", "given", "metadata"}; all but `_id` and
                 `text` optional. "answers": [] says that the corpus does not answer the question. "evidence" lists the
                 places that an answer rests on: {"document": _id, "quote": words that the document holds once} or
                 {"document": _id, "start", "end"} in characters of its text. "given" is the _id of the only document
                 to be read for this question.
qrels/test.tsv   the header `query-id corpus-id score`, then a judgement a line, tab-separated.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args

from eval.benchmarks.base import Benchmark, EvidenceSpan, Query
from eval.benchmarks.lines import Digest, Record, find, read_lines
from index.documents import Block, Document, Kind, Role
from index.errors import BenchmarkError

_HEADER = ["query-id", "corpus-id", "score"]


def read_folder(path: Path) -> Benchmark:
    """The benchmark in a folder. Raises BenchmarkError with file and line for whatever is wrong in it."""
    if not path.is_dir():
        raise BenchmarkError(f"{path} is not a folder: give one with corpus.jsonl, queries.jsonl and qrels/test.tsv")
    digest = hashlib.sha256()
    corpus, queries, qrels = (find(path, name) for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"))
    documents = tuple(_documents(_records(corpus, digest)))
    texts = {document.key: document.text for document in documents}
    asked = tuple(_query(record, texts) for record in _records(queries, digest))
    if not documents or not asked:
        raise BenchmarkError(f"{queries if documents else corpus}: holds no line; nothing can be measured")
    judged = _qrels(qrels, digest, {query.id for query in asked}, texts.keys())
    return Benchmark(path.resolve().name, documents, asked, judged, digest.hexdigest())


def _records(path: Path, digest: Digest) -> Iterator[Record]:
    """The objects of a JSONL file, each `_id` once."""
    seen: dict[str, str] = {}
    digest.update(b"\x00file\x00")
    for where, text in read_lines(path, digest):
        record = Record.parse(where, text)
        first = seen.setdefault(record.text("_id"), where)
        if first != where:
            raise BenchmarkError(f"{where}: the _id {record.text('_id')!r} stands at {first} already")
        yield record


def _documents(records: Iterable[Record]) -> Iterator[Document]:
    """Documents in their order; a headline's parent becomes the id of the parent's document."""
    read = [(record, _document(record)) for record in records]
    by_key = {document.key: document for _, document in read}
    for record, document in read:
        if not document.parent:
            yield document
            continue
        parent = by_key.get(document.parent)
        if parent is None or parent.parent:
            raise record.record("metadata").wrong("parent", "the _id of a document that has no parent itself")
        yield dataclasses.replace(document, parent=parent.id)


def _document(record: Record) -> Document:
    metadata = record.record("metadata")
    title = record.text("title", "")
    # A line of BEIR may have a title only; then the title is what can be found and quoted.
    text = record.text("text", "") or title
    if not text.strip():
        raise record.wrong("text", "a string that is not empty, as there is no title either")
    kind: Any = metadata.text("kind", "article")
    if kind not in get_args(Kind):
        raise metadata.wrong("kind", " or ".join(get_args(Kind)))
    return Document(
        text=text,
        title=title,
        kind=kind,
        outlet=metadata.text("outlet", ""),
        authors=metadata.texts("authors") or (),
        published=_date(metadata),
        url=metadata.text("url", ""),
        language=metadata.text("language", ""),
        key=record.text("_id"),
        parent=metadata.text("parent", ""),
        blocks=tuple(_blocks(metadata, len(text))),
        title_derived=metadata.fields.get("title_derived") is True,
    )


def _blocks(metadata: Record, length: int) -> Iterator[Block]:
    """What stretches of a text of that length are; they follow each other and do not overlap."""
    expected = f"a list of [start, end, role] in reading order, within the {length} characters of the text"
    listed = metadata.fields.get("blocks") or []
    done = 0
    for item in listed if isinstance(listed, list) else [listed]:
        match item:
            case [int(start), int(end), str(role)] if done <= start < end <= length and role in get_args(Role):
                yield Block(start, end, cast(Role, role))
                done = end
            case _:
                raise metadata.wrong("blocks", expected)


def _date(metadata: Record) -> date | None:
    written = metadata.text("published", "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise metadata.wrong("published", "a date such as 2025-10-23") from None


def _query(record: Record, texts: Mapping[str, str]) -> Query:
    given = record.text("given", "")
    if given and given not in texts:
        raise record.wrong("given", "the _id of a document")
    return Query(
        id=record.text("_id"),
        text=record.text("text"),
        answers=record.texts("answers"),
        history=record.texts("history") or (),
        rewrite=record.text("rewrite", ""),
        evidence=tuple(_evidence(item, texts) for item in record.records("evidence")),
        given=given,
        metadata=record.record("metadata").fields,
    )


def _evidence(record: Record, texts: Mapping[str, str]) -> EvidenceSpan:
    key = record.text("document")
    if key not in texts:
        raise record.wrong("document", "the _id of a document")
    text = texts[key]
    if "quote" in record.fields:
        quote = record.text("quote")
        if text.count(quote) != 1:
            raise record.wrong("quote", f"words that stand in {key!r} exactly once")
        start = text.index(quote)
        return EvidenceSpan(key, start, start + len(quote))
    start, end = record.integer("start"), record.integer("end")
    if not start < end <= len(text):
        raise record.wrong("end", f"beyond start {start} and at most {len(text)}, the length of {key!r}")
    return EvidenceSpan(key, start, end)


def _qrels(path: Path, digest: Digest, queries: Set[str], documents: Set[str]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    digest.update(b"\x00file\x00")
    lines = read_lines(path, digest)
    where, header = next(lines, (f"{path}:1", ""))
    if header.split("\t") != _HEADER:
        raise BenchmarkError(f"{where}: the first line must be {' '.join(_HEADER)!r}, separated by tabs")
    for where, line in lines:
        query, document, relevance = _judgement(where, line)
        if query not in queries:
            raise BenchmarkError(f"{where}: no query has the _id {query!r}")
        if document not in documents:
            raise BenchmarkError(f"{where}: no document has the _id {document!r}")
        if document in qrels.setdefault(query, {}):
            raise BenchmarkError(f"{where}: query {query!r} and document {document!r} were judged already")
        qrels[query][document] = relevance
    return qrels


def _judgement(where: str, line: str) -> tuple[str, str, int]:
    fields = line.split("\t")
    if len(fields) != len(_HEADER) or not fields[2].isascii() or not fields[2].isdigit():
        raise BenchmarkError(
            f"{where}: {line[:60]!r} is not query id, document id and a whole score from 0, tabs between"
        )
    return fields[0], fields[1], int(fields[2])
