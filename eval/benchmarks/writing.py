"""Writes a benchmark as a folder that `eval.benchmarks.folder` reads back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eval.benchmarks.base import Benchmark, Query
from index.errors import BenchmarkError
from index.maintenance.backup import corpus_line


def write_folder(benchmark: Benchmark, path: Path) -> None:
    """Write corpus, queries and judgements into a new folder.

    Raises BenchmarkError where something is there already, and where an id holds a tab or a line end, which would end
    it in the file of judgements.

    What is written depends on the benchmark alone, byte for byte. A document's source, collection and other metadata
    are not part of the format and stay behind.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BenchmarkError(f"{path} is there already: give the name of a new folder")
    for key in (*(query.id for query in benchmark.queries), *(document.key for document in benchmark.documents)):
        if any(character in key for character in "\t\r\n"):
            raise BenchmarkError(
                f"the id {key!r} holds a tab or a line end: give it another in the benchmark's own file"
            )
    try:
        (path / "qrels").mkdir(parents=True)
        keys = {document.id: document.key for document in benchmark.documents}
        _write_lines(path / "corpus.jsonl", (corpus_line(document, keys) for document in benchmark.documents))
        _write_lines(path / "queries.jsonl", (_query(query) for query in benchmark.queries))
        judged = (
            f"{query}\t{document}\t{relevance}\n"
            for query, documents in benchmark.qrels.items()
            for document, relevance in documents.items()
        )
        with (path / "qrels" / "test.tsv").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(["query-id\tcorpus-id\tscore\n", *judged])
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be written: {error}; choose another folder") from error


def _query(query: Query) -> dict[str, Any]:
    line: dict[str, Any] = {"_id": query.id, "text": query.text}
    if query.answers is not None:
        line["answers"] = list(query.answers)
    if query.history:
        line["history"] = list(query.history)
    if query.rewrite:
        line["rewrite"] = query.rewrite
    if query.evidence:
        line["evidence"] = [{"document": e.document, "start": e.start, "end": e.end} for e in query.evidence]
    if query.given:
        line["given"] = query.given
    if query.metadata:
        line["metadata"] = dict(query.metadata)
    return line


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
