"""The transformer that a reader is trained on: BERT's (Devlin et al., 2019), or MPNet's (Song et al., 2020).

MPNet adds to every attention score a learnt bias for the distance of the two tokens, the same in all layers, and knows
no segments. Both are post-norm encoders under the same names of tensors (`weights.py` renames MPNet's).
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

_FAR = 128
"""Distances from here on share one bias."""
_NEVER = -1e4


class Encoder(nn.Module):
    """Token ids to hidden states; without dropout, which a few epochs of fine-tuning do not need."""

    def __init__(self, folder: Path, layers: int | None = None) -> None:
        """Take config.json and model.safetensors from a folder; of its layers only the first `layers`."""
        super().__init__()
        self.config = json.loads((folder / "config.json").read_text("utf-8"))
        self.width, heads = self.config["hidden_size"], self.config["num_attention_heads"]
        count = layers or self.config["num_hidden_layers"]
        self.embeddings = _Embeddings(self.config)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Layer(self.config) for _ in range(count))
        if self.config["model_type"] == "mpnet":
            self.encoder.relative_attention_bias = nn.Embedding(self.config["relative_attention_num_buckets"], heads)
        weights = load_file(str(folder / "model.safetensors"))
        own = {name: weights[name].float() for name in self.state_dict()}
        self.load_state_dict(own)
        self.frozen = 0

    def freeze(self, layers: int) -> None:
        """Keep the embeddings, the biases of distance and the first layers as they are; nothing at 0."""
        self.frozen = layers
        fixed = [self.embeddings, *self.encoder.layer[:layers]] if layers else []
        if layers and hasattr(self.encoder, "relative_attention_bias"):
            fixed.append(self.encoder.relative_attention_bias)
        for module in fixed:
            module.requires_grad_(False)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        """Hidden states, (texts, tokens, width); all arguments (texts, tokens), `mask` 1 at tokens that count."""
        scores = ((1.0 - mask[:, None, None].float()) * _NEVER) + self._distances(ids.shape[1], ids.device)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            hidden = self.embeddings(ids, segments)
        for number, layer in enumerate(self.encoder.layer):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen):
                hidden = layer(hidden, scores)
        return hidden

    def _distances(self, length: int, device: torch.device) -> Tensor:
        """What the distance of two tokens adds to their score, (1, heads, length, length); MPNet alone has it."""
        if not hasattr(self.encoder, "relative_attention_bias"):
            return torch.zeros(1, 1, 1, 1, device=device)
        place = torch.arange(length, device=device)
        # Half of the buckets for either direction; of these half for single distances, the rest in growing steps.
        behind = self.encoder.relative_attention_bias.num_embeddings // 2
        exact = behind // 2
        apart = place[:, None] - place[None]
        away = apart.abs().clamp(min=1)
        grown = exact + (torch.log(away / exact) / math.log(_FAR / exact) * (behind - exact)).long()
        bucket = torch.where(apart.abs() < exact, apart.abs(), grown.clamp(max=behind - 1)) + behind * (apart < 0)
        return self.encoder.relative_attention_bias(bucket).permute(2, 0, 1)[None]


class _Embeddings(nn.Module):
    def __init__(self, config: dict[str, int]) -> None:
        super().__init__()
        width = config["hidden_size"]
        self.word_embeddings = nn.Embedding(config["vocab_size"], width)
        positions = config["max_position_embeddings"] - (2 if config["model_type"] == "mpnet" else 0)
        self.position_embeddings = nn.Embedding(positions, width)
        if config["model_type"] == "bert":
            self.token_type_embeddings = nn.Embedding(config["type_vocab_size"], width)
        self.LayerNorm = nn.LayerNorm(width, config["layer_norm_eps"])

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        places = self.position_embeddings.weight[: ids.shape[1]]
        hidden = self.word_embeddings(ids) + places
        if hasattr(self, "token_type_embeddings"):
            hidden = hidden + self.token_type_embeddings(segments)
        return self.LayerNorm(hidden)


class _Layer(nn.Module):
    def __init__(self, config: dict[str, int]) -> None:
        super().__init__()
        width, inner, eps = config["hidden_size"], config["intermediate_size"], config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.attention = nn.ModuleDict({"self": nn.ModuleDict(), "output": nn.ModuleDict()})
        for name in ("query", "key", "value"):
            self.attention["self"][name] = nn.Linear(width, width)
        self.attention["output"]["dense"] = nn.Linear(width, width)
        self.attention["output"]["LayerNorm"] = nn.LayerNorm(width, eps)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = nn.ModuleDict({"dense": nn.Linear(inner, width), "LayerNorm": nn.LayerNorm(width, eps)})

    def forward(self, hidden: Tensor, scores: Tensor) -> Tensor:
        texts, length, width = hidden.shape
        parts = (
            self.attention["self"][name](hidden).view(texts, length, self.heads, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        query, key, value = parts
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=scores.to(query.dtype))
        mixed = mixed.transpose(1, 2).reshape(texts, length, width)
        after = self.attention["output"]["LayerNorm"](hidden + self.attention["output"]["dense"](mixed))
        inner = self.output["dense"](gelu(self.intermediate["dense"](after)))
        return self.output["LayerNorm"](after + inner)
