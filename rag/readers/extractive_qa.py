"""Any extractive question-answering model of the Hugging Face library, by name or path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.errors import ModelError
from index.offline import downloads_allowed
from index.search import Index
from rag.readers.base import PairReading
from rag.readers.trained import TrainedReader

_AT_ONCE = 16
_WINDOW = 384


class ExtractiveQaPairReader:
    """Runs a model with a span head, as trained on SQuAD 2.0; its first token is taken for "no answer"."""

    def __init__(self, model: str) -> None:
        """Load model and tokenizer. Raises ModelError where either cannot be read."""
        if not model:
            raise ModelError("the reader 'extractive-qa' needs a model: set reader_model to a name or a folder")
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        try:
            here = not downloads_allowed()
            self._tokenizer = AutoTokenizer.from_pretrained(model, use_fast=True, local_files_only=here)
            self._model = AutoModelForQuestionAnswering.from_pretrained(model, local_files_only=here).eval()
        except (OSError, ValueError) as error:
            raise ModelError(
                f"cannot load the reader model {model!r}: {error}; give the folder of an extractive-QA model, "
                "or download it first with HF_HUB_OFFLINE=0"
            ) from error
        self._torch = torch
        self.name = model

    def read_pairs(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PairReading]:
        """See `PairReader`. Relevance is how far the best span lies above "no answer"."""
        readings: list[PairReading] = []
        for first in range(0, len(passages), _AT_ONCE):
            texts = [text for _, text in passages[first : first + _AT_ONCE]]
            encoded = self._tokenizer(
                [question] * len(texts),
                texts,
                truncation="only_second",
                max_length=_WINDOW,
                padding=True,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            offsets = encoded.pop("offset_mapping").numpy()
            with self._torch.inference_mode():
                output = self._model(**encoded)
            starts, ends = output.start_logits.float().numpy(), output.end_logits.float().numpy()
            for row in range(len(texts)):
                own = np.array([sequence == 1 for sequence in encoded.sequence_ids(row)])
                null = float(starts[row, 0] + ends[row, 0])
                reading = PairReading(0.0, null, starts[row, own], ends[row, own], offsets[row, own])
                best = float(reading.spans().max()) if own.any() else null
                readings.append(PairReading(best - null, null, reading.starts, reading.ends, reading.offsets))
        return readings


def open_extractive_qa(index: Index, model: str) -> TrainedReader:
    """A reader with the model of that name or path. Raises ModelError."""
    return TrainedReader(ExtractiveQaPairReader(model), index)
