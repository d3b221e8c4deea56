"""Any sentence-transformers model, by folder or by name; the only home of torch in the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from index.embedders.base import Vectors
from index.embedders.model_files import DEFAULT_MODEL, model_folder, weights_sha256
from index.errors import ModelError
from index.offline import downloads_allowed


class SentenceTransformerEmbedder:
    """Runs the model in torch with the prompts for queries and documents that it defines."""

    def __init__(self, model: str = "", *, device: str | None = None) -> None:
        """Open `model`: a folder, or the name of a model in the local Hub cache (nothing is downloaded).

        Set HF_HUB_OFFLINE=0 to allow a download. Raises ModelError where it cannot be loaded.
        """
        packaged = not model or model == DEFAULT_MODEL
        location = str(model_folder()) if packaged else model
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(location, device=device, local_files_only=not downloads_allowed())
        except (OSError, ValueError) as error:
            raise ModelError(
                f"cannot load the sentence-transformers model {model!r}: {error}; "
                "give a folder, or download it first with HF_HUB_OFFLINE=0"
            ) from error
        # Weights from the Hub cache are addressed by their name; a folder may change under the same name.
        identity = weights_sha256(Path(location))[:16] if (Path(location) / "model.safetensors").is_file() else model
        self.name = f"{Path(model).name or DEFAULT_MODEL}/sentence-transformers/{identity}"
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)

    def count_tokens(self, text: str) -> int:
        """Length of the text in the model's own tokens."""
        return len(self._model.tokenizer(text, add_special_tokens=True, verbose=False)["input_ids"])

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, shape (n, dimension). Raises ValueError for a text beyond the window."""
        for number, text in enumerate(texts):
            if (count := self.count_tokens(text)) > self.max_tokens:
                raise ValueError(f"text {number} has {count} tokens; the encoder reads {self.max_tokens}")
        vectors = self._model.encode_document(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """One vector, shape (dimension,); a question beyond the window is cut at its end."""
        vector = self._model.encode_query([text], normalize_embeddings=True, show_progress_bar=False)[0]
        return np.asarray(vector, dtype=np.float32)
