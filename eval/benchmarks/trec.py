"""A collection of TREC: a folder with topics, judgements and documents; every file plain or gzipped.

topics*          `<top>` elements with `<num>` and `<title>`, closed or not; or lines of id and text, a tab between.
                 The title is the question; description and narrative are kept in its metadata.
qrels*           `topic iteration document relevance` on each line, white space between. Below 0 counts as 0.
corpus.jsonl     as in the folder format; or, in its place, files or folders of files whose names start with `docs` or
                 `corpus`: `<DOC>` elements with `<DOCNO>`, a headline, and `<TEXT>`.

Several files of one kind are read in the order of their names. Topics without a judgement are left out, and so are
documents without a word, with their judgements. A topic's number stands without leading zeros.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Iterator
from datetime import date
from pathlib import Path

from eval.benchmarks.base import Benchmark, Format, Query, add_judgement, is_whole, scored
from eval.benchmarks.files import Digest, has, name_of
from eval.benchmarks.folder import read_corpus
from eval.benchmarks.lines import NEXT_FILE, find, read_lines
from eval.benchmarks.sgml import Element, elements
from index.documents import Document
from index.errors import BenchmarkError

_HEADLINES = ("TITLE", "HEADLINE", "HEAD", "HL", "TTL", "H3")
_DATES = ("DATE", "DATE_TIME")
_LABEL = re.compile(r"^(?:Number|Topic|Description|Narrative)\s*:\s*", re.IGNORECASE)

Placed = tuple[str, str]
"""A line with its "file:number" before it."""


def read_trec(path: Path) -> Benchmark:
    """The collection in a folder. Raises BenchmarkError with file and line for whatever is wrong in it."""
    digest = hashlib.sha256()
    topics, qrels = _required(path, "topics"), _required(path, "qrels")
    documents, wordless = _documents(path, digest)
    queries = {query.id: query for query in _topics(topics, digest)}
    if not documents or not queries:
        raise BenchmarkError(f"{path}: holds no {'topic' if documents else 'document'}; nothing can be measured")
    keys = {document.key for document in documents}
    judged = _qrels(qrels, digest, queries, keys, wordless)
    asked = scored(queries.values(), judged, qrels[0])
    return Benchmark(name_of(path), documents, asked, judged, digest.hexdigest())


def _files(folder: Path, *starts: str) -> list[Path]:
    """Files whose name starts so, and all files below folders whose name does, in the order of their paths."""
    entries = [entry for entry in folder.iterdir() if entry.name.startswith(starts)] if folder.is_dir() else []
    below = (entry.rglob("*") if entry.is_dir() else (entry,) for entry in entries)
    return sorted(file for files in below for file in files if file.is_file())


def _required(folder: Path, *starts: str) -> list[Path]:
    found = _files(folder, *starts)
    if not found:
        raise BenchmarkError(f"{folder} holds no file that starts with {' or '.join(starts)}: add it")
    return found


def _placed(files: Iterable[Path], digest: Digest) -> Iterator[Iterator[Placed]]:
    """The lines of each file, the blank ones too, as they part paragraphs."""
    for file in files:
        digest.update(NEXT_FILE)
        yield read_lines(file, digest, blank=True)


def _documents(folder: Path, digest: Digest) -> tuple[tuple[Document, ...], set[str]]:
    """The documents, and the keys of those without a word."""
    if has(folder, "corpus.jsonl"):
        documents, empty = read_corpus(find(folder, "corpus.jsonl"), digest)
        return documents, set(empty)
    seen: dict[str, str] = {}
    kept: list[Document] = []
    for lines in _placed(_required(folder, "docs", "corpus"), digest):
        for element in elements(lines, "DOC"):
            document = _document(element)
            _once(seen, document.key, element.where, "<DOCNO>")
            if document.text:
                kept.append(document)
    return tuple(kept), seen.keys() - {document.key for document in kept}


def _document(element: Element) -> Document:
    key, title = element.within("DOCNO"), " ".join(element.within(*_HEADLINES).split())
    if len(key.split()) != 1:
        raise BenchmarkError(f"{element.where}: the <DOC> that starts here has <DOCNO> {key!r}; it must be one word")
    element.check_closed("TEXT")
    return Document(element.within("TEXT") or title, title, published=_date(element.within(*_DATES)), key=key)


def _date(written: str) -> date | None:
    """A date that is written as 2025-10-23; the other ways in which collections write it are not read."""
    found = re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", written)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def _topics(files: Iterable[Path], digest: Digest) -> Iterator[Query]:
    seen: dict[str, str] = {}
    for lines in _placed(files, digest):
        placed = [(where, line) for where, line in lines if line.strip()]
        marked = bool(placed) and placed[0][1].lstrip().startswith("<")
        for where, query in _marked(placed) if marked else _tabbed(placed):
            _once(seen, query.id, where, "topic")
            yield query


def _marked(lines: Iterable[Placed]) -> Iterator[tuple[str, Query]]:
    for element in elements(lines, "top"):
        fields = {name: _LABEL.sub("", element.after(name), count=1) for name in ("num", "title", "desc", "narr")}
        for name in ("num", "title"):
            if not fields[name]:
                raise BenchmarkError(f"{element.where}: the <top> that starts here has no <{name}>, or an empty one")
        kept = {"description": fields["desc"], "narrative": fields["narr"]}
        metadata = {name: " ".join(text.split()) for name, text in kept.items() if text}
        yield element.where, Query(_number(fields["num"]), " ".join(fields["title"].split()), metadata=metadata)


def _tabbed(lines: Iterable[Placed]) -> Iterator[tuple[str, Query]]:
    for where, line in lines:
        number, _, text = line.partition("\t")
        if not number.strip() or not text.strip():
            raise BenchmarkError(f"{where}: {line[:60]!r} is not a topic's id and text, a tab between")
        yield where, Query(_number(number), text.strip())


def _number(written: str) -> str:
    """A topic's id: the number 051 is 51, as topics and judgements differ in it."""
    bare = written.strip()
    return str(int(bare)) if bare.isascii() and bare.isdigit() else bare


def _once(seen: dict[str, str], key: str, where: str, what: str) -> None:
    if key in seen:
        raise BenchmarkError(f"{where}: the {what} {key!r} stands at {seen[key]} already")
    seen[key] = where


def _qrels(
    files: Iterable[Path], digest: Digest, topics: Container[str], documents: Container[str], left_out: Container[str]
) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for lines in _placed(files, digest):
        for where, line in lines:
            fields = line.split()
            if not fields:
                continue
            if len(fields) != 4 or not is_whole(fields[3]):
                raise BenchmarkError(
                    f"{where}: {line[:60]!r} is not topic, iteration, document and a whole relevance, spaces between"
                )
            topic, document = _number(fields[0]), fields[2]
            if topic not in topics:
                raise BenchmarkError(f"{where}: no topic has the number {topic!r}")
            if document in left_out:
                continue
            if document not in documents:
                raise BenchmarkError(f"{where}: no document has the number {document!r}")
            add_judgement(qrels, where, topic, document, int(fields[3]))
    return qrels


TREC = Format(read_trec, fits=lambda path: path.is_dir() and bool(_files(path, "topics")))
