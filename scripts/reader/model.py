"""The reader as it is trained: a BERT encoder with a span head and a relevance head."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BertModel

from batches import Batch
from index.bert.graph import LARGEST


class Reader(nn.Module):
    """Reads a pair; no dropout, which an encoder that is only fine-tuned for a few epochs does not need."""

    def __init__(self, encoder: Path) -> None:
        """Start from the encoder in a folder."""
        super().__init__()
        off = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0}
        self.bert = BertModel.from_pretrained(encoder, add_pooling_layer=False, attn_implementation="sdpa", **off)
        width = self.bert.config.hidden_size
        self.span, self.relevance = nn.Linear(width, 2), nn.Linear(width, 1)
        for head in (self.span, self.relevance):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of starts and ends, both (pairs, tokens), and of relevance, (pairs,), in float32."""
        hidden = self.bert(input_ids=ids, token_type_ids=segments, attention_mask=mask).last_hidden_state
        starts, ends = self.span(hidden).float().unbind(-1)
        return starts, ends, self.relevance(hidden[:, 0]).float()[:, 0]


@torch.inference_mode()
def largest_inputs(model: Reader, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """The largest absolute value of each input of the encoder's linear layers, under the names the export looks for."""
    largest: dict[str, Tensor] = {}

    def looking(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            own = inputs[0].abs().flatten(0, -2).amax(0).float()
            largest[name] = torch.maximum(largest.get(name, own), own)

        return look

    linear = [(name, layer) for name, layer in model.bert.named_modules() if isinstance(layer, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(looking(f"bert.{name}.{LARGEST}")) for name, layer in linear]
    for batch in batches:
        model(batch.ids, batch.segments, batch.mask)
    for hook in hooks:
        hook.remove()
    return largest


def save_reader(state: dict[str, Tensor], encoder: Path, folder: Path) -> None:
    """Write a state as `rag.readers.export` reads it: config.json and model.safetensors in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name.removeprefix("bert."): value.cpu().half().contiguous() for name, value in state.items()}
    save_file(tensors, str(folder / "model.safetensors"))
    shutil.copy(encoder / "config.json", folder / "config.json")
