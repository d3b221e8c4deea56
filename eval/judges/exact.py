"""Support is quotation: it never takes a false support for a true one, and gives rewording no credit."""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answers import contains


class ExactQuotation:
    """A sentence is supported where its words, normalised, stand in one passage one after the other.

    >>> ExactQuotation().supports(["The mayor said: repairs cost 3 million. Nobody fell."], "Repairs cost 3 million.")
    True
    """

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether a passage holds the sentence word for word."""
        return any(contains(passage, sentence) for passage in passages)
