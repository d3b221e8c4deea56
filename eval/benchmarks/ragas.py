"""Samples of ragas: a JSON line for each `SingleTurnSample`, as its EvaluationDataset writes them.

The documents are the distinct contexts of all samples, those that a question was made from (`reference_contexts`) and
those that some system retrieved (`retrieved_contexts`), numbered from c1. `user_input` is the question, numbered from
q1, `reference` its one answer, and its `reference_contexts` its judgement. `response`, an answer that some system gave,
is left out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from eval.benchmarks.base import Benchmark, Format, Query, scored
from eval.benchmarks.files import head, name_of
from eval.benchmarks.lines import JsonObject, json_lines
from index.documents import Document
from index.errors import BenchmarkError


def read_ragas(path: Path) -> Benchmark:
    """The benchmark that a file of samples amounts to. Raises BenchmarkError with file, line and field."""
    digest = hashlib.sha256()
    contexts: dict[str, str] = {}
    queries: list[Query] = []
    qrels: dict[str, dict[str, int]] = {}
    for number, record in enumerate(json_lines(path, digest), start=1):
        references = record.texts("reference_contexts") or ()
        for context in (*references, *(record.texts("retrieved_contexts") or ())):
            contexts.setdefault(context, f"c{len(contexts) + 1}")
        query = _query(f"q{number}", record)
        queries.append(query)
        if references:
            qrels[query.id] = dict.fromkeys((contexts[context] for context in references), 1)
    if not contexts:
        raise BenchmarkError(f"{path}: holds no context; give samples with reference_contexts or retrieved_contexts")
    documents = tuple(Document(context, key=key) for context, key in contexts.items())
    return Benchmark(name_of(path), documents, scored(queries, qrels, path), qrels, digest.hexdigest())


def _query(name: str, record: JsonObject) -> Query:
    reference, kind = record.text("reference", ""), record.text("synthesizer_name", "")
    return Query(
        id=name,
        text=record.text("user_input"),
        answers=(reference,) if reference.strip() else None,
        metadata={"type": kind} if kind else {},
    )


RAGAS = Format(read_ragas, fits=lambda path: '"user_input"' in head(path).lstrip().partition("\n")[0])
