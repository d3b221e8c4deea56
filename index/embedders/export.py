"""A BERT sentence encoder as one quantised ONNX graph, written straight from its safetensors.

No torch is needed: the architecture (Devlin et al., 2019) is drawn here node by node with ONNX Runtime's fused
operators. The linear layers' weights become int8 with one symmetric scale for each output channel, and their inputs
are quantised to uint8 as they come (`DynamicQuantizeMatMul`); embeddings are stored in half precision; everything
else stays float32. Mean pooling over the attention mask and the Euclidean normalisation are part of the graph.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors import SafetensorError, safe_open

from index.errors import ModelError

OPSET = 18

Array = NDArray[np.generic]


def export_encoder(model: Path, target: Path) -> None:
    """Write the graph of the BERT encoder in folder `model` to the file `target`.

    Graph: `input_ids` and `attention_mask`, both (batch, length) int64, to `embedding` (batch, hidden) float32 of
    length 1. Raises ModelError for a folder that holds no such model.
    """
    try:
        config = json.loads((model / "config.json").read_text("utf-8"))
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
    graph = _Graph(tensors, heads=config["num_attention_heads"], epsilon=config["layer_norm_eps"])
    onnx.save_model(graph.build(layers=config["num_hidden_layers"]), str(target))


@dataclass
class _Graph:
    """The graph as it grows: each method adds nodes and returns the name of their output."""

    tensors: dict[str, Array]
    heads: int
    epsilon: float

    def __post_init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def build(self, layers: int) -> onnx.ModelProto:
        hidden = self.embeddings()
        for number in range(layers):
            hidden = self.layer(hidden, f"encoder.layer.{number}")
        self.pool(hidden)
        tokens = ["batch", "length"]
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", self.width])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="dateline")

    @property
    def width(self) -> int:
        return int(self.tensors["embeddings.word_embeddings.weight"].shape[1])

    def node(self, operator: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.tensors[name].astype(np.float32))

    def embeddings(self) -> str:
        # Every token is of the first segment, so its vector can be folded into the positions.
        position = self.tensors["embeddings.position_embeddings.weight"].astype(np.float32)
        segment = self.tensors["embeddings.token_type_embeddings.weight"][0].astype(np.float32)
        words = self.constant("words", self.tensors["embeddings.word_embeddings.weight"].astype(np.float16))
        positions = self.constant("positions", position + segment)
        word = self.node("Cast", [self.node("Gather", [words, "input_ids"])], to=TensorProto.FLOAT)
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        first, axis = self.constant("zero", np.array([0])), self.constant("axis", np.array([0]))
        place = self.node("Slice", [positions, first, length, axis])
        return self.norm(self.node("Add", [word, place]), "embeddings.LayerNorm")

    def norm(self, value: str, name: str) -> str:
        inputs = [value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=self.epsilon)

    def layer(self, hidden: str, name: str) -> str:
        attended = self.linear(self.attention(hidden, f"{name}.attention.self"), [f"{name}.attention.output.dense"])
        hidden = self.residual(attended, hidden, f"{name}.attention.output.LayerNorm")
        inner = self.node("Gelu", [self.linear(hidden, [f"{name}.intermediate.dense"])], domain="com.microsoft")
        return self.residual(self.linear(inner, [f"{name}.output.dense"]), hidden, f"{name}.output.LayerNorm")

    def residual(self, value: str, skip: str, name: str) -> str:
        inputs = [value, skip, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("SkipLayerNormalization", inputs, domain="com.microsoft", epsilon=self.epsilon)

    def attention(self, hidden: str, name: str) -> str:
        # One product for query, key and value costs one quantisation of the input instead of three.
        joined = self.linear(hidden, [f"{name}.query", f"{name}.key", f"{name}.value"])
        if "kept_tokens" not in {node.output[0] for node in self.nodes}:
            self.nodes.append(helper.make_node("Cast", ["attention_mask"], ["kept_tokens"], to=TensorProto.INT32))
        parts = [f"{joined}_{part}" for part in "qkv"]
        self.nodes.append(helper.make_node("Split", [joined], parts, axis=-1, num_outputs=3))
        inputs = [*parts, "", "kept_tokens"]
        return self.node("MultiHeadAttention", inputs, domain="com.microsoft", num_heads=self.heads)

    def linear(self, value: str, names: list[str]) -> str:
        weight = np.concatenate([self.tensors[f"{name}.weight"].astype(np.float32) for name in names]).T
        bias = np.concatenate([self.tensors[f"{name}.bias"].astype(np.float32) for name in names])
        scale = np.maximum(np.abs(weight).max(axis=0) / 127.0, np.finfo(np.float32).tiny).astype(np.float32)
        quantised = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
        base = names[0]
        inputs = [
            value,
            self.constant(f"{base}.int8", quantised),
            self.constant(f"{base}.scale", scale),
            self.constant(f"{base}.zero", np.zeros(scale.shape, dtype=np.int8)),
            self.constant(f"{base}.bias", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, domain="com.microsoft")

    def pool(self, hidden: str) -> None:
        last = self.constant("last_axis", np.array([-1]))
        kept = self.node("Cast", [self.node("Unsqueeze", ["attention_mask", last])], to=TensorProto.FLOAT)
        length_axis = self.constant("length_axis", np.array([1]))
        total = self.node("ReduceSum", [self.node("Mul", [hidden, kept]), length_axis], keepdims=0)
        # Dividing by the number of tokens would not change the direction, so only the length is made 1.
        self.nodes.append(helper.make_node("LpNormalization", [total], ["embedding"], axis=-1, p=2))
