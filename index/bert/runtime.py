"""Runs BERT graphs on ONNX Runtime: sessions and tokenizers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from index.cancellation import cancellation
from index.errors import ModelError
from index.processors import available_processors


class BertSession:
    """A graph with its tokenizer; safe to use from many threads.

    Texts are read one by one, each on one core and as many at once as there are cores. Sharing out every operator of
    a batch between the cores instead took 1.1 times as long, and padding it made texts depend on their neighbours.
    """

    def __init__(self, graph: Path, tokenizer: Path, *, segments: bool = False, threads: int = 0) -> None:
        """Open the graph file; with `segments` it wants to know which tokens are of a pair's second text.

        `tokenizer` is a tokenizer.json. `threads` 0 means all cores this process may use. Raises ModelError for files
        that are missing, broken or of another kind.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # Processors with AVX2 but no VNNI add products of eight bits up in sixteen, which overflow. Exact sums cost
        # them a fifth of their pace, and make a vector or a score the same on every machine.
        options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library raises nothing narrower
            raise ModelError(f"cannot run {graph}: {error}; reinstall the model") from error
        expected = {"input_ids", "token_type_ids"} if segments else {"input_ids"}
        if (taken := {value.name for value in self._session.get_inputs()}) != expected:
            raise ModelError(f"{graph} takes {', '.join(sorted(taken))}, which is another kind: export the model again")
        self._segments = segments
        self._threads = threads or available_processors()
        self.tokenizer = open_tokenizer(tokenizer)
        self.outputs = {output.name: output.shape for output in self._session.get_outputs()}

    def run(self, encodings: Sequence[Encoding]) -> list[list[NDArray[np.float32]]]:
        """For each text the graph's outputs, without their first axis. Raises Cancelled between two texts."""
        wanted = cancellation()

        def run(encoding: Encoding) -> list[NDArray[np.float32]]:
            wanted.check()
            given = {"input_ids": np.array([encoding.ids], dtype=np.int64)}
            if self._segments:
                given["token_type_ids"] = np.array([encoding.type_ids], dtype=np.int64)
            return [np.asarray(output[0], dtype=np.float32) for output in self._session.run(None, given)]

        if len(encodings) < 2 or self._threads < 2:
            return [run(encoding) for encoding in encodings]
        with ThreadPoolExecutor(min(self._threads, len(encodings))) as workers:
            return list(workers.map(run, encodings))


@lru_cache(maxsize=4)
def open_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer that neither pads nor cuts, the same one for a path each time. Raises ModelError."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"cannot read {path}: {error}; reinstall the model") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
