"""Support by the words alone.

Quotation never takes a false support for a true one, and gives rewording no credit. Where words need only be shared,
rewording passes, and so does a denial in the same words.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answers import contains
from eval.metrics.equivalence import quantities
from eval.metrics.question_rewriting import terms

LEAST_SHARE = 0.75
"""Of a sentence's content words; chosen on the pairs of `verifier` training data, see docs/evaluation.md."""


class ExactQuotation:
    """A sentence is supported where its words, normalised, stand in one passage one after the other.

    >>> ExactQuotation().supports(["The mayor said: repairs cost 3 million. Nobody fell."], "Repairs cost 3 million.")
    True
    """

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether a passage holds the sentence word for word."""
        return any(contains(passage, sentence) for passage in passages)


class LexicalOverlap:
    """A sentence is supported where the passages hold nearly all its content words and every quantity it names.

    >>> judge = LexicalOverlap()
    >>> judge.supports(["The council will repair the pier for 3.2 million."], "The pier repair: 3.2 million.")
    True
    >>> judge.supports(["The council will repair the pier for 3.2 million."], "The pier repair: 3.3 million.")
    False
    """

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        """Whether the words and quantities of the sentence stand in the passages, wherever they stand."""
        if self.share(passages, sentence) < LEAST_SHARE:
            return False
        known = {value for passage in passages for value, _ in quantities(passage)}
        return {value for value, _ in quantities(sentence)} <= known

    def share(self, passages: Sequence[str], sentence: str) -> float:
        """How much of the sentence's content words the passages hold, in [0, 1]; 0 where it has none."""
        wanted = terms(sentence)
        held = frozenset[str]().union(*(terms(passage) for passage in passages))
        return len(wanted & held) / len(wanted) if wanted else 0.0
