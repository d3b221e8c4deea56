"""The weights of an exported reader, to go on training from where it stands.

The graph holds its linear layers and word vectors in int8; what comes back is within half a step of what was exported.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

_LINEAR = ".int8"
_JOINED = "attention.self.query"
"""Query, key and value stand in one product under the name of the first."""
_EMBEDDINGS = {
    "positions": "embeddings.position_embeddings.weight",
    "segment": "embeddings.token_type_embeddings.weight",
}


def restored(graph: Path) -> dict[str, Tensor]:
    """A state of `model.Reader` in float32 from a graph that `rag.readers.export` wrote."""
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(graph)).graph.initializer}
    state: dict[str, NDArray[np.float32]] = {
        "bert.embeddings.word_embeddings.weight": held["words"].astype(np.float32) * held["word_scales"],
    }
    for name, value in held.items():
        if name.endswith(_LINEAR):
            base = name.removesuffix(_LINEAR)
            weight = (value.astype(np.float32) * held[f"{base}.scale"]).T
            weight = weight * held.get(f"{base}.smooth", np.float32(1))
            bases = [base.replace("query", part) for part in ("query", "key", "value")] if _JOINED in base else [base]
            biases = np.split(held[f"{base}.bias"], len(bases))
            for own, part, bias in zip(bases, np.split(weight, len(bases)), biases, strict=True):
                state[f"bert.{own}.weight"], state[f"bert.{own}.bias"] = part, bias
        elif "LayerNorm" in name:
            state[f"bert.{name}"] = value
        elif name in _EMBEDDINGS:
            state[f"bert.{_EMBEDDINGS[name]}"] = value
        elif name.endswith(".transposed"):
            head = name.removesuffix(".transposed")
            state[f"{head}.weight"], state[f"{head}.bias"] = value.T, held[f"{head}.bias"]
    return {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in state.items()}
