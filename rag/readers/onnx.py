"""The reader that ships with the project: a MiniLM cross-encoder in int8 on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from tokenizers import Encoding

from index.bert.runtime import BertSession
from index.embedders.model_files import file_sha256, model_folder
from index.errors import ModelError
from index.search import Index
from rag.readers.base import PairReading
from rag.readers.trained import TrainedReader

WINDOW = 384
"""Tokens of a pair; the model was trained on pairs of up to 260."""

_QUESTION_CHARACTERS = 400
_TITLE_CHARACTERS = 150


class OnnxPairReader:
    """Runs a graph that `rag.readers.export` writes; its word pieces are those of the packaged encoder."""

    def __init__(self, graph: Path | None = None, *, threads: int = 0) -> None:
        """Open a graph file, the packaged one by default; `threads` 0 means all cores. Raises ModelError."""
        with resources.as_file(resources.files("rag").joinpath("data/reader.onnx")) as packaged:
            path = graph or packaged
            if not path.is_file():
                raise ModelError(f"no reader at {path}: give the path of a graph that rag.readers.export wrote")
            self._session = BertSession(path, model_folder() / "tokenizer.json", segments=True, threads=threads)
            self.name = f"{path.name}/{file_sha256(path)[:16]}"

    def read_pairs(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PairReading]:
        """See `PairReader`."""
        question = question[:_QUESTION_CHARACTERS]
        titles = [f"{title[:_TITLE_CHARACTERS]}\n" if title else "" for title, _ in passages]
        texts = [title + text for title, (_, text) in zip(titles, passages, strict=True)]
        encodings = self._session.tokenizer.encode_batch([(question, text) for text in texts])
        for encoding in encodings:
            encoding.truncate(WINDOW)
        return [
            _reading(encoding, starts, ends, float(relevance), len(title))
            for encoding, title, (starts, ends, relevance) in zip(
                encodings, titles, self._session.run(encodings), strict=True
            )
        ]


def _reading(encoding: Encoding, starts: np.ndarray, ends: np.ndarray, relevance: float, title: int) -> PairReading:
    """The logits of the passage's own tokens: not the question's, the title's or the special ones."""
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    # A cut encoding no longer knows its sequences, but still its segments.
    own = (np.array(encoding.type_ids) == 1) & (np.array(encoding.special_tokens_mask) == 0) & (offsets[:, 0] >= title)
    places = np.flatnonzero(own)
    return PairReading(relevance, float(starts[0] + ends[0]), starts[places], ends[places], offsets[places] - title)


@lru_cache(maxsize=1)
def packaged_pair_reader() -> OnnxPairReader:
    """The model of the package, loaded once in a process. Raises ModelError."""
    return OnnxPairReader()


def open_trained(index: Index, model: str) -> TrainedReader:
    """The packaged reader, or another graph of `rag.readers.export` by its path. Raises ModelError."""
    return TrainedReader(OnnxPairReader(Path(model)) if model else packaged_pair_reader(), index)
