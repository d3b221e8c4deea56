"""The default embedder: a BERT sentence encoder in int8 on ONNX Runtime, without torch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bert.runtime import BertSession
from index.embedders.base import Vectors
from index.embedders.model_files import DEFAULT_MODEL, default_cache, file_sha256, model_folder, weights_sha256
from index.errors import ModelError

GRAPH_FORMAT = 3
"""Raise whenever another graph is drawn: it is part of the cached file's name."""
VECTOR_FORMAT = 2
"""Raise whenever its vectors no longer compare with earlier ones: it is part of the embedder's name and so of the
index's."""


class OnnxEmbedder:
    """Runs the quantised graph that `export.py` writes once per model into the cache folder."""

    def __init__(self, model: str = "", *, cache: Path | None = None, threads: int = 0) -> None:
        """Open `model`: a folder, or nothing for the packaged all-MiniLM-L6-v2.

        `threads` 0 means all cores that this process may use. Raises ModelError.
        """
        cache = cache or default_cache()
        folder = model_folder(model, cache)
        weights = weights_sha256(folder, cache)
        self.name = f"{Path(model).name or DEFAULT_MODEL}/onnx-int8-{VECTOR_FORMAT}/{weights[:16]}"
        graph = _cached_graph(folder, weights, cache)
        self._session = BertSession(graph, folder / "tokenizer.json", threads=threads)
        self.dimension = int(self._session.outputs["embedding"][1])
        self.max_tokens = _window(folder)

    def count_tokens(self, text: str) -> int:
        """Word pieces of the text with the two special tokens."""
        return len(self._session.tokenizer.encode(text))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, shape (n, dimension). Raises ValueError for a text beyond the window."""
        encodings = self._session.tokenizer.encode_batch_fast(list(texts))
        for number, encoding in enumerate(encodings):
            if len(encoding) > self.max_tokens:
                raise ValueError(f"text {number} has {len(encoding)} tokens; the encoder reads {self.max_tokens}")
        vectors = [vector for (vector,) in self._session.run(encodings)]
        return np.array(vectors, dtype=np.float32).reshape(-1, self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """One vector, shape (dimension,); a question beyond the window is cut at its end."""
        encoding = self._session.tokenizer.encode(text)
        if len(encoding) > self.max_tokens:
            encoding.truncate(self.max_tokens)
        [[vector]] = self._session.run([encoding])
        return vector


def _cached_graph(folder: Path, weights: str, cache: Path) -> Path:
    """The exported graph of a model, exported now if it is missing or not what was exported."""
    graph = cache / f"encoder-{weights[:16]}-{GRAPH_FORMAT}.onnx"
    seal = graph.with_suffix(".sha256")
    if graph.is_file() and seal.is_file() and seal.read_text("ascii").strip() == file_sha256(graph):
        return graph
    from index.bert.graph import export_encoder

    try:
        cache.mkdir(parents=True, exist_ok=True)
        # Two processes may export at once: each writes its own file, and the last rename wins with equal bytes.
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            fresh = Path(temporary) / "encoder.onnx"
            export_encoder(folder, fresh)
            digest = Path(temporary) / "encoder.sha256"
            digest.write_text(file_sha256(fresh), "ascii")
            fresh.replace(graph)
            digest.replace(seal)
    except OSError as error:
        raise ModelError(
            f"cannot write the exported model to {cache}: {error}; set DATELINE_CACHE to another folder"
        ) from error
    return graph


def _window(folder: Path) -> int:
    """Tokens that the model was trained to read, as sentence-transformers records it."""
    try:
        return int(json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder / 'sentence_bert_config.json'} names no max_seq_length: {error}") from error
