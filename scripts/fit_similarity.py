"""Fit the two logistic models of the similarity reader and choose its threshold, on development halves only.

    python scripts/fit_similarity.py SQUAD_FOLDER NEWS_FOLDER

SQUAD_FOLDER is a benchmark with unanswerable questions, NEWS_FOLDER one of news questions; each also lends the other its
questions as ones that the corpus cannot answer. Prints the figures of the other half and writes
rag/data/similarity.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark, Query
from eval.metrics.answers import normalise
from eval.runner import half_of
from index.embedders import open_embedder
from index.search import Index
from rag.similarity import CONFIDENCE_FEATURES, SENTENCE_FEATURES, SimilarityReader

TARGET = Path(__file__).parent.parent / "rag" / "data" / "similarity.json"
PASSAGES = 10
KEPT = 0.95
"""Share of the answerable development questions that the threshold must let through."""

Rows = NDArray[np.float64]


@dataclass
class Examples:
    """Rows of features with labels, and which group each stands for."""

    rows: list[Rows]
    labels: list[int]
    groups: list[str]

    def add(self, rows: Iterable[Rows], labels: Iterable[int], group: str) -> None:
        before = len(self.rows)
        self.rows.extend(rows)
        self.labels.extend(labels)
        self.groups += [group] * (len(self.rows) - before)

    def of(self, *groups: str) -> tuple[Rows, NDArray[np.int64]]:
        chosen = [n for n, group in enumerate(self.groups) if not groups or group in groups]
        return np.array([self.rows[n] for n in chosen]), np.array([self.labels[n] for n in chosen])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path)
    parser.add_argument("news", type=Path)
    arguments = parser.parse_args()
    benchmarks = [open_benchmark(arguments.squad), open_benchmark(arguments.news)]
    sentences = {half: Examples([], [], []) for half in ("dev", "test")}
    summaries = {half: Examples([], [], []) for half in ("dev", "test")}
    embedder = open_embedder()
    with tempfile.TemporaryDirectory() as folder:
        for number, benchmark in enumerate(benchmarks):
            with Index.create(Path(folder) / str(number), embedder) as index:
                index.add_documents(benchmark.documents)
                foreign = benchmarks[1 - number]
                collect(index, benchmark, benchmark.queries, benchmark.name, sentences, summaries)
                collect(index, benchmark, foreign.queries[:300], f"{benchmark.name}-foreign", None, summaries)
    report(sentences, summaries, [benchmark.name for benchmark in benchmarks])


def collect(
    index: Index,
    benchmark: Benchmark,
    queries: Sequence[Query],
    group: str,
    sentences: dict[str, Examples] | None,
    summaries: dict[str, Examples],
) -> None:
    reader = SimilarityReader(index)
    for query in queries:
        hits = index.search(query.text, PASSAGES)
        found, rows = reader.features(query.text, hits)
        if not found:
            continue
        relevant = benchmark.qrels.get(query.id, {})
        answerable = bool(query.answers) and bool(relevant) and sentences is not None
        half = half_of(query.id)
        kind = "answerable" if answerable else "unanswerable"
        summaries[half].add([reader.summary(query.text, hits, rows)], [int(answerable)], f"{group}-{kind}")
        if answerable and sentences is not None:
            answers = [normalise(answer) for answer in query.answers or ()]
            labels = [
                int(hit.document.key in relevant and any(a in normalise(span.of(hit.document.text)) for a in answers))
                for hit, span in found
            ]
            sentences[half].add(rows, labels, group)


def fit(rows: Rows, labels: NDArray[np.int64], names: Sequence[str]) -> tuple[LogisticRegression, dict[str, object]]:
    model = LogisticRegression(C=10.0, max_iter=2000).fit(rows, labels)
    weights = {name: round(float(value), 4) for name, value in zip(names, model.coef_[0], strict=True)}
    return model, {"bias": round(float(model.intercept_[0]), 4), "weights": weights}


def report(sentences: dict[str, Examples], summaries: dict[str, Examples], names: Sequence[str]) -> None:
    sentence_model, sentence = fit(*sentences["dev"].of(), SENTENCE_FEATURES)
    confidence_model, confidence = fit(*summaries["dev"].of(), CONFIDENCE_FEATURES)
    own = f"{names[0]}-answerable"
    scores = confidence_model.predict_proba(summaries["dev"].of(own, f"{names[1]}-answerable")[0])[:, 1]
    threshold = float(np.quantile(scores, 1 - KEPT))
    for half in ("dev", "test"):
        rows, labels = sentences[half].of()
        print(half, "sentences", len(labels), "AUROC", roc_auc_score(labels, sentence_model.predict_proba(rows)[:, 1]))
        rows, labels = summaries[half].of(own, f"{names[0]}-unanswerable")
        predicted = confidence_model.predict_proba(rows)[:, 1]
        print(half, names[0], len(labels), "AUROC", roc_auc_score(labels, predicted))
        for group in sorted(set(summaries[half].groups)):
            predicted = confidence_model.predict_proba(summaries[half].of(group)[0])[:, 1]
            print(half, group, len(predicted), "answered", round(float((predicted >= threshold).mean()), 3))
    made = {
        "made_by": "scripts/fit_similarity.py on the development halves of a SQuAD 2.0 and a news-quiz benchmark",
        "sentence": sentence,
        "confidence": confidence,
        "threshold": round(threshold, 4),
    }
    TARGET.write_text(json.dumps(made, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
