"""Test sets made from a corpus by rule: headlines, cloze questions, questions after facts, unanswerable ones."""

from __future__ import annotations

from eval.generation.base import KINDS, MadeKind
from eval.generation.generation import Made, make

__all__ = ["KINDS", "Made", "MadeKind", "make"]
