"""A BERT encoder as a quantised ONNX graph, drawn straight from its weights; no torch is needed.

The architecture (Devlin et al., 2019) is drawn node by node with ONNX Runtime's fused operators. The linear layers'
weights become int8 with one symmetric scale for each output channel, and their inputs are quantised to uint8 as they
come (`DynamicQuantizeMatMul`); everything else stays float32, but for the stored word vectors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors import SafetensorError, safe_open

from index.errors import ModelError

OPSET = 18

LARGEST = "largest"
"""Beside the weights of a linear layer: how large each of its inputs becomes in use. They are then smoothed."""
_SMOOTHED = 0.8
"""The share of the range that moves from inputs to weights. Of 0.5, 0.65, 0.8, 0.85, 0.9 and 1.0 it changed the
logits of the packaged reader least on questions set aside."""

Array = NDArray[np.generic]
WordVectors = Literal["float16", "int8"]
"""How the table of word vectors is stored; int8 halves the file, with a scale for each word."""


def read_weights(model: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The configuration and the tensors of the BERT model in a folder. Raises ModelError where there is none."""
    try:
        config: dict[str, Any] = json.loads((model / "config.json").read_text("utf-8"))
        with safe_open(str(model / "model.safetensors"), "np") as weights:
            tensors: dict[str, Array] = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"no BERT encoder in {model}: {error}; give a folder with config.json and model.safetensors"
        ) from error
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise ModelError(
            f"{model} holds a {config.get('model_type')!r} model; the ONNX runtime takes BERT encoders with GELU: "
            "use the embedder 'sentence-transformers' for it"
        )
    return config, tensors


def write_model(model: onnx.ModelProto, target: Path) -> None:
    """Write a finished graph to a file."""
    onnx.save_model(model, str(target))


