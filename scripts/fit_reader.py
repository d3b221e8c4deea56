"""Fit how far the trained reader is trusted, and its threshold, on development halves only.

    python scripts/fit_reader.py BENCHMARK... [--indexes FOLDER] [--both]

Each BENCHMARK is a folder in the format of `docs/evaluation.md`; the packaged sample is always taken in. Each lends the
next its questions as ones that the corpus cannot answer, and what can be answered is asked once more with the passages
that answer taken out of what was found. Four models are fitted, one on the other's output: passages
(listwise, on relevance judgements), spans (listwise, on acceptable answers), sentences and the confidence (logistic).
Every group of questions weighs the same. Prints figures and writes rag/data/reader.json. `--indexes`
keeps the indexes for the next time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from fitting import Examples, Rows, fit_logistic, stored
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark, Query, asked_on
from eval.indexing import index_corpus
from eval.metrics.answers import contains
from eval.runner import Half, half_of
from eval.sample import BENCHMARK
from index.embedders import open_embedder
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.config import Settings
from rag.english.grammar import answer_key
from rag.question.question import Question
from rag.readers.features import (
    CONFIDENCE_FEATURES,
    PASSAGE_FEATURES,
    SENTENCE_FEATURES,
    SPAN_FEATURES,
    Features,
    confidence_row,
    passage_rows,
    sentence_rows,
)
from rag.readers.onnx import OnnxPairReader
from rag.readers.trained import TrainedReader, Trust, Weights

TARGET = Path(__file__).parent.parent / "rag" / "data" / "reader.json"
FOREIGN = 100
"""Questions borrowed from another benchmark, whose corpus is about something else."""
PASSAGES = Settings().k
SEARCHED = 2 * PASSAGES
"""Enough to fill the list again where those that answer are taken out."""
WITHHELD = "withheld"
ANSWERABLE = 0.55
"""Weight of the questions that can be answered when the threshold is chosen, however many groups there are."""
PENALTY = 1e-3
_NOTHING = Weights(0.0, ())
UNFITTED = Trust(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, 0.0)


@dataclass
class Asked:
    """A question as it was read; `relevant` are keys of documents, `group` the benchmark and what is known of it."""

    query: Query
    half: Half
    group: str
    relevant: frozenset[str]
    read: Features


@dataclass
class Listwise:
    """Rows of alternatives of which some are right, one list for each question of a group."""

    lists: dict[str, list[tuple[Rows, NDArray[np.bool_]]]] = field(default_factory=dict)

    def add(self, group: str, rows: Rows, right: NDArray[np.bool_]) -> None:
        """Take in a question; one without a right or without a wrong alternative teaches nothing."""
        if right.any() and not right.all():
            self.lists.setdefault(group, []).append((rows, right))

    def loss(self, weights: Rows) -> float:
        """Mean over groups of the mean negative log probability of a right alternative, with a penalty."""
        total = 0.0
        for lists in self.lists.values():
            logits = [(rows @ weights, right) for rows, right in lists]
            total += float(np.mean([np.logaddexp.reduce(z) - np.logaddexp.reduce(z[right]) for z, right in logits]))
        return total / len(self.lists) + PENALTY * float((weights**2).sum())

    def fit(self, names: Sequence[str]) -> dict[str, Any]:
        """The best weights, as they are stored."""
        return stored(names, minimize(self.loss, np.zeros(len(names)), method="BFGS").x)


def main() -> None:
    """Index and read everything once, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", type=Path, nargs="+")
    parser.add_argument("--indexes", type=Path)
    parser.add_argument(
        "--both", action="store_true", help="read and report the test halves too; nothing is fitted on them"
    )
    parser.add_argument("--graph", type=Path, help="another reader than the packaged one")
    arguments = parser.parse_args()
    benchmarks = [open_benchmark(path) for path in [*arguments.benchmarks, BENCHMARK]]
    questions: list[Asked] = []
    embedder, pairs = open_embedder(), OnnxPairReader(arguments.graph)
    with tempfile.TemporaryDirectory() as temporary:
        for benchmark, other in zip(benchmarks, [*benchmarks[1:], benchmarks[0]], strict=True):
            index, _ = index_corpus(benchmark, (arguments.indexes or Path(temporary)) / benchmark.name, embedder)
            with index:
                reader = TrainedReader(pairs, index, UNFITTED)
                # Only searches; a reader whose features have just changed could not be opened.
                chain = build_chain(index, Settings(k=SEARCHED, reader="similarity"))
                for query, foreign in [(q, False) for q in benchmark.queries] + [
                    (q, True) for q in other.queries[:FOREIGN]
                ]:
                    if not query.history and (arguments.both or half(query) == "dev"):
                        questions += ask(chain, reader, benchmark, query, foreign=foreign)
            print(f"{benchmark.name}: {len(questions)} questions read", flush=True)
    # What fit_overview.py fits is kept.
    written = json.loads(TARGET.read_text("utf-8")) | fit(questions)
    TARGET.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


def ask(
    chain: AnswerChain, reader: TrainedReader, benchmark: Benchmark, query: Query, *, foreign: bool
) -> Iterator[Asked]:
    """Search and read one question; where it can be answered, again without the passages that do."""
    question = chain.understand(Question.of(query.text, asked_on=asked_on(query)))
    hits = chain.retrieve(question)
    relevant = {} if foreign else benchmark.qrels.get(query.id, {})
    kind = "foreign" if foreign else "unanswerable" if query.unanswerable else "answerable"
    right = frozenset(key for key, grade in relevant.items() if grade > 0)
    group = f"{benchmark.name} {kind}"
    yield Asked(query, half(query), group, right, reader.features(question, hits[:PASSAGES]))
    rest = [hit for hit in hits if hit.document.key not in right and not holds(hit.text, query)]
    if right and rest:
        measured = reader.features(question, rest[:PASSAGES])
        yield Asked(query, half(query), f"{benchmark.name} {WITHHELD}", frozenset(), measured)


