"""Fit the two logistic models of the similarity reader and choose its threshold, on development halves only.

    python scripts/fit_similarity.py SQUAD_FOLDER NEWS_FOLDER [--indexes FOLDER]

SQUAD_FOLDER is a benchmark with unanswerable questions, NEWS_FOLDER one of news questions; the packaged sample stands
for small corpora. Each lends another its questions as ones that the corpus cannot answer. Every group of questions
weighs the same. Prints the figures of both halves and writes rag/data/similarity.json. `--indexes` keeps the indexes
for the next time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from fitting import Examples, Rows, fit_logistic, lower_quantile
from sklearn.metrics import roc_auc_score

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark, Query
from eval.indexing import index_corpus
from eval.metrics.answers import normalise
from eval.runner import Half, half_of
from eval.sample import BENCHMARK
from index.documents import Hit, Span
from index.embedders import open_embedder
from index.search import Index
from rag.readers.similarity import CONFIDENCE_FEATURES, SENTENCE_FEATURES, SimilarityReader

TARGET = Path(__file__).parent.parent / "rag" / "data" / "similarity.json"
PASSAGES = 10
KEPT = 0.95
"""Share of the answerable development questions that the threshold lets through."""
FOREIGN = 300
"""Questions borrowed from the other benchmark, whose corpus is about something else."""


def main() -> None:
    """Index both corpora, collect features, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path)
    parser.add_argument("news", type=Path)
    parser.add_argument("--indexes", type=Path)
    arguments = parser.parse_args()
    benchmarks = [open_benchmark(path) for path in (arguments.squad, arguments.news, BENCHMARK)]
    sentences, questions = Examples(), Examples()
    embedder = open_embedder()
    with tempfile.TemporaryDirectory() as temporary:
        for benchmark, other in zip(benchmarks, [*benchmarks[1:], benchmarks[0]], strict=True):
            index, _ = index_corpus(benchmark, (arguments.indexes or Path(temporary)) / benchmark.name, embedder)
            with index:
                for query in benchmark.queries:
                    collect(index, benchmark, query, sentences, questions)
                for query in other.queries[:FOREIGN]:
                    ask(index, query, 0, f"{benchmark.name} foreign", questions)
    report(sentences, questions)


def collect(index: Index, benchmark: Benchmark, query: Query, sentences: Examples, questions: Examples) -> None:
    """Features of a benchmark's own question: with labels for its sentences where it has an answer in a document."""
    relevant = {key for key, grade in benchmark.qrels.get(query.id, {}).items() if grade > 0}
    if query.history:
        return
    if query.unanswerable:
        ask(index, query, 0, f"{benchmark.name} unanswerable", questions)
    elif relevant:
        found, rows = ask(index, query, 1, f"{benchmark.name} answerable", questions)
        answers = [normalise(answer) for answer in query.answers or ()]
        labels = [
            int(hit.document.key in relevant and any(a in normalise(span.of(hit.document.text)) for a in answers))
            for hit, span in found
        ]
        if any(labels):
            sentences.add(rows, labels, half_of(query.id), benchmark.name)


def ask(index: Index, query: Query, label: int, group: str, questions: Examples) -> tuple[list[tuple[Hit, Span]], Rows]:
    """Features of a question as a whole; gives those of its sentences."""
    reader = SimilarityReader(index)
    hits = index.search(query.text, PASSAGES)
    found, rows = reader.features(query.text, hits)
    questions.add([reader.summary(query.text, hits, rows)], [label], half_of(query.id), group)
    return found, rows


def report(sentences: Examples, questions: Examples) -> None:
    """Print the figures and write the file."""
    relevance, sentence = fit_logistic(sentences, SENTENCE_FEATURES)
    confidence, question = fit_logistic(questions, CONFIDENCE_FEATURES)
    rows, _, weights = questions.of("dev", *questions.groups(" answerable"))
    threshold = lower_quantile(confidence.predict_proba(rows)[:, 1], weights, 1 - KEPT)
    halves: tuple[Half, Half] = ("dev", "test")
    for half in halves:
        for name in sentences.groups():
            rows, labels, _ = sentences.of(half, name)
            area = roc_auc_score(labels, relevance.predict_proba(rows)[:, 1])
            print(f"{half}: AUROC of {len(labels)} sentences of {name} {area:.3f}")
            rows, labels, _ = questions.of(half, f"{name} answerable", f"{name} unanswerable")
            if 0 in labels:
                area = roc_auc_score(labels, confidence.predict_proba(rows)[:, 1])
                print(f"{half}: AUROC of {len(labels)} questions of {name} {area:.3f}")
        for group in questions.groups():
            rows, _, _ = questions.of(half, group)
            kept = float((confidence.predict_proba(rows)[:, 1] >= threshold).mean())
            print(f"{half}: of {len(rows)} {group} answered {kept:.3f}")
    stored = {
        "made_by": "scripts/fit_similarity.py on development halves of SQuAD 2.0, a news quiz and the packaged sample",
        "sentence": sentence,
        "confidence": question,
        "threshold": round(threshold, 4),
    }
    TARGET.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
