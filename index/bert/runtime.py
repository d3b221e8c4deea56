"""Runs BERT graphs on ONNX Runtime: sessions, tokenizers, and batches of texts of similar length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from index.errors import ModelError

BATCH_TOKENS = 2048
"""Padded tokens in one call: enough to fill two cores, little enough to stay in their caches (measured)."""


class BertSession:
    """A graph with its tokenizer; safe to use from many threads."""

    def __init__(self, graph: Path, tokenizer: Path, *, threads: int = 0) -> None:
        """Open the graph file; `tokenizer` is a tokenizer.json. `threads` 0 means all cores this process may use.

        Raises ModelError for files that are missing or broken.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.log_severity_level = 3
        # Encoder and reader take turns: threads that wait by spinning would take the cores from the other's.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library raises nothing narrower
            raise ModelError(f"cannot run {graph}: {error}; reinstall the model") from error
        self.tokenizer = open_tokenizer(tokenizer)
        self.outputs = {output.name: output.shape for output in self._session.get_outputs()}

    def run(self, encodings: Sequence[Encoding], *, segments: bool = False) -> list[NDArray[np.float32]]:
        """The graph's outputs for a batch, padded on the right to its longest text."""
        width = max(len(encoding) for encoding in encodings)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            types[row, : len(encoding)] = encoding.type_ids
            mask[row, : len(encoding)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask}
        if segments:
            inputs["token_type_ids"] = types
        return [np.asarray(output, dtype=np.float32) for output in self._session.run(None, inputs)]


def open_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer that neither pads nor cuts. Raises ModelError."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"cannot read {path}: {error}; reinstall the model") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def batches(lengths: NDArray[np.int64], most_tokens: int = BATCH_TOKENS) -> Iterator[NDArray[np.int64]]:
    """Row numbers of texts of similar length, at most `most_tokens` padded tokens together."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or (end - start + 1) * lengths[order[end]] > most_tokens:
            yield order[start:end]
            start = end
