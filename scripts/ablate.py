"""What each part of the answering brings: the whole, and the whole without it.

    python scripts/ablate.py BENCHMARK... [--half test] [--indexes FOLDER]

Each BENCHMARK is a folder in the format of `docs/evaluation.md`, or "sample". Prints a Markdown table for each: the
metrics of the whole, and what each part brings, which is the whole less the whole without it, paired by question; with
95 % bootstrap intervals. `--indexes` keeps the indexes for the next time.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from eval.benchmarks import open_benchmark
from eval.indexing import index_corpus
from eval.metrics import open_metric
from eval.report import Report
from eval.runner import AnsweringSystem, run_benchmark
from eval.sample import BENCHMARK
from eval.significance import Estimate, paired_difference
from index.documents import Filters, Hit
from index.embedders import open_embedder
from index.search import Index
from rag.answer import Answer
from rag.answerers.base import Answerer, Draft
from rag.answerers.extractive import ExtractiveAnswerer
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.config import Settings
from rag.question.question import Asking, Turn
from rag.question.understanding import UnderstoodQuestion
from rag.readers.base import Reader, Reading
from rag.readers.onnx import OnnxPairReader
from rag.readers.similarity import SimilarityReader
from rag.readers.trained import TrainedReader
from rag.retrieval import IndexRetriever

METRICS = ("nDCG@10", "Success@5", "EM answerable", "F1 answerable", "Answer recall", "Answered", "Refused", "Words")


@dataclass(frozen=True)
class Undated:
    """A chain that never looks at dates."""

    chain: AnswerChain

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **asked: Unpack[Asking]
    ) -> Answer:
        """As the chain's, without dates."""
        return self.chain.answer(question, history, filters, asked_on=asked.get("asked_on"), dates=False)


class Uncomposed:
    """The most relevant sentences one after the other, whatever is asked for."""

    def compose(self, question: UnderstoodQuestion, reading: Reading) -> Iterator[Draft]:
        """See `Answerer`; no short answer."""
        plain = replace(question, answer_type="statement", topic="", compared=None)
        return ExtractiveAnswerer().compose(plain, replace(reading, answers=()))


@dataclass(frozen=True)
class EveryTextItsOwn:
    """A reader that takes no text for a copy of another."""

    reader: Reader

    @property
    def threshold(self) -> float:
        """The reader's."""
        return self.reader.threshold

    def read(self, question: UnderstoodQuestion, hits: Sequence[Hit]) -> Reading:
        """See `Reader`."""
        return self.reader.read(question, [replace(hit, copy_of="") for hit in hits])


def variants(index: Index, pairs: OnnxPairReader) -> Mapping[str, Callable[[], AnsweringSystem]]:
    """The whole chain, and those that lack a part."""

    def chain(reader: Reader, answerer: Answerer | None = None) -> AnswerChain:
        retriever = IndexRetriever(index, Settings().k)
        return AnswerChain(retriever, index, reader, answerer or ExtractiveAnswerer(), threshold=reader.threshold)

    return {
        "whole": lambda: build_chain(index, Settings()),
        "reader": lambda: chain(SimilarityReader(index)),
        "composer": lambda: chain(TrainedReader(pairs, index), Uncomposed()),
        "duplicates": lambda: chain(EveryTextItsOwn(TrainedReader(pairs, index))),
        "dates": lambda: Undated(build_chain(index, Settings())),
    }


def main() -> None:
    """Run every variant over every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+")
    parser.add_argument("--half", choices=("dev", "test"))
    parser.add_argument("--indexes", type=Path)
    arguments = parser.parse_args()
    embedder, pairs = open_embedder(), OnnxPairReader()
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.benchmarks:
            benchmark = (
                replace(open_benchmark(BENCHMARK), name=name) if name == "sample" else open_benchmark(Path(name))
            )
            index, _ = index_corpus(benchmark, (arguments.indexes or Path(temporary)) / benchmark.name, embedder)
            with index:
                reports = {
                    part: run_benchmark(benchmark, index, make(), half=arguments.half)
                    for part, make in variants(index, pairs).items()
                }
            print(f"{benchmark.name}, {len(reports['whole'].cases)} questions\n\n{table(reports)}\n", flush=True)


def table(reports: Mapping[str, Report]) -> str:
    """Metrics down, parts across."""
    whole, *parts = reports
    lines = [f"| | {whole} | {' | '.join(f'brought by {part}' for part in parts)} |", f"|---|{'---:|' * len(reports)}"]
    for name in METRICS:
        metric = open_metric(name)
        values = {part: metric.values(report.cases) for part, report in reports.items()}
        if values[whole]:
            estimate = metric.estimate(reports[whole].cases)
            differences = [difference(values[part], values[whole]) for part in parts]
            lines.append(f"| {name} | {shown(estimate)} | {' | '.join(map(shown, differences))} |")
    return "\n".join(lines)


def difference(other: Mapping[str, float], whole: Mapping[str, float]) -> Estimate | None:
    """The whole less the other, over the questions that both have a value for."""
    common = whole.keys() & other.keys()
    return paired_difference({q: other[q] for q in common}, {q: whole[q] for q in common}) if common else None


def shown(estimate: Estimate | None) -> str:
    """A value with its interval."""
    if estimate is None:
        return "–"
    digits = 1 if abs(estimate.value) > 1 else 3
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f} – {estimate.high:.{digits}f})"


if __name__ == "__main__":
    main()
