"""Test sets made from a corpus by rule: headlines, cloze questions, questions after facts, unanswerable ones."""

from __future__ import annotations

from eval.generation.base import KINDS, QuestionKind
from eval.generation.generation import GeneratedTestSet, generate_test_set

__all__ = ["KINDS", "GeneratedTestSet", "QuestionKind", "generate_test_set"]
