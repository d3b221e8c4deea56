"""Any sentence-transformers cross-encoder as a reranker: it says which passage answers, but not where in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.errors import ModelError
from index.offline import downloads_allowed
from index.search import Index
from rag.readers.base import PairReading
from rag.readers.trained import TrainedReader


class CrossEncoderPairReader:
    """Runs a cross-encoder with one output; sentences are then weighed by their passage and their words."""

    def __init__(self, model: str) -> None:
        """Load the model. Raises ModelError where it cannot be read."""
        if not model:
            raise ModelError("the reader 'cross-encoder' needs a model: set reader_model to a name or a folder")
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(model, device="cpu", local_files_only=not downloads_allowed())
        except (OSError, ValueError) as error:
            raise ModelError(
                f"cannot load the reranker {model!r}: {error}; give the folder of a cross-encoder, "
                "or download it first with HF_HUB_OFFLINE=0"
            ) from error
        self.name = model

    def read_pairs(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PairReading]:
        """See `PairReader`; no reading has tokens."""
        import torch

        texts = [f"{title}\n{text}" if title else text for title, text in passages]
        # Without an activation the scores are logits, as the packaged reader's are.
        scores = self._model.predict(
            [(question, text) for text in texts], activation_fn=torch.nn.Identity(), show_progress_bar=False
        )
        nothing = np.empty(0, dtype=np.float32)
        return [
            PairReading(float(np.ravel(score)[0]), 0.0, nothing, nothing, np.empty((0, 2), dtype=np.int64))
            for score in scores
        ]


def open_cross_encoder(index: Index, model: str) -> TrainedReader:
    """A reader with the model of that name or path. Raises ModelError."""
    return TrainedReader(CrossEncoderPairReader(model), index)
