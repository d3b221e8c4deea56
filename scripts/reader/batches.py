"""From prepared questions to batches of pairs of similar length."""

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
WINDOW, SHORTEST_WINDOW = 200, 100
"""Tokens of a paragraph that are read at once: passages of the index are about this long."""
TITLED, OWN_ARTICLE, ALTERED, MOVED, WITHHELD = 0.7, 0.6, 0.3, 0.15, 0.25
"""Shares of pairs with a title, of negatives of the same article, of altered copies, of questions whose question word
is moved to the end, and of those whose own paragraph comes a second time without the sentences that answer."""
NEGATIVES = (0.2, 0.5, 0.3)
"""Shares of questions with none, one and two paragraphs that do not answer."""
PAIR_TOKENS, MOST_QUESTIONS = 6144, 64
"""Padded tokens and questions of a batch."""
_SORTED_AT_ONCE = 4096
_LEAST_SENTENCES = 2
_NO_SPANS = np.empty((0, 2), dtype=np.int32)


@dataclass(frozen=True)
class Pair:
    """Token ids; where segment 1 begins; the paragraph's own tokens `[begin, end)`; gold spans `(first, last)`."""

    ids: list[int]
    segment: int
    begin: int
    end: int
    gold: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Batch:
    """Tensors of a batch, (pairs, tokens) or (pairs,).

    `allowed`: tokens where a span may begin or end, the first token for "no answer" among them; `starts` and `ends` are
    the gold ones; `question` numbers the question of each pair from 0.
    """

    ids: Tensor
    segments: Tensor
    mask: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    answered: Tensor
    question: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


class Questions:
    """The prepared data of `data.py`."""

    def __init__(self, path: Path) -> None:
        """Read the whole file."""
        with np.load(path) as arrays:
            self._data: dict[str, NDArray[Any]] = {name: arrays[name] for name in arrays.files}

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

    def training(self) -> NDArray[np.int64]:
        """Questions that are not set aside; those that people made unanswerable, which are few, three times."""
        kept = np.flatnonzero(~self._data["development"][self._data["paragraph"]])
        unanswerable = [number for number in kept if not len(self.spans(number))]
        return np.concatenate([kept, unanswerable, unanswerable]).astype(np.int64)

    def group(self, question: int, rng: np.random.Generator) -> list[Pair]:
        """A question's own paragraph and perhaps some that do not answer."""
        titled = rng.random() < TITLED
        own = self.paragraph(question)
        asked = self.row("question", question)
        if rng.random() < MOVED and len(moved := self.row("moved", question)):
            asked = moved
        pairs = [self._pair(asked, self._context(own), own, self.spans(question), titled, rng)]
        if rng.random() < WITHHELD and len(rest := self._without(question)):
            pairs.append(self._pair(asked, rest, own, _NO_SPANS, titled, rng))
        for other in self._negatives(question, rng):
            pairs.append(self._pair(asked, self._context(other), other, _NO_SPANS, titled, rng))
        return pairs

    def _negatives(self, question: int, rng: np.random.Generator) -> list[int]:
        count = int(rng.choice(len(NEGATIVES), p=NEGATIVES))
        negatives = self._data["negative"][question]
        half = len(negatives) // 2
        chosen: dict[int, None] = {}
        for _ in range(count if (negatives >= 0).any() else 0):
            kind = negatives[:half] if rng.random() < OWN_ARTICLE else negatives[half:]
            found = kind[kind >= 0] if (kind >= 0).any() else negatives[negatives >= 0]
            chosen[int(rng.choice(found))] = None
        return list(chosen)

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

    def altered(self, question: int, rng: np.random.Generator) -> list[Pair]:
        """An altered form of the question with the paragraph that no longer answers it; nothing where there is none."""
        first, last = self._data["altered_of"][question : question + 2]
        if first == last:
            return []
        form = self.row("altered", int(rng.integers(first, last)))
        own, titled = self.paragraph(question), rng.random() < TITLED
        pair = self._pair(form, self._context(own), own, self.spans(question), titled, rng)
        return [Pair(pair.ids, pair.segment, pair.begin, pair.end, ())]

    def _pair(
        self,
        question: NDArray[Any],
        context: NDArray[Any],
        paragraph: int,
        spans: NDArray[np.int32],
        titled: bool,
        rng: np.random.Generator,
    ) -> Pair:
        begin, end = _window(len(context), spans, rng)
        title = self.row("title", paragraph).tolist() if titled else []
        head = [FIRST, *question.tolist(), SEPARATOR]
        shift = len(head) + len(title) - begin
        gold = tuple((int(a) + shift, int(b) + shift) for a, b in spans if a >= begin and b < end)
        ids = [*head, *title, *context[begin:end].tolist(), SEPARATOR]
        return Pair(ids, len(head), len(head) + len(title), end + shift, gold)


def _window(length: int, spans: NDArray[np.int32], rng: np.random.Generator) -> tuple[int, int]:
    """A stretch of a paragraph that holds one of the spans where there are any."""
    if length <= WINDOW:
        return 0, length
    size = int(rng.integers(SHORTEST_WINDOW, WINDOW + 1))
    if not len(spans):
        begin = int(rng.integers(0, length - size + 1))
        return begin, begin + size
    first, last = (int(value) for value in rng.choice(spans))
    if last - first + 1 >= size:
        return first, min(length, first + WINDOW)
    lowest, highest = max(0, last - size + 1), min(first, length - size)
    begin = int(rng.integers(min(lowest, highest), highest + 1))
    return begin, begin + size


def batches(
    questions: Questions, numbers: NDArray[np.int64], seed: int, pair_tokens: int = PAIR_TOKENS
) -> Iterator[Batch]:
    """All of the questions once, in an order that follows from the seed; `pair_tokens` padded tokens in a batch."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(numbers)
    for start in range(0, len(order), _SORTED_AT_ONCE):
        portion = [int(number) for number in order[start : start + _SORTED_AT_ONCE]]
        groups = [questions.group(number, rng) for number in portion]
        groups += [form for n in portion if rng.random() < ALTERED and (form := questions.altered(n, rng))]
        # A little disorder, so that the same questions do not always meet.
        groups.sort(key=lambda group: _longest(group) + 8 * rng.random())
        together = list(_together(groups, pair_tokens))
        for place in rng.permutation(len(together)):
            yield collate(together[place])


def _together(groups: Sequence[list[Pair]], pair_tokens: int) -> Iterator[list[list[Pair]]]:
    current: list[list[Pair]] = []
    pairs = longest = 0
    for group in groups:
        width = max(longest, _longest(group))
        if current and ((pairs + len(group)) * width > pair_tokens or len(current) == MOST_QUESTIONS):
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
    return Batch(ids, segments, mask, allowed, starts, ends, answered, question)
