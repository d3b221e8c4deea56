"""The reader as it is trained: an encoder with a head for spans, one for relevance and one for support."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from batches import Batch
from encoder import Encoder
from index.bert.graph import LARGEST


class Reader(nn.Module):
    """Reads a question, or weighs a claim, against a text."""

    def __init__(self, encoder: Path, layers: int | None = None) -> None:
        """Start from the encoder in a folder, or from its first `layers`."""
        super().__init__()
        self.bert = Encoder(encoder, layers)
        self.span, self.relevance, self.support = (nn.Linear(self.bert.width, outputs) for outputs in (2, 1, 3))
        for head in (self.span, self.relevance, self.support):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits in float32: of starts and ends, both (pairs, tokens); of relevance, (pairs,); of verdicts, (pairs, 3).

        The verdicts are supported, contradicted and neither.
        """
        hidden = self.bert(ids, segments, mask)
        starts, ends = self.span(hidden).float().unbind(-1)
        first = hidden[:, 0]
        return starts, ends, self.relevance(first).float()[:, 0], self.support(first).float()


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


def save_reader(state: dict[str, Tensor], model: Reader, folder: Path) -> None:
    """Write a state of a model as `rag.readers.export` reads it: config.json, model.safetensors in halves."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name.removeprefix("bert."): value.cpu().half().contiguous() for name, value in state.items()}
    save_file(tensors, str(folder / "model.safetensors"))
    config = {**model.bert.config, "num_hidden_layers": len(model.bert.encoder.layer)}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
