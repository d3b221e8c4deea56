"""How far a judge of citations can be trusted: its error on pairs whose support people have judged.

The file has a JSON object on each line, plain or gzipped: `premise`, `hypothesis` and `label`. "entailment" and
"supported" say that the premise supports the hypothesis; any other label says that it does not, or not wholly.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks.lines import JsonObject, read_lines
from eval.judges import Judge
from eval.significance import Estimate, bootstrap_mean
from index.errors import BenchmarkError

MEASURED = Path(__file__).parent.parent / "judges" / "measured.toml"
_SUPPORTED = frozenset({"entailment", "supported"})


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A text, a sentence, and whether people found that the one supports the other."""

    premise: str
    hypothesis: str
    supported: bool


@dataclass(frozen=True)
class JudgeError:
    """What a judge got right of the pairs of a file.

    `precision`: share of what it accepted that is supported, None where it accepted nothing. `recall`: share of the
    supported that it accepted. `false_support`: share of the unsupported that it accepted.
    """

    judge: str
    sha256: str
    n: int
    precision: Estimate | None
    recall: Estimate
    false_support: Estimate

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "judge": self.judge,
            "sha256": self.sha256,
            "n": self.n,
            "precision": self.precision.to_json() if self.precision else None,
            "recall": self.recall.to_json(),
            "false_support": self.false_support.to_json(),
        }

    def table(self) -> str:
        """A line for each share, with its interval and n."""
        shares = {"precision": self.precision, "recall": self.recall, "false support": self.false_support}
        lines = [f"judge {self.judge} on {self.n:,} pairs"]
        for name, e in shares.items():
            lines.append(f"{name:14} {e.value:.4f}  {e.low:.4f} – {e.high:.4f}  {e.n:,}" if e else f"{name:14} none")
        return "\n".join(lines)


def read_pairs(path: Path) -> tuple[list[LabelledPair], str]:
    """The pairs of a file and the SHA-256 of its contents. Raises BenchmarkError naming the line that is wrong."""
    digest = hashlib.sha256()
    pairs = []
    for where, text in read_lines(path, digest):
        record = JsonObject.parse(where, text)
        label = record.text("label")
        pairs.append(LabelledPair(record.text("premise"), record.text("hypothesis"), label in _SUPPORTED))
    if not any(pair.supported for pair in pairs) or all(pair.supported for pair in pairs):
        raise BenchmarkError(f"{path}: holds no pairs of both kinds, supported and not; nothing can be measured")
    return pairs, digest.hexdigest()


def measure_judge(
    name: str,
    judge: Judge,
    pairs: Sequence[LabelledPair],
    sha256: str,
    progress: Callable[[int, int], None] | None = None,
) -> JudgeError:
    """What the judge makes of pairs of both kinds."""
    accepted = []
    for done, pair in enumerate(pairs, start=1):
        accepted.append(judge.supports([pair.premise], pair.hypothesis))
        if progress:
            progress(done, len(pairs))
    judged = list(zip(pairs, accepted, strict=True))
    precise = [float(pair.supported) for pair, taken in judged if taken]
    return JudgeError(
        judge=name,
        sha256=sha256,
        n=len(pairs),
        precision=bootstrap_mean(precise) if precise else None,
        recall=bootstrap_mean([float(taken) for pair, taken in judged if pair.supported]),
        false_support=bootstrap_mean([float(taken) for pair, taken in judged if not pair.supported]),
    )


def judge_notes(path: Path = MEASURED) -> Mapping[str, str]:
    """What is recorded of each judge, as the words that stand beside its scores."""
    notes = {}
    for name, table in tomllib.loads(path.read_text("utf-8")).items():
        recall, false = table["recall"], table["false_support"]
        notes[name] = (
            f"judge of citations: {name}; on {table['n']:,} labelled pairs it accepts {recall['value']:.1%} of the "
            f"supported sentences ({recall['low']:.1%} – {recall['high']:.1%}) and {false['value']:.1%} of the "
            f"unsupported ({false['low']:.1%} – {false['high']:.1%})"
        )
    return notes
