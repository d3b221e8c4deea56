"""What a judge of citations is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Judge(Protocol):
    """Decides whether passages, taken together, support a sentence."""

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether they do; without passages they never do."""
