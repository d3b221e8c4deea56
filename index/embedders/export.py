"""A BERT sentence encoder as one quantised ONNX graph, with the pooling and the normalisation inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.bert.graph import BertGraph, read_weights, write_model


def export_encoder(model: Path, target: Path) -> None:
    """Write the graph of the BERT encoder in folder `model` to the file `target`.

    Graph: `input_ids`, (1, length) int64, to `embedding`, (1, hidden) float32 of length 1: the mean of the hidden
    states. Raises ModelError for a folder that holds no such model.
    """
    graph = BertGraph(*read_weights(model))
    total = graph.node("ReduceSum", [graph.encoder(), graph.constant("length_axis", np.array([1]))], keepdims=0)
    # Dividing by the number of tokens would not change the direction, so only the length is made 1.
    embedding = graph.node("LpNormalization", [total], output="embedding", axis=-1, p=2)
    write_model(graph.model({embedding: [1, graph.width]}), target)
