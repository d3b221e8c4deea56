"""Train a reader.

    python scripts/reader/train.py DATA.npz FOLDER [--encoder FOLDER] [--frozen 4] [--steps 6300] [--decay 1900]
        [--start reader.onnx] [--rate 1e-4] [--tokens 2048]

DATA is what `data.py` wrote; the encoder is the packaged one, or for the teacher the one that `weights.py` wrote.
FOLDER receives a checkpoint every few minutes, from which the same command goes on after an interruption, and at the
end the model for `rag.readers.export`. On the GPU where there is one; in bfloat16 where the processor computes with it.
What is learnt, with equal seeds the same:

- spans: the marginal likelihood of all gold starts and ends of a pair, the first token standing for "no answer";
- spans across the passages of a question: the same over one softmax of all of them, without "no answer";
- relevance: whether the pair has an answer at all;
- support: whether a text supports a claim, contradicts it or does neither, as far as the claim's label says.

AdamW at a constant rate after a warm-up, then down to nothing in a straight line; what is kept is the moving average
of the weights.
"""

from __future__ import annotations

import argparse
import copy
import time
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from batches import PAIR_TOKENS, Batch, Questions
from index.embedders.model_files import model_folder
from model import Reader, largest_inputs, save_reader
from rag.readers.export import export_reader
from restore import restored

RATE, WARM_UP, WEIGHT_DECAY = 1e-4, 200, 0.01
"""Learning rate at its highest, steps until then, and decay of the matrices."""
AVERAGE = 0.998
SHARED, RELEVANCE, SUPPORT = 0.5, 0.5, 0.5
"""Weights of the losses after the first."""
CHECKPOINT_SECONDS = 480
REPORTED_STEPS = 50
CALIBRATED_BATCHES = 12
"""Batches from which the export learns how large the inputs of a layer become."""
_NEVER = -1e4


def main() -> None:
    """Train until the last step, then write the model and, where the runtime knows its kind, its graph."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", type=Path, help="the folder of another encoder than the packaged one")
    parser.add_argument("--layers", type=int, help="of the encoder, counted from the first; all by default")
    parser.add_argument("--frozen", type=int, default=0, help="first layers that stay as they are, with the embeddings")
    parser.add_argument("--steps", type=int, default=6300)
    parser.add_argument("--decay", type=int, default=1900, help="steps at the end over which the rate falls")
    parser.add_argument("--start", type=Path, help="a reader's graph to go on from, instead of the bare encoder")
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate at its highest")
    parser.add_argument("--tokens", type=int, default=PAIR_TOKENS, help="of a batch; fewer need less memory and time")
    parser.add_argument("--pause", type=int, help="stop at this step; the same command without it goes on")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    questions = Questions(arguments.data)
    torch.manual_seed(arguments.seed)
    model = Reader(arguments.encoder or model_folder(), arguments.layers)
    if arguments.start:
        # A graph of before there was support of claims has no head for it.
        model.load_state_dict(restored(arguments.start), strict=False)
    model.bert.freeze(arguments.frozen)
    training = Training(model, arguments.folder, arguments.seed, arguments.rate, arguments.tokens)
    training.run(questions, arguments.steps, arguments.decay, arguments.pause or arguments.steps)
    if training.step < arguments.steps:
        return
    seen = islice(questions.block(arguments.seed, 0, arguments.tokens), CALIBRATED_BATCHES)
    largest = largest_inputs(training.average, (batch.to(training.device) for batch in seen))
    save_reader({**training.average.state_dict(), **largest}, training.average, arguments.folder)
    if model.bert.config["model_type"] == "bert":
        export_reader(arguments.folder, arguments.folder / "reader.onnx")


class Training:
    """A model with everything that a checkpoint must hold."""

    def __init__(self, model: Reader, folder: Path, seed: int, rate: float, tokens: int) -> None:
        """Begin, or go on where the checkpoint in the folder left off."""
        self.seed, self.rate, self.tokens = seed, rate, tokens
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # Elsewhere bfloat16 is imitated, many times slower than float32.
        self.half = self.device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        self.model = model.to(self.device).train()
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.learnt = [name for name, parameter in self.model.named_parameters() if parameter.requires_grad]
        parameters = [self.model.get_parameter(name) for name in self.learnt]
        matrices = [p for p in parameters if p.ndim > 1]
        others = [p for p in parameters if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)
        self.step = self.block = self.done = 0
        self.checkpoint = folder / "checkpoint.pt"
        if self.checkpoint.exists():
            held = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
            self.model.load_state_dict(held["model"], strict=False)
            self.average.load_state_dict(held["average"], strict=False)
            self.optimizer.load_state_dict(held["optimizer"])
            self.step, self.block, self.done = held["step"], held["block"], held["done"]
            print(f"goes on at step {self.step}", flush=True)

    def run(self, questions: Questions, steps: int, decay: int, last: int) -> None:
        """Take steps up to number `last` of `steps`, of which the final `decay` are at a falling rate."""
        saved = reported = time.monotonic()
        seen: list[Tensor] = []
        while self.step < last:
            for place, batch in enumerate(questions.block(self.seed, self.block, self.tokens)):
                if place < self.done:
                    continue
                rate = self.rate * min(1.0, (self.step + 1) / WARM_UP, (steps - self.step) / decay)
                seen.append(self.learn(batch.to(self.device), rate))
                self.step, self.done = self.step + 1, place + 1
                if self.step % REPORTED_STEPS == 0:
                    spent, reported = (time.monotonic() - reported) / len(seen), time.monotonic()
                    means = ", ".join(f"{value:.3f}" for value in torch.stack(seen).nanmean(0).tolist())
                    print(f"step {self.step}: losses {means}, {spent:.2f} s a step", flush=True)
                    seen = []
                if time.monotonic() - saved > CHECKPOINT_SECONDS or self.step == last:
                    self.save()
                    saved = time.monotonic()
                if self.step == last:
                    return
            self.block, self.done = self.block + 1, 0

    def learn(self, batch: Batch, rate: float) -> Tensor:
        """One step; gives its losses, (4,)."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            found = losses(self.model, batch)
        self.optimizer.zero_grad(set_to_none=True)
        weights = torch.tensor([1.0, SHARED, RELEVANCE, SUPPORT], device=self.device)
        (found * weights).sum().backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        # At the beginning an average over many steps would remember the untrained heads.
        share = min(AVERAGE, (self.step + 1) / (self.step + 20))
        with torch.no_grad():
            ours = [self.model.get_parameter(name).detach() for name in self.learnt]
            theirs = [self.average.get_parameter(name) for name in self.learnt]
            torch._foreach_lerp_(theirs, ours, 1 - share)
        return found.detach().cpu()

    def save(self) -> None:
        """Write a checkpoint, without what stays as it is, whole or not at all."""
        state, average = self.model.state_dict(), self.average.state_dict()
        held = {
            "model": {name: state[name] for name in self.learnt}, "average": {n: average[n] for n in self.learnt},
            "optimizer": self.optimizer.state_dict(), "step": self.step, "block": self.block, "done": self.done,
        }  # fmt: skip
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(held, fresh)
        fresh.replace(self.checkpoint)


