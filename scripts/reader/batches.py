"""From prepared questions and claims to batches of pairs of similar length.

Tokens are what training costs, so a pair holds a short window of its paragraph. Neither the place of the answer in it
nor its length tells whether there is one: windows of all kinds have the same lengths, an answer stands anywhere in its
own, and a window without one lies where the question's words are thickest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FIRST, SEPARATOR = 101, 102
"""Token ids of [CLS] and [SEP] in the encoder's vocabulary."""
WINDOWS = ((0.7, 56, 100), (0.3, 100, 200))
"""Shares of the windows, and the fewest and most tokens of a paragraph in them; the index's passages have 160."""
TITLED, MOVED = 0.7, 0.15
"""Shares of pairs with a title, and of questions whose question word is moved to the end."""
ALTERED, WITHHELD, OTHER, OWN_ARTICLE = 0.5, 0.1, 0.35, 0.6
"""Shares of answered questions that come a second time altered, with their own paragraph less the sentences that
answer, and with another paragraph; the share of those that are of the same article."""
WEIGHTS = {"squad2": 4.0, "squad1": 2.0, "shifts-wiki": 2.0, "qamr": 0.8, "fairytale": 0.7}
"""How often a question of a source is drawn: those whose unanswerable questions people wrote tell the most."""
CLAIMS = 0.35
"""Claims drawn for each question."""
PAIR_TOKENS = 2048
"""Padded tokens of a batch."""
BLOCK = 512
"""Questions that are drawn and sorted by length at once."""
_THICKEST = 0.9
"""A window is taken whose weight of question words is at least this share of the best one's."""
_LEAST_SENTENCES = 2
_NO_SPANS = np.empty((0, 2), dtype=np.int32)
_ANY_VERDICT = (True, True, True)


@dataclass(frozen=True)
class Pair:
    """Token ids; where segment 1 begins; the text's own tokens `[begin, end)`; gold spans `(first, last)`.

    A claim has `verdicts`, which of supported, contradicted and neither are allowed, and no question to read for.
    """

    ids: list[int]
    segment: int
    begin: int
    end: int
    gold: tuple[tuple[int, int], ...] = ()
    verdicts: tuple[bool, bool, bool] | None = None


@dataclass(frozen=True)
class Batch:
    """Tensors of a batch, (pairs, tokens) or (pairs,), `verdicts` (pairs, 3).

    `allowed`: tokens where a span may begin or end, the first token for "no answer" among them; `starts` and `ends` are
    the gold ones; `question` numbers the question of each pair from 0; `reads` is false for claims.
    """

    ids: Tensor
    segments: Tensor
    mask: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    answered: Tensor
    question: Tensor
    reads: Tensor
    verdicts: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


