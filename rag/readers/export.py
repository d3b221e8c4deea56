"""A trained reader as one quantised ONNX graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.bert.graph import BertGraph, read_weights, write_model

HEADS = ("span", "relevance")


def export_reader(model: Path, target: Path) -> None:
    """Write the graph of the reader in folder `model` to the file `target`.

    The folder holds a BERT model whose model.safetensors also has the two linear heads, `span` (2 outputs, of every
    token) and `relevance` (1 output, of the first token). Graph: `input_ids` and `token_type_ids`, each (1, length)
    int64, to `start` and `end` (1, length) and `relevance` (1,), all logits in float32. Raises ModelError for a folder
    that holds no such model.
    """
    graph = BertGraph(*read_weights(model), segments=True, words="int8")
    hidden = graph.encoder()
    axis = graph.constant("last_axis", np.array([-1]))
    start, end = graph.split(_head(graph, hidden, "span"), ("start_column", "end_column"))
    first = graph.node("Gather", [hidden, graph.constant("first_token", np.array([0]))], axis=1)
    graph.node("Squeeze", [start, axis], output="start")
    graph.node("Squeeze", [end, axis], output="end")
    graph.node(
        "Squeeze",
        [_head(graph, first, "relevance"), graph.constant("both_axes", np.array([1, 2]))],
        output="relevance",
    )
    write_model(graph.model({"start": [1, "length"], "end": [1, "length"], "relevance": [1]}), target)


def _head(graph: BertGraph, value: str, name: str) -> str:
    weight = graph.constant(f"{name}.transposed", graph.tensors[f"{name}.weight"].astype(np.float32).T)
    return graph.node("Add", [graph.node("MatMul", [value, weight]), graph.weight(f"{name}.bias")])