def losses(model: nn.Module, batch: Batch) -> Tensor:
    """The four losses of a batch, each a mean over the pairs that it is of, (4,); 0 where there are none."""
    starts, ends, relevance, verdicts = model(batch.ids, batch.segments, batch.mask)
    starts, ends = (logits.masked_fill(~batch.allowed, _NEVER) for logits in (starts, ends))
    reads, claims = batch.reads.float(), (~batch.reads).float()
    own = _mean((_marginal(starts, batch.starts) + _marginal(ends, batch.ends)) / 2, reads)
    text = batch.allowed.clone()
    text[:, 0] = False
    shared = (_across(starts, batch.starts & text, text, batch) + _across(ends, batch.ends & text, text, batch)) / 2
    relevant = _mean(binary_cross_entropy_with_logits(relevance, batch.answered, reduction="none"), reads)
    return torch.stack([own, shared, relevant, _mean(_marginal(verdicts, batch.verdicts), claims)])


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    return (values * counted).sum() / counted.sum().clamp(min=1)


def _marginal(logits: Tensor, gold: Tensor) -> Tensor:
    """Negative log of the summed probability of the gold entries, (pairs,) (Clark and Gardner, 2018)."""
    return logits.logsumexp(-1) - logits.masked_fill(~gold, _NEVER).logsumexp(-1)


def _across(logits: Tensor, gold: Tensor, text: Tensor, batch: Batch) -> Tensor:
    """The same where the passages of a question share one normalisation; mean over the pairs with an answer."""
    mass = logits.masked_fill(~text, _NEVER).logsumexp(-1)
    right = logits.masked_fill(~gold, _NEVER).logsumexp(-1)
    count = int(batch.question.max()) + 1
    highest = mass.new_full((count,), _NEVER).scatter_reduce(0, batch.question, mass, "amax")
    total = mass.new_zeros(count).scatter_add(0, batch.question, (mass - highest[batch.question]).exp())
    whole = total.log() + highest
    return ((whole[batch.question] - right) * batch.answered).sum() / batch.answered.sum().clamp(min=1)


if __name__ == "__main__":
    main()