class Questions:
    """The prepared data of `data.py`."""

    def __init__(self, path: Path) -> None:
        """Read the whole file."""
        with np.load(path) as arrays:
            self._data: dict[str, NDArray[Any]] = {name: arrays[name] for name in arrays.files}
        aside = self._data["development"][self._data["paragraph"]]
        sources = self._data["source"][self._data["paragraph"]]
        weights = np.array([WEIGHTS.get(source, 1.0) for source in sources]) * ~aside
        self._shares = weights / weights.sum()
        self._claims = np.flatnonzero(~self._data.get("claim_development", np.ones(0, dtype=np.bool_)))
        # Rare words of a question say where in a paragraph it looks.
        seen = np.bincount(self._data["context"], minlength=1 << 16)
        self._rarity = np.log(len(self._data["context"]) / (1.0 + seen)).clip(min=0.0) ** 2

    def row(self, name: str, number: int) -> NDArray[Any]:
        """One row of a packed array."""
        at = self._data[f"{name}_at"]
        return self._data[name][at[number] : at[number + 1]]

    def spans(self, question: int) -> NDArray[np.int32]:
        """Gold spans, shape (spans, 2)."""
        return self.row("span", question).reshape(-1, 2)

    def paragraph(self, question: int) -> int:
        """The number of a question's paragraph."""
        return int(self._data["paragraph"][question])

    def block(self, seed: int, number: int, pair_tokens: int = PAIR_TOKENS) -> Iterator[Batch]:
        """The batches of one draw, which follow from the seed and the draw's number alone."""
        rng = np.random.default_rng((seed, number))
        drawn = rng.choice(len(self._shares), min(BLOCK, int((self._shares > 0).sum())), replace=False, p=self._shares)
        groups = [self.group(int(question), rng) for question in drawn]
        claims = rng.choice(self._claims, min(round(CLAIMS * len(drawn)), len(self._claims)), replace=False)
        groups += [[self.claim(int(claim))] for claim in claims]
        # A little disorder, so that the same questions do not always meet.
        groups.sort(key=lambda group: _longest(group) + 8 * rng.random())
        together = list(_together(groups, pair_tokens))
        for place in rng.permutation(len(together)):
            yield collate(together[place])

    def group(self, question: int, rng: np.random.Generator) -> list[Pair]:
        """A question with its own paragraph and perhaps other pairs that do not answer."""
        titled = rng.random() < TITLED
        own, spans = self.paragraph(question), self.spans(question)
        asked = self.row("question", question)
        if rng.random() < MOVED and len(moved := self.row("moved", question)):
            asked = moved
        context = self._context(own)
        window = self._window(asked, context, spans, rng)
        pairs = [self._pair(asked, context, own, spans, titled, window)]
        if not len(spans):
            return pairs
        forms = range(*self._data["altered_of"][question : question + 2])
        if forms and rng.random() < ALTERED:
            form = self.row("altered", int(rng.choice(forms)))
            pairs.append(self._pair(form, context, own, _NO_SPANS, titled, window))
        others: list[tuple[NDArray[Any], int]] = []
        if rng.random() < WITHHELD:
            others.append((self._without(question), own))
        if rng.random() < OTHER and (other := self._negative(question, rng)) is not None:
            others.append((self._context(other), other))
        for text, number in others:
            if len(text):
                window = self._window(asked, text, _NO_SPANS, rng)
                pairs.append(self._pair(asked, text, number, _NO_SPANS, titled, window))
        return pairs

    def claim(self, number: int) -> Pair:
        """A claim with the text that is to support it."""
        claim, premise = self.row("claim", number).tolist(), self.row("premise", number).tolist()
        ids = [FIRST, *claim, SEPARATOR, *premise, SEPARATOR]
        supported, contradicted, neither = (bool(value) for value in self._data["verdict"][number])
        return Pair(ids, len(claim) + 2, len(claim) + 2, len(ids) - 1, (), (supported, contradicted, neither))

    def _negative(self, question: int, rng: np.random.Generator) -> int | None:
        negatives = self._data["negative"][question]
        if not (negatives >= 0).any():
            return None
        half = len(negatives) // 2
        kind = negatives[:half] if rng.random() < OWN_ARTICLE else negatives[half:]
        return int(rng.choice(kind[kind >= 0] if (kind >= 0).any() else negatives[negatives >= 0]))

    def _without(self, question: int) -> NDArray[Any]:
        """A question's paragraph without the sentences that hold an answer; empty where little is left."""
        paragraph, spans = self.paragraph(question), self.spans(question)
        context, ends = self._context(paragraph), self.row("sentence", paragraph)
        told = {int(n) for span in spans for n in np.searchsorted(ends, span, side="right")}
        if not told or len(ends) - len(told) < _LEAST_SENTENCES:
            return context[:0]
        starts = np.concatenate([[0], ends[:-1]])
        rest = np.concatenate(
            [context[a:b] for n, (a, b) in enumerate(zip(starts, ends, strict=True)) if n not in told]
        )
        # Where the same words stand elsewhere too, the paragraph may still answer.
        answers = [context[first : last + 1].tobytes() for first, last in spans]
        return context[:0] if any(answer in rest.tobytes() for answer in answers) else rest

    def _context(self, paragraph: int) -> NDArray[Any]:
        return self.row("context", paragraph)

    def _window(
        self, question: NDArray[Any], context: NDArray[Any], spans: NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[int, int]:
        """A stretch of a text that holds one of the spans where there are any."""
        _, shortest, longest = WINDOWS[int(rng.choice(len(WINDOWS), p=[share for share, *_ in WINDOWS]))]
        size = int(rng.integers(shortest, longest + 1))
        if len(context) <= size:
            return 0, len(context)
        if not len(spans):
            weights = self._rarity[context] * np.isin(context, question)
            sums = np.concatenate([[0.0], np.cumsum(weights)])
            found = sums[size:] - sums[:-size]
            begin = int(rng.choice(np.flatnonzero(found >= _THICKEST * found.max())))
            return begin, begin + size
        first, last = (int(value) for value in rng.choice(spans))
        if last - first + 1 >= size:
            return first, min(len(context), first + longest)
        lowest, highest = max(0, last - size + 1), min(first, len(context) - size)
        begin = int(rng.integers(min(lowest, highest), highest + 1))
        return begin, begin + size

    def _pair(
        self,
        question: NDArray[Any],
        context: NDArray[Any],
        paragraph: int,
        spans: NDArray[np.int32],
        titled: bool,
        window: tuple[int, int],
    ) -> Pair:
        begin, end = window
        title = self.row("title", paragraph).tolist() if titled else []
        head = [FIRST, *question.tolist(), SEPARATOR]
        shift = len(head) + len(title) - begin
        gold = tuple((int(a) + shift, int(b) + shift) for a, b in spans if a >= begin and b < end)
        ids = [*head, *title, *context[begin:end].tolist(), SEPARATOR]
        return Pair(ids, len(head), len(head) + len(title), end + shift, gold)


def _together(groups: Sequence[list[Pair]], pair_tokens: int) -> Iterator[list[list[Pair]]]:
    current: list[list[Pair]] = []
    pairs = longest = 0
    for group in groups:
        width = max(longest, _longest(group))
        if current and (pairs + len(group)) * width > pair_tokens:
            yield current
            current, pairs, width = [], 0, _longest(group)
        current.append(group)
        pairs, longest = pairs + len(group), width
    if current:
        yield current


def _longest(group: Sequence[Pair]) -> int:
    return max(len(pair.ids) for pair in group)


def collate(groups: Sequence[Sequence[Pair]]) -> Batch:
    """Tensors of some questions' pairs, padded to a multiple of 8 tokens."""
    pairs = [pair for group in groups for pair in group]
    shape = len(pairs), -(-_longest(pairs) // 8) * 8
    ids, segments, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    allowed, starts, ends = (torch.zeros(shape, dtype=torch.bool) for _ in range(3))
    for row, pair in enumerate(pairs):
        size = len(pair.ids)
        ids[row, :size] = torch.tensor(pair.ids)
        segments[row, pair.segment : size] = 1
        mask[row, :size] = 1
        allowed[row, pair.begin : pair.end] = True
        allowed[row, 0] = True
        for first, last in pair.gold or ((0, 0),):
            starts[row, first] = True
            ends[row, last] = True
    answered = torch.tensor([float(bool(pair.gold)) for pair in pairs])
    question = torch.tensor([number for number, group in enumerate(groups) for _ in group])
    reads = torch.tensor([pair.verdicts is None for pair in pairs])
    verdicts = torch.tensor([pair.verdicts or _ANY_VERDICT for pair in pairs])
    return Batch(ids, segments, mask, allowed, starts, ends, answered, question, reads, verdicts)
