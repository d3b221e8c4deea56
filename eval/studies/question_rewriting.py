"""Measures how follow-up questions are made to stand alone, without searching for anything.

The file has a JSON object on each line, plain or gzipped: `id` ("conversation_turn"), `history` (the earlier questions,
oldest first), `question`, and `rewrite`, the question as a person made it stand alone. Questions that open a
conversation have nothing to lean on and are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks.lines import JsonObject, read_lines
from eval.metrics.question_rewriting import added_wrongly, supplied
from eval.runner import Half, half_of
from eval.significance import Estimate, bootstrap_mean
from index.errors import BenchmarkError
from rag.followups import standalone
from rag.question.question import Turn

System = Callable[[str, Sequence[str]], str]
"""Makes a question stand alone, given the earlier questions."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question of a conversation, and the same question as it would be asked without one."""

    id: str
    text: str
    history: tuple[str, ...]
    rewrite: str

    @property
    def conversation(self) -> str:
        """The id without its turn."""
        return self.id.rpartition("_")[0]


def ours(question: str, history: Sequence[str]) -> str:
    """What Dateline makes of it; the earlier answers are not known here."""
    return standalone(question, [Turn(earlier) for earlier in history])


def unchanged(question: str, history: Sequence[str]) -> str:
    """The question as it was asked."""
    return question


def whole_history(question: str, history: Sequence[str]) -> str:
    """The question after every question before it."""
    return " ".join((*history, question))


SYSTEMS: Mapping[str, System] = {"dateline": ours, "question alone": unchanged, "whole history": whole_history}


@dataclass(frozen=True)
class RewritingScore:
    """A system's means. `supplied` is over the questions that lack a word, and None where none does."""

    supplied: Estimate | None
    added_wrongly: Estimate

    @property
    def net(self) -> float:
        """What is supplied less what is added wrongly, in [-1, 1]: 0 for doing nothing."""
        return (self.supplied.value if self.supplied else 0.0) - self.added_wrongly.value

    def to_json(self) -> dict[str, Any]:
        """Both means with their intervals, and the difference of the two."""
        return {
            "supplied": self.supplied.to_json() if self.supplied else None,
            "added_wrongly": self.added_wrongly.to_json(),
            "net": round(self.net, 6),
        }


@dataclass(frozen=True)
class RewritingReport:
    """What every system scored on the same questions."""

    name: str
    sha256: str
    half: Half | None
    questions: int
    scores: Mapping[str, RewritingScore]

    def to_json(self) -> dict[str, Any]:
        """The same in every run of the same code."""
        return {
            "benchmark": {"name": self.name, "sha256": self.sha256},
            "half": self.half,
            "questions": self.questions,
            "systems": {system: score.to_json() for system, score in self.scores.items()},
        }

    def table(self) -> str:
        """Aligned lines: both measures of every system with interval and n."""
        width = max(len(system) for system in self.scores)
        lines = [
            f"{self.name}: {self.questions:,} follow-up questions{f', {self.half} half' if self.half else ''}",
            "",
            f"{'':{width}}  {'supplied':>8}  {'95 % interval':>15}  {'n':>5}"
            f"  {'added wrongly':>13}  {'95 % interval':>15}  {'n':>5}  {'net':>7}",
        ]
        for system, score in self.scores.items():
            wrong = f"  {score.added_wrongly.value:13.4f}{_spread(score.added_wrongly)}"
            right = f"{score.supplied.value:8.4f}{_spread(score.supplied)}" if score.supplied else f"{'–':>8}{'':24}"
            lines.append(f"{system:{width}}  {right}{wrong}  {score.net:7.4f}")
        return "\n".join(lines)


def read_followups(path: Path) -> tuple[list[FollowUp], str]:
    """Every question of a file, and the SHA-256 of its contents, decompressed.

    Raises BenchmarkError naming the line that is malformed or repeats an id, or the file where it cannot be read.
    """
    digest = hashlib.sha256()
    read: dict[str, FollowUp] = {}
    for where, line in read_lines(path, digest):
        record = JsonObject.parse(where, line)
        question = FollowUp(
            record.text("id"), record.text("question"), record.texts("history") or (), record.text("rewrite")
        )
        if not question.conversation:
            raise record.wrong("id", "a conversation and a turn, such as '31_2'")
        if question.id in read:
            raise BenchmarkError(f"{where}: the id {question.id!r} has come before: give every question its own")
        read[question.id] = question
    return list(read.values()), digest.hexdigest()


def score_rewriting(questions: Sequence[FollowUp], system: System) -> RewritingScore:
    """The means of one system. Raises ValueError for no questions."""
    rewritten = [(q.text, system(q.text, q.history), q.rewrite) for q in questions]
    shares = [share for texts in rewritten if (share := supplied(*texts)) is not None]
    return RewritingScore(
        bootstrap_mean(shares) if shares else None, bootstrap_mean([added_wrongly(*texts) for texts in rewritten])
    )


def measure_question_rewriting(path: Path, half: Half | None = None) -> RewritingReport:
    """Every system on the follow-ups of a file. `half` takes whole conversations, by `eval.runner.half_of` of their id.

    Raises BenchmarkError for a malformed file and where no question with a history is left.
    """
    questions, sha256 = read_followups(path)
    chosen = [q for q in questions if q.history and half in (None, half_of(q.conversation))]
    if not chosen:
        raise BenchmarkError(f"no question of {path} with a history is left with half {half}: choose less")
    scores = {name: score_rewriting(chosen, system) for name, system in SYSTEMS.items()}
    return RewritingReport(path.name.partition(".")[0], sha256, half, len(chosen), scores)


def _spread(estimate: Estimate) -> str:
    return f"  {f'{estimate.low:.4f} – {estimate.high:.4f}':>15}  {estimate.n:5,}"
