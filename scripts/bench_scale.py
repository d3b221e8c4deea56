"""Measure both indexes from a thousand passages to a million, and draw what came out.

    python scripts/bench_scale.py BENCHMARK [--index FOLDER] [--sizes 1000 10000] [--write docs]

BENCHMARK is a folder in the format of `docs/evaluation.md`, or "sample"; its corpus is blown up as
`eval/studies/synthetic_corpus.py` says and its questions are asked. `--index` keeps the index of the corpus for the
next time. Prints the figures as a Markdown table; `--write` names a folder for them as `scale.json` and the drawing
`scale.svg`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import Benchmark
from eval.indexing import index_corpus
from eval.sample import BENCHMARK
from eval.studies.scale import measure_scale
from eval.studies.scale_plot import scale_drawing, scale_table
from eval.studies.synthetic_corpus import SeedCorpus
from index.catalog.catalog import Catalog
from index.chunking import passage_input
from index.embedders import open_embedder

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--no-words", action="store_true", help="leave the lexical index out")
    given = parser.parse_args()
    benchmark = open_benchmark(BENCHMARK if given.benchmark == "sample" else Path(given.benchmark))
    with tempfile.TemporaryDirectory(prefix="dateline-scale-") as place:
        corpus = _corpus(benchmark, given.index or Path(place) / "index")
        points = measure_scale(
            corpus, given.sizes, Path(place), lexical=not given.no_words,
            done=lambda point: print(json.dumps(point.to_json()), flush=True),
        )  # fmt: skip
    print(scale_table(points))
    if given.write:
        figures = {"corpus": corpus.name, "passages": len(corpus.passages), "points": [p.to_json() for p in points]}
        (given.write / "scale.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        (given.write / "scale.svg").write_text(scale_drawing(points), "utf-8")


def _corpus(benchmark: Benchmark, folder: Path) -> SeedCorpus:
    """Passages, vectors and questions of a benchmark."""
    embedder = open_embedder()
    index, _ = index_corpus(benchmark, folder, embedder)
    index.close()
    catalog = Catalog(folder / "catalog.sqlite")
    numbers = catalog.numbers_since(0)
    stored = catalog.passages(numbers)
    vectors = catalog.vectors(numbers, embedder.dimension)
    catalog.close()
    questions = [query.text for query in benchmark.queries]
    return SeedCorpus(
        benchmark.name, tuple(passage_input(*stored[number]) for number in numbers), vectors,
        tuple(questions), _stacked([embedder.embed_query(question) for question in questions]),
    )  # fmt: skip


def _stacked(vectors: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(vectors).astype(np.float32)


if __name__ == "__main__":
    main()
