"""What the fitting scripts share: examples by half and group, and logistic models of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from eval.runner import Half

Rows = NDArray[np.float64]


@dataclass
class Examples:
    """Rows of features with labels 0 or 1; each belongs to a half and to a group such as "squad2-a answerable"."""

    rows: list[Rows] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    tags: list[tuple[Half, str]] = field(default_factory=list)

    def add(self, rows: Sequence[Rows] | Rows, labels: Sequence[int], half: Half, group: str) -> None:
        """Take in rows of one question."""
        self.rows.extend(rows)
        self.labels.extend(labels)
        self.tags += [(half, group)] * len(labels)

    def groups(self, ending: str = "") -> list[str]:
        """The names of the groups with that ending."""
        return sorted({group for _, group in self.tags if group.endswith(ending)})

    def of(self, half: Half, *groups: str) -> tuple[Rows, NDArray[np.int64], Rows]:
        """Of one half and these groups: rows (n, features), labels (n,) and weights (n,), each group's summing to 1."""
        chosen = [n for n, (own, group) in enumerate(self.tags) if own == half and group in groups]
        sizes = Counter(self.tags[n][1] for n in chosen)
        weights = [1 / sizes[self.tags[n][1]] for n in chosen]
        return np.array([self.rows[n] for n in chosen]), np.array([self.labels[n] for n in chosen]), np.array(weights)


def fit_logistic(examples: Examples, names: Sequence[str], *groups: str) -> tuple[LogisticRegression, dict[str, Any]]:
    """A logistic model of the development half of these groups (all by default), and as it is stored."""
    rows, labels, weights = examples.of("dev", *(groups or examples.groups()))
    # The penalty is measured against the sum of weights.
    model = LogisticRegression(C=1000.0, max_iter=5000).fit(rows, labels, weights)
    return model, stored(names, model.coef_[0], float(model.intercept_[0]))


def stored(names: Sequence[str], weights: Sequence[float], bias: float = 0.0) -> dict[str, Any]:
    """A linear model as `rag/data` keeps it."""
    return {
        "bias": round(bias, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)},
    }


def lower_quantile(values: Rows, weights: Rows, share: float) -> float:
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(below, share)])
