"""Fit how likely a corpus holds an overview of a topic, on development halves only.

    python scripts/fit_overview.py BENCHMARK... [--indexes FOLDER]

Each BENCHMARK is a folder in the format of `docs/evaluation.md`; the packaged sample is always taken in. A topic is a
phrase of the titles of at least three documents. Its corpus holds it, and so does the corpus with but one document of
those that name it; the corpus without all of them does not, and neither does another corpus of which no passage that is
found names it. The same holds for a topic that is named together with one of another corpus: "the strike in Oslo".
Every group of questions weighs the same; the halves are those of the topics. Prints figures and writes the model into
rag/data/reader.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fit_reader import PASSAGES, SEARCHED, TARGET, UNFITTED, WITHHELD, best_threshold
from fitting import Examples, fit_logistic
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark
from eval.indexing import index_corpus
from eval.runner import Half, half_of
from eval.sample import BENCHMARK
from index.documents import Hit
from index.embedders import open_embedder
from index.search import Index
from rag.english.grammar import answer_key, phrases_of
from rag.followups.topics import telling
from rag.question.understanding import understand
from rag.readers.features import OVERVIEW_FEATURES, overview_row
from rag.readers.onnx import OnnxPairReader
from rag.readers.trained import TrainedReader
from rag.retrieval import spread_over_texts

SCARCE = "scarce"
LEAST_DOCUMENTS = 3
MOST_TOPICS = 40
"""Of one corpus, those of the most documents first."""
FORMS = (
    "What is the latest on {}?", "What do we know about {}?", "What happened with {}?", "Tell me about {}.",
    "What is going on with {}?",
)  # fmt: skip
PER_DOCUMENT = 3


def main() -> None:
    """Index and read everything once, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", type=Path, nargs="+")
    parser.add_argument("--indexes", type=Path)
    arguments = parser.parse_args()
    benchmarks = [open_benchmark(path) for path in [*arguments.benchmarks, BENCHMARK]]
    embedder, pairs, examples = open_embedder(), OnnxPairReader(), Examples()
    topics = {benchmark.name: topics_of(benchmark) for benchmark in benchmarks}
    with tempfile.TemporaryDirectory() as temporary:
        for benchmark in benchmarks:
            others = [topic for name, own in topics.items() if name != benchmark.name for topic in own]
            index, _ = index_corpus(benchmark, (arguments.indexes or Path(temporary)) / benchmark.name, embedder)
            with index:
                reader = TrainedReader(pairs, index, UNFITTED)
                ask_all(benchmark.name, topics[benchmark.name], others, index, reader, examples)
            print(f"{benchmark.name}: {len(examples.labels)} questions read", flush=True)
    model, kept = fit_logistic(examples, OVERVIEW_FEATURES)
    print(f"the best threshold would be {best_threshold(examples, model):.3f}")
    written = json.loads(TARGET.read_text("utf-8")) | {"overview": kept}
    report(examples, model, written["threshold"])
    TARGET.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


def topics_of(benchmark: Benchmark) -> list[str]:
    """The phrases that say what several documents are about, by their titles; those of the most documents first."""
    documents: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for document in benchmark.documents:
        for phrase in phrases_of(document.title):
            if telling(phrase) and (phrase.named or len(phrase.tokens) > 1):
                topic = phrase.trimmed()
                documents[topic.name.casefold()].add(document.id)
                written.setdefault(topic.name.casefold(), topic.text)
    common = sorted(documents, key=lambda name: (-len(documents[name]), name))
    return [written[name] for name in common if len(documents[name]) >= LEAST_DOCUMENTS][:MOST_TOPICS]


def ask_all(
    name: str, own: Sequence[str], others: Sequence[str], index: Index, reader: TrainedReader, examples: Examples
) -> None:
    """Ask for the corpus's own topics, with and without what it has of them, and for those of the others."""
    for place, topic in enumerate(own):
        add(name, "answerable", topic, place, index, reader, examples)
        add(name, SCARCE, topic, place, index, reader, examples)
        add(name, WITHHELD, topic, place, index, reader, examples)
        add(name, "unanswerable", f"{topic} in {others[place % len(others)]}", place, index, reader, examples)
    for place, topic in enumerate(others[:MOST_TOPICS]):
        add(name, "foreign", topic, place, index, reader, examples)


def add(name: str, kind: str, topic: str, place: int, index: Index, reader: TrainedReader, examples: Examples) -> None:
    """One question in one of the forms; nothing where the corpus has the topic after all."""
    question = FORMS[place % len(FORMS)].format(topic)
    understood = understand(question)
    if not understood.topic:
        return
    hits = index.search(question, 4 * SEARCHED)
    label = kind in ("answerable", SCARCE)
    if kind == SCARCE:
        only = next((hit.document.id for hit in hits if named(topic, hit)), "")
        hits = [hit for hit in hits if hit.document.id == only or not named(topic, hit)] if only else []
    elif not label:
        rest = [hit for hit in hits if not named(topic, hit)]
        hits = rest if kind == WITHHELD or len(rest) == len(hits) else []
    if not hits:
        return
    hits = spread_over_texts(hits, PASSAGES, PER_DOCUMENT)
    row = overview_row(reader.features(understood, hits))
    examples.add([row], [int(label)], half_of(topic), f"{name} {kind}")


def named(topic: str, hit: Hit) -> bool:
    """Whether the passage or its title has all names that the topic is made of, word for word."""
    text = f" {answer_key(f'{hit.document.title} {hit.text}')} "
    return all(f" {answer_key(part)}" in text for part in topic.split(" in "))


def report(examples: Examples, model: LogisticRegression, threshold: float) -> None:
    """Print how many of each group are answered at the reader's threshold, on both halves."""
    halves: tuple[Half, Half] = ("dev", "test")
    for half in halves:
        for group in examples.groups():
            rows, _, _ = examples.of(half, group)
            if len(rows):
                kept = float((model.predict_proba(rows)[:, 1] >= threshold).mean())
                print(f"{half}: of {len(rows)} {group} answered {kept:.3f}")
        rows, labels, _ = examples.of(half, *examples.groups())
        area = roc_auc_score(labels, model.predict_proba(rows)[:, 1])
        print(f"{half}: AUROC of {len(labels)} questions {area:.3f}")


if __name__ == "__main__":
    main()
