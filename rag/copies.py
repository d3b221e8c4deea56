"""Which texts are copies of one another: an agency's report in several papers is one voice, not several."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

CopyGroups = Callable[[Sequence[str]], list[int]]
"""For each text the place of the first text that it copies."""

_WORD = re.compile(r"\w+")
_SHINGLE = 5
_SHARED = 0.5
"""Share of the shorter text's shingles that a copy has: an edited agency text keeps most of its runs of words."""


def copy_groups(texts: Sequence[str]) -> list[int]:
    """For each text the place of the first text that it copies, its own place where it copies none.

    Broder, "On the resemblance and containment of documents", 1997: containment of five-word shingles.

    >>> copy_groups(["the mediator left the harbour at dawn", "rain", "The mediator left the harbour at dawn today."])
    [0, 1, 0]
    """
    shingles = [_shingles(text) for text in texts]
    groups: list[int] = []
    for number, own in enumerate(shingles):
        first = (
            groups[earlier]
            for earlier in range(number)
            if len(own & shingles[earlier]) >= _SHARED * max(1, min(len(own), len(shingles[earlier])))
        )
        groups.append(next(first, number))
    return groups


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.casefold())
    return frozenset(hash(tuple(words[start : start + _SHINGLE])) for start in range(max(1, len(words) - _SHINGLE + 1)))
