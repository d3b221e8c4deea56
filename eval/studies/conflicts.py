"""Measures whether contradictions between documents are shown side by side, on a benchmark that has planted some.

The benchmark's folder holds `conflicts.jsonl`, an object on each line: `_id`, `question`, and `values`, two or more
objects whose `value` is what one document says and another contradicts. A value is shown by an answer whose words
include one that sets the value apart from the others of its conflict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks.lines import JsonObject, find, read_lines
from eval.metrics.answers import normalise
from eval.runner import AnsweringSystem
from eval.significance import Estimate, bootstrap_mean
from index.errors import BenchmarkError
from rag.answer import Answer
from rag.english.grammar import NUMBER_WORDS

_LEAST_VALUES = 2


@dataclass(frozen=True)
class Conflict:
    """A question to which documents give different answers, and those answers."""

    id: str
    question: str
    values: tuple[str, ...]

    def shown(self, text: str) -> frozenset[int]:
        """The places of the values that a short answer gives.

        >>> Conflict("c", "How many?", ("3,400 dockers", "about 4,000 dockers")).shown("4,000")
        frozenset({1})
        """
        words = [frozenset(normalise(value).split()) for value in self.values]
        given = frozenset(normalise(text).split())
        apart = [own - frozenset().union(*words[:n], *words[n + 1 :]) for n, own in enumerate(words)]
        # Where a value has a number, the words around it do not set it apart.
        numbers = [frozenset(word for word in own if word[0].isdigit() or word in NUMBER_WORDS) for own in apart]
        return frozenset(n for n, own in enumerate(apart) if (numbers[n] or own) & given)

    def contradict(self, one: str, other: str) -> bool:
        """Whether two short answers give values of this conflict, and not the same."""
        first, second = self.shown(one), self.shown(other)
        return bool(first and second) and first != second


@dataclass(frozen=True)
class ConflictReport:
    """How many planted conflicts are seen, and how many of those seen are planted.

    `recall`: share of the planted conflicts of which two values are shown. `precision`: share of the alternatives shown
    that contradict the short answer beside them as planted; None where none is shown.
    """

    name: str
    sha256: str
    recall: Estimate
    precision: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """The same in every run of the same code on the same machine."""
        return {
            "benchmark": {"name": self.name, "sha256": self.sha256},
            "recall": self.recall.to_json(),
            "precision": self.precision.to_json() if self.precision else None,
        }

    def table(self) -> str:
        """Both shares with interval and n."""
        named = {"recall of planted conflicts": self.recall, "precision of alternatives": self.precision}
        lines = [
            f"{name:28} {e.value:.4f}  {e.low:.4f} – {e.high:.4f}  n {e.n}" if e else f"{name:28} none was shown"
            for name, e in named.items()
        ]
        return "\n".join([f"{self.name}: contradictions shown side by side", "", *lines])


def read_conflicts(folder: Path) -> tuple[list[Conflict], str]:
    """The planted conflicts of a benchmark, and the SHA-256 of their file.

    Raises BenchmarkError naming the file or the line that is wrong.
    """
    digest = hashlib.sha256()
    path = find(folder, "conflicts.jsonl")
    conflicts = [_conflict(JsonObject.parse(where, line)) for where, line in read_lines(path, digest)]
    if not conflicts:
        raise BenchmarkError(f"{path} holds no conflict: give each on a line of its own")
    return conflicts, digest.hexdigest()


def _conflict(record: JsonObject) -> Conflict:
    values = record.fields.get("values")
    if not isinstance(values, list) or len(values) < _LEAST_VALUES:
        raise record.wrong("values", "a list of two or more objects with a 'value'")
    texts = tuple(
        JsonObject(f"{record.where}: values", value if isinstance(value, dict) else {}).text("value")
        for value in values
    )
    return Conflict(record.text("_id"), record.text("question"), texts)


def measure_conflicts(
    name: str,
    conflicts: Sequence[Conflict],
    sha256: str,
    questions: Sequence[str],
    answering: AnsweringSystem,
    progress: Callable[[int, int], None] | None = None,
) -> ConflictReport:
    """Ask the questions of the conflicts, and others that should show no alternative beyond them."""
    asked = list(dict.fromkeys([*(conflict.question for conflict in conflicts), *questions]))
    answers: dict[str, Answer] = {}
    for done, question in enumerate(asked, start=1):
        answers[question] = answering.answer(question)
        if progress:
            progress(done, len(asked))
    found = []
    for conflict in conflicts:
        answer = answers[conflict.question]
        texts = [answer.short_answer or "", *(other.text for other in answer.alternatives)]
        found.append(float(len(frozenset().union(*map(conflict.shown, texts))) >= _LEAST_VALUES))
    right = [
        float(any(conflict.contradict(answer.short_answer or "", other.text) for conflict in conflicts))
        for answer in answers.values()
        for other in answer.alternatives
    ]
    return ConflictReport(name, sha256, bootstrap_mean(found), bootstrap_mean(right) if right else None)
