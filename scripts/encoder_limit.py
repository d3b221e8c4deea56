"""How near the encoder comes to what this processor can multiply.

    python scripts/encoder_limit.py BENCHMARK [--passages 400]

BENCHMARK is a folder in the format of `docs/evaluation.md`, or "sample". Embeds its first passages, and in turns
multiplies matrices alone: those of the encoder's linear layers for one passage, and square ones of 4,096. Work
is counted in multiplications and additions a second of processor time, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

from eval.benchmarks import open_benchmark
from eval.sample import BENCHMARK
from index.chunking import chunk, passage_input
from index.embedders.onnx import OnnxEmbedder
from index.search import PASSAGE_TOKENS
from index.tokens import count_tokens

LAYERS = 6
WIDTH = 384
LINEAR = ((WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, 4 * WIDTH), (4 * WIDTH, WIDTH))
"""Inputs and outputs of a layer's four products: queries, keys and values in one, their output, and the two of the
feed-forward part."""
SQUARE = 4096
DOCUMENTS = 100
ROUNDS = 5


def main() -> None:
    """Measure in turns, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark")
    parser.add_argument("--passages", type=int, default=400)
    given = parser.parse_args()
    embedder = OnnxEmbedder()
    texts = _texts(BENCHMARK if given.benchmark == "sample" else Path(given.benchmark), embedder)[: given.passages]
    tokens = sum(embedder.count_tokens(text) for text in texts)
    encoded = LAYERS * _operations(tokens, LINEAR)
    passage = LAYERS * _operations(PASSAGE_TOKENS, LINEAR)
    work: dict[str, tuple[float, Callable[[], object]]] = {
        "encoder, its int8 products": (encoded, lambda: embedder.embed_passages(texts)),
        "the same products alone, int8": (passage, _products(PASSAGE_TOKENS, LINEAR, LAYERS, TensorProto.UINT8)),
        "the same products alone, float32": (passage, _products(PASSAGE_TOKENS, LINEAR, LAYERS, TensorProto.FLOAT)),
        "square, int8": (2.0 * SQUARE**3, _products(SQUARE, ((SQUARE, SQUARE),), 1, TensorProto.UINT8)),
        "square, float32": (2.0 * SQUARE**3, _products(SQUARE, ((SQUARE, SQUARE),), 1, TensorProto.FLOAT)),
    }
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, (_, run) in work.items():
            started = time.process_time()
            run()
            spent[name].append(time.process_time() - started)
    rates = {name: operations / median(spent[name]) / 1e9 for name, (operations, _) in work.items()}
    print(
        f"{len(texts)} passages, {tokens:,} tokens: {tokens / median(spent[next(iter(work))]):,.0f} a processor second"
    )
    print("\n| | 10⁹ operations a processor second | of the largest |\n|---|---:|---:|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate / max(rates.values()):.0%} |")


def _texts(folder: Path, embedder: OnnxEmbedder) -> list[str]:
    def fits(text: str) -> bool:
        return embedder.count_tokens(text) <= embedder.max_tokens

    cut = (
        (document, passage)
        for document in islice(open_benchmark(folder).documents, DOCUMENTS)
        for passage in chunk(document, budget=PASSAGE_TOKENS, count_tokens=count_tokens, fits=fits)
    )
    return [passage_input(document, passage) for document, passage in cut]


def _operations(rows: int, shapes: tuple[tuple[int, int], ...]) -> float:
    return 2.0 * rows * sum(inputs * outputs for inputs, outputs in shapes)


def _products(rows: int, shapes: tuple[tuple[int, int], ...], times: int, kind: int) -> Callable[[], object]:
    """A function that multiplies matrices of these shapes, each so many times, and does nothing else."""
    random = np.random.default_rng(0)
    whole = kind == TensorProto.UINT8
    runs = []
    for inputs, outputs in shapes:
        weights = helper.make_tensor(
            "w", TensorProto.INT8 if whole else kind, [inputs, outputs],
            random.integers(-127, 128, inputs * outputs).astype(np.int8 if whole else np.float32).tobytes(), raw=True,
        )  # fmt: skip
        node = helper.make_node("MatMulInteger" if whole else "MatMul", ["x", "w"], ["y"])
        result = TensorProto.INT32 if whole else kind
        graph = helper.make_graph(
            [node], "product", [helper.make_tensor_value_info("x", kind, [rows, inputs])],
            [helper.make_tensor_value_info("y", result, [rows, outputs])], [weights],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        given: NDArray[np.generic] = random.integers(0, 256, (rows, inputs)).astype(np.uint8 if whole else np.float32)
        runs.append((_session(model.SerializeToString()), {"x": given}))

    def run() -> None:
        for session, fed in runs:
            for _ in range(times):
                session.run(None, fed)

    return run


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # as the encoder's own session
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
