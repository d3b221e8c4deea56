"""Logistic models whose coefficients stand in `rag/data`, with the command that fitted them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
"""Shape (n, features)."""


@dataclass(frozen=True)
class Weights:
    """A linear model: logit = bias + weights · features; probability = 1 / (1 + exp(-logit))."""

    bias: float
    weights: tuple[float, ...]

    def logits(self, features: Rows) -> NDArray[np.float64]:
        """Shape (n, number of weights) to shape (n,)."""
        return np.asarray(features @ np.array(self.weights) + self.bias)

    def probability(self, features: Rows) -> NDArray[np.float64]:
        """Shape (n, number of weights) to shape (n,), in (0, 1)."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.logits(features), -50, 50))))


@lru_cache
def fitted(file: str) -> dict[str, Any]:
    """What a fitting script stored under this name."""
    stored: dict[str, Any] = json.loads(resources.files("rag").joinpath(f"data/{file}.json").read_text("utf-8"))
    return stored


def fitted_weights(file: str, model: str, features: Sequence[str]) -> Weights:
    """One model of a file, its weights in the order of the features."""
    stored = fitted(file)[model]
    return Weights(stored["bias"], tuple(stored["weights"][feature] for feature in features))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities that sum to 1; of nothing, nothing."""
    if not logits.size:
        return logits
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())