def half(query: Query) -> Half:
    """The benchmark's own split where it has one."""
    named = query.metadata.get("split")
    return named if named in ("dev", "test") else half_of(query.id)


def fit(questions: Sequence[Asked]) -> dict[str, Any]:
    """Fit the four models, each on the output of the ones before, and report; gives what is stored."""
    passages, spans = Listwise(), Listwise()
    for asked in questions:
        if asked.half == "dev" and asked.relevant:
            accepted = {answer_key(answer) for answer in asked.query.answers or ()}
            right = np.array([key in accepted for key in asked.read.keys], dtype=bool)
            spans.add(asked.group, asked.read.span_rows, right & ~asked.read.ignored)
    models = {"span": spans.fit(SPAN_FEATURES)}
    trust = replace(UNFITTED, span=weights(models["span"]))
    for asked in questions:
        if asked.half == "dev" and asked.relevant:
            keys = [hit.document.key in asked.relevant for hit in asked.read.hits]
            passages.add(asked.group, passage_rows(asked.read, trust.answers(asked.read)), np.array(keys))
    models["passage"] = passages.fit(PASSAGE_FEATURES)
    trust = replace(trust, passage=weights(models["passage"]))
    sentences, whole = Examples(), Examples()
    for asked in questions:
        answers = trust.answers(asked.read)
        order = trust.passage.logits(passage_rows(asked.read, answers))
        rows = sentence_rows(asked.read, order, answers)
        if asked.relevant and asked.query.answers:
            labels = [
                int(s.hit.document.key in asked.relevant and holds(s.sentence.of(s.hit.document.text), asked.query))
                for s in asked.read.sentences
            ]
            if any(labels):
                sentences.add(rows, labels, asked.half, asked.group)
        row = confidence_row(asked.read, order, answers)
        whole.add([row], [int(asked.group.endswith(" answerable"))], asked.half, asked.group)
    relevance, models["sentence"] = fit_logistic(sentences, SENTENCE_FEATURES)
    confidence, models["confidence"] = fit_logistic(whole, CONFIDENCE_FEATURES)
    threshold = best_threshold(whole, confidence)
    report(sentences, relevance, whole, confidence, threshold)
    return {
        "made_by": "scripts/fit_reader.py on development halves of SQuAD 2.0, news quizzes, SciFact and the sample",
        **models,
        "threshold": round(threshold, 4),
    }


def weights(model: Mapping[str, Any]) -> Weights:
    """A stored model, in the order in which it was stored."""
    return Weights(model["bias"], tuple(model["weights"].values()))


def holds(sentence: str, query: Query) -> bool:
    """Whether an acceptable answer stands in a sentence."""
    return any(contains(sentence, answer) for answer in query.answers or ())


def best_threshold(whole: Examples, confidence: LogisticRegression) -> float:
    """The threshold with the best mean, over groups, of the share of questions treated rightly.

    What can be answered has a little more weight: a quote is seen not to answer, what is refused is lost.
    """
    rows, labels, shares = whole.of("dev", *whole.groups())
    for label, weight in ((1, ANSWERABLE), (0, 1 - ANSWERABLE)):
        shares[labels == label] *= weight / shares[labels == label].sum()
    said = confidence.predict_proba(rows)[:, 1]
    candidates = np.unique(np.round(said, 3))
    right = [float(shares[(said >= candidate) == (labels == 1)].sum()) for candidate in candidates]
    return float(candidates[int(np.argmax(right))])


def report(
    sentences: Examples,
    relevance: LogisticRegression,
    whole: Examples,
    confidence: LogisticRegression,
    threshold: float,
) -> None:
    """Print the figures of the halves that were read."""
    for half_ in sorted({own for own, _ in whole.tags}):
        for name in sentences.groups():
            rows, labels, _ = sentences.of(half_, name)
            area = roc_auc_score(labels, relevance.predict_proba(rows)[:, 1])
            print(f"{half_}: AUROC of {len(labels)} sentences of {name} {area:.3f}")
        for group in [*whole.groups(" unanswerable"), *whole.groups(f" {WITHHELD}")]:
            name = group.rpartition(" ")[0]
            rows, labels, _ = whole.of(half_, group, f"{name} answerable")
            area = roc_auc_score(labels, confidence.predict_proba(rows)[:, 1])
            print(f"{half_}: AUROC of {len(labels)} questions, {group} against answerable, {area:.3f}")
        for group in whole.groups():
            rows, _, _ = whole.of(half_, group)
            kept = float((confidence.predict_proba(rows)[:, 1] >= threshold).mean())
            print(f"{half_}: of {len(rows)} {group} answered {kept:.3f}")
        rows, labels, shares = whole.of(half_, *whole.groups())
        print(
            f"{half_}: calibration error {calibration_error(confidence.predict_proba(rows)[:, 1], labels, shares):.3f}"
        )


def calibration_error(said: Rows, labels: NDArray[np.int64], shares: Rows) -> float:
    """Expected calibration error over ten equal bins (Guo et al., 2017), examples weighted."""
    bins = np.minimum((said * 10).astype(int), 9)
    gaps = [abs(float(np.dot(shares[bins == b], said[bins == b] - labels[bins == b]))) for b in range(10)]
    return sum(gaps) / float(shares.sum())


if __name__ == "__main__":
    main()