@dataclass
class BertGraph:
    """The graph as it grows: each method adds nodes and returns the name of their output.

    It reads one text at a time, which costs nothing (docs/notebook/retrieval.md): no padding and no mask, and what
    comes out for a text does not depend on its neighbours. Inputs are `input_ids` and with `segments` also
    `token_type_ids`, each (1, length) int64.
    """

    config: Mapping[str, Any]
    tensors: Mapping[str, Array]
    segments: bool = False
    words: WordVectors = "float16"

    def __post_init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def encoder(self) -> str:
        """The last layer's hidden states, (1, length, hidden)."""
        hidden = self._embeddings()
        for number in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{number}"
            attention = self._attention(hidden, f"{name}.attention.self")
            attended = self._linear(attention, [f"{name}.attention.output.dense"])
            hidden = self._residual(attended, hidden, f"{name}.attention.output.LayerNorm")
            inner = self.node("Gelu", [self._linear(hidden, [f"{name}.intermediate.dense"])], domain="com.microsoft")
            hidden = self._residual(self._linear(inner, [f"{name}.output.dense"]), hidden, f"{name}.output.LayerNorm")
        return hidden

    def model(self, outputs: Mapping[str, Sequence[str | int]]) -> onnx.ModelProto:
        """The finished model; `outputs` are the names of node outputs with their shapes, all float32."""
        names = ["input_ids", *(["token_type_ids"] if self.segments else [])]
        graph = helper.make_graph(
            self.nodes,
            "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "length"]) for name in names],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs.items()],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="dateline")

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return int(self.tensors["embeddings.word_embeddings.weight"].shape[1])

    def node(self, operator: str, inputs: list[str], *, output: str = "", domain: str = "", **attributes: Any) -> str:
        """Add an operator with one output; gives the output's name."""
        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def cast(self, value: str) -> str:
        """Add a conversion to float32; gives the output's name."""
        return self.node("Cast", [value], to=TensorProto.FLOAT)

    def split(self, value: str, parts: Sequence[str]) -> Sequence[str]:
        """Add a cut of the last axis into equal parts; gives their names."""
        self.nodes.append(helper.make_node("Split", [value], parts, axis=-1, num_outputs=len(parts)))
        return parts

    def constant(self, name: str, value: Array) -> str:
        """Add a constant; gives its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> str:
        """Add a tensor of the model in float32; gives its name."""
        return self.constant(name, self.tensors[name].astype(np.float32))

    def _embeddings(self) -> str:
        segment = self.tensors["embeddings.token_type_embeddings.weight"].astype(np.float32)
        position = self.tensors["embeddings.position_embeddings.weight"].astype(np.float32)
        # Where every token is of the first segment, its vector can be folded into the positions.
        positions = self.constant("positions", position if self.segments else position + segment[0])
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        first, axis = self.constant("zero", np.array([0])), self.constant("axis", np.array([0]))
        place = self.node("Slice", [positions, first, length, axis])
        total = self.node("Add", [self._word_vectors(), place])
        if self.segments:
            total = self.node(
                "Add", [total, self.node("Gather", [self.constant("segment", segment), "token_type_ids"])]
            )
        return self._norm(total, "embeddings.LayerNorm")

    def _word_vectors(self) -> str:
        table = self.tensors["embeddings.word_embeddings.weight"].astype(np.float32)
        if self.words == "float16":
            words = self.constant("words", table.astype(np.float16))
            return self.cast(self.node("Gather", [words, "input_ids"]))
        quantised, scale = _int8(table, axis=1)
        rows = self.node("Gather", [self.constant("words", quantised), "input_ids"])
        scales = self.node("Gather", [self.constant("word_scales", scale), "input_ids"])
        return self.node("Mul", [self.cast(rows), scales])

    def _norm(self, value: str, name: str) -> str:
        inputs = [value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=self.config["layer_norm_eps"])

    def _residual(self, value: str, skip: str, name: str) -> str:
        # ONNX Runtime's fused SkipLayerNormalization took seven times as long as its two parts (1.32, measured).
        return self._norm(self.node("Add", [value, skip]), name)

    def _attention(self, hidden: str, name: str) -> str:
        # One product for query, key and value costs one quantisation of the input instead of three.
        joined = self._linear(hidden, [f"{name}.query", f"{name}.key", f"{name}.value"])
        parts = self.split(joined, [f"{joined}_{part}" for part in "qkv"])
        heads = self.config["num_attention_heads"]
        return self.node("MultiHeadAttention", list(parts), domain="com.microsoft", num_heads=heads)

    def _linear(self, value: str, names: list[str]) -> str:
        weight = np.concatenate([self.tensors[f"{name}.weight"].astype(np.float32) for name in names]).T
        bias = np.concatenate([self.tensors[f"{name}.bias"].astype(np.float32) for name in names])
        base = names[0]
        if f"{base}.{LARGEST}" in self.tensors:
            smooth = _smoothing(self.tensors[f"{base}.{LARGEST}"].astype(np.float32), weight)
            weight = weight * smooth[:, np.newaxis]
            value = self.node("Mul", [value, self.constant(f"{base}.smooth", 1 / smooth)])
        quantised, scale = _int8(weight, axis=0)
        inputs = [
            value,
            self.constant(f"{base}.int8", quantised),
            self.constant(f"{base}.scale", scale[0]),
            self.constant(f"{base}.zero", np.zeros(scale[0].shape, dtype=np.int8)),
            self.constant(f"{base}.bias", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, domain="com.microsoft")


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


def _smoothing(largest: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each input of a linear layer is divided by, and its row of the weights multiplied with, shape (inputs,).

    A few inputs are many times as large as the others and would take the steps of eight bits for themselves; the
    weights have room for them. SmoothQuant (Xiao et al., 2023), equation 4.
    """
    rows = np.abs(weight).max(axis=1)
    floor = np.float32(1e-5)
    smooth = np.maximum(largest, floor) ** _SMOOTHED / np.maximum(rows, floor) ** (1 - _SMOOTHED)
    return np.asarray(np.maximum(smooth, np.float32(1e-3)), dtype=np.float32)


def _int8(weight: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rounded to int8, and the scales (the reduced axis kept) that give the values back."""
    largest = np.abs(weight).max(axis=axis, keepdims=True)
    scale = np.maximum(largest / 127.0, np.finfo(np.float32).tiny).astype(np.float32)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale
