"""The folder format, a superset of BEIR's; every file plain or gzipped, the folder as it is or in a zip archive.

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
qrels/test.tsv   the header `query-id corpus-id score`, then a judgement a line, tab-separated. A score below 0 counts
                 as 0. `folder-dev` and `folder-train` read dev.tsv and train.tsv in its place.

A folder whose queries have nothing but `_id`, `text` and `metadata` is a download of BEIR. Its queries.jsonl holds the
queries of all splits: those without a judgement in the split are left out. Some of its corpora hold documents without a
word: they are left out too, with their judgements. In any other folder both stay errors or questions, as the case is:
a question without a judgement is one that the corpus does not answer.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from eval.benchmarks.base import Benchmark, EvidenceSpan, Format, Query, add_judgement, is_whole, scored
from eval.benchmarks.files import MOST_BYTES, Digest, File, Hash, Metered, has, name_of, unpacked
from eval.benchmarks.lines import NEXT_FILE, FileT, JsonObject, find, json_lines, read_lines
from index.documents import Block, Document, Kind, Role
from index.errors import BenchmarkError

_HEADER = ["query-id", "corpus-id", "score"]


def read_folder(path: Path, split: str = "test", *, most: int = MOST_BYTES) -> Benchmark:
    """The benchmark in a folder or a zip archive, with the judgements of `qrels/<split>.tsv`.

    Raises BenchmarkError with file and line for whatever is wrong in it, and where an archive holds more than `most`
    bytes when decompressed.
    """
    if path.suffix == ".zip" and path.is_file():
        digest = Metered(path, most)
        with unpacked(path, "corpus.jsonl") as folder:
            return _read(folder, split, folder.name if folder.at else path.stem, digest)
    if not path.is_dir():
        raise BenchmarkError(f"{path} is not a folder: give one with corpus.jsonl, queries.jsonl and qrels/{split}.tsv")
    return _read(path, split, name_of(path), hashlib.sha256())


def _read(folder: FileT, split: str, name: str, digest: Hash) -> Benchmark:
    corpus, queries, qrels = (find(folder, file) for file in ("corpus.jsonl", "queries.jsonl", f"qrels/{split}.tsv"))
    documents, wordless = read_corpus(corpus, digest)
    texts = {document.key: document.text for document in documents}
    asked = tuple(_query(record, texts) for record in _records(queries, digest))
    if not documents or not asked:
        raise BenchmarkError(f"{queries if documents else corpus}: holds no line; nothing can be measured")
    if wordless and any(query.more_than_text for query in asked):
        first = next(iter(wordless.values()))
        raise first.wrong("text", "a string that is not empty, as there is no title either")
    judged = _qrels(qrels, digest, {query.id for query in asked}, texts.keys(), wordless.keys())
    return Benchmark(name, documents, scored(asked, judged, qrels), judged, digest.hexdigest())


def read_corpus(path: File, digest: Digest) -> tuple[tuple[Document, ...], dict[str, JsonObject]]:
    """The documents of a corpus.jsonl, and by `_id` the lines that have no words to make a document of."""
    records = {record.text("_id"): record for record in _records(path, digest)}
    wordless = {key: record for key, record in records.items() if not _text(record).strip()}
    return tuple(_documents(record for key, record in records.items() if key not in wordless)), wordless


def _records(path: File, digest: Digest) -> Iterator[JsonObject]:
    """The objects of a JSONL file, each `_id` once."""
    seen: dict[str, str] = {}
    for record in json_lines(path, digest):
        first = seen.setdefault(record.text("_id"), record.where)
        if first != record.where:
            raise BenchmarkError(f"{record.where}: the _id {record.text('_id')!r} stands at {first} already")
        yield record


def _documents(records: Iterable[JsonObject]) -> Iterator[Document]:
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


def _document(record: JsonObject) -> Document:
    metadata = record.record("metadata")
    kind: Any = metadata.text("kind", "article")
    if kind not in get_args(Kind):
        raise metadata.wrong("kind", " or ".join(get_args(Kind)))
    return Document(
        text=_text(record),
        title=record.text("title", ""),
        kind=kind,
        outlet=metadata.text("outlet", ""),
        authors=metadata.texts("authors") or (),
        published=_date(metadata),
        url=metadata.text("url", ""),
        language=metadata.text("language", ""),
        key=record.text("_id"),
        parent=metadata.text("parent", ""),
        blocks=tuple(_blocks(metadata, len(_text(record)))),
        title_derived=metadata.fields.get("title_derived") is True,
    )


def _text(record: JsonObject) -> str:
    """The text; a line of BEIR may have a title only, which is then what can be found and quoted."""
    return record.text("text", "") or record.text("title", "")


def _blocks(metadata: JsonObject, length: int) -> Iterator[Block]:
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


def _date(metadata: JsonObject) -> date | None:
    written = metadata.text("published", "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise metadata.wrong("published", "a date such as 2025-10-23") from None


def _query(record: JsonObject, texts: Mapping[str, str]) -> Query:
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


def _evidence(record: JsonObject, texts: Mapping[str, str]) -> EvidenceSpan:
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


def _qrels(
    path: File, digest: Digest, queries: Set[str], documents: Set[str], left_out: Set[str]
) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    digest.update(NEXT_FILE)
    lines = read_lines(path, digest)
    where, header = next(lines, (f"{path}:1", ""))
    if header.split("\t") != _HEADER:
        raise BenchmarkError(f"{where}: the first line must be {' '.join(_HEADER)!r}, separated by tabs")
    for where, line in lines:
        fields = line.split("\t")
        if len(fields) != len(_HEADER) or not is_whole(fields[2]):
            raise BenchmarkError(f"{where}: {line[:60]!r} is not query id, document id and a whole score, tabs between")
        query, document, relevance = fields
        if query not in queries:
            raise BenchmarkError(f"{where}: no query has the _id {query!r}")
        if document in left_out:
            continue
        if document not in documents:
            raise BenchmarkError(f"{where}: no document has the _id {document!r}")
        add_judgement(qrels, where, query, document, int(relevance))
    return qrels


def _fits(path: Path) -> bool:
    return path.suffix == ".zip" or any(has(path, name) for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"))


FOLDER = Format(read_folder, _fits)
FOLDER_DEV, FOLDER_TRAIN = (Format(partial(read_folder, split=split), _fits) for split in ("dev", "train"))
