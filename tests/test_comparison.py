"""Two runs held against each other: worked examples, other implementations, the gate, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import permutation_test
from test_runner import BENCHMARK, Parrot, WordIndex
from typer.testing import CliRunner

from eval.comparison import Gate, compare_reports, read_gates
from eval.fingerprint import fingerprint
from eval.metrics.abstention import auroc
from eval.report import Report
from eval.runner import run_benchmark
from eval.runs import RunFolder
from eval.significance import holm, paired_bootstrap, paired_permutation_p, sign_flip_p
from index.errors import BenchmarkError, UnknownName
from ui.cli import app


class Mute(Parrot):
    """A parrot that has forgotten the short answer of one question and is less sure of all."""

    def answer(self, question: str, *arguments: Any, **when: Any) -> Any:
        answer = super().answer(question, *arguments, **when)
        forgotten = question.startswith("Which pier")
        return replace(answer, short_answer="ferry" if forgotten else answer.short_answer)


def report(system: type[Parrot] = Parrot, **choices: Any) -> Report:
    index = WordIndex(BENCHMARK.documents)
    return run_benchmark(BENCHMARK, index, system(index), **choices)


# Statistics


def test_sign_flips_agree_with_scipy() -> None:
    generator = np.random.default_rng(5)
    differences = generator.normal(0.15, 1.0, size=60)

    def mean(values: Any, axis: int) -> Any:
        return np.mean(values, axis=axis)

    reference = permutation_test((differences,), mean, permutation_type="samples", n_resamples=20_000, rng=7)
    assert sign_flip_p(differences) == pytest.approx(reference.pvalue, abs=0.015)


def test_a_difference_on_every_question_is_hardly_chance() -> None:
    assert sign_flip_p(np.full(40, 0.01)) == pytest.approx(1 / 10_001)
    assert sign_flip_p(np.zeros(40)) == 1.0


def test_p_values_of_equal_systems_are_spread_evenly() -> None:
    # Under no difference P(p <= 0.2) is 0.2: of 200, 40 give or take sqrt(200 * 0.2 * 0.8) = 5.7.
    generator = np.random.default_rng(11)
    low = sum(sign_flip_p(generator.normal(size=30), resamples=500) <= 0.2 for _ in range(200))
    assert 40 - 4 * 5.7 < low < 40 + 4 * 5.7


def test_a_mean_by_exchange_and_by_signs_is_the_same_test() -> None:
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(50, 1)), generator.normal(0.3, 1.0, size=(50, 1))
    by_exchange = paired_permutation_p(a, b, lambda rows: float(rows.mean()), resamples=4000)
    assert by_exchange == pytest.approx(sign_flip_p((b - a)[:, 0]), abs=0.03)


def test_an_area_that_is_better_on_the_same_questions() -> None:
    labels = np.array([1.0, 0.0] * 40)
    generator = np.random.default_rng(2)
    noise = generator.normal(size=80)
    a, b = (np.stack([labels * lift + noise, labels], axis=1) for lift in (0.2, 2.0))
    found = paired_bootstrap(a, b, auroc.statistic)
    assert found is not None
    estimate, error = found
    assert estimate.value == pytest.approx(auroc.statistic(b) - auroc.statistic(a))
    assert 0 < estimate.low < estimate.high
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * error, rel=0.2)
    assert paired_permutation_p(a, b, auroc.statistic) < 0.01
    assert paired_bootstrap(a[labels > 0], b[labels > 0], auroc.statistic) is None


@given(st.lists(st.floats(0, 1), max_size=12))
@settings(max_examples=50)
def test_holm_corrects_upwards_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    by_p = [a for _, a in sorted(zip(p_values, adjusted, strict=True))]
    assert by_p == sorted(by_p)
    if p_values:
        assert min(adjusted) == pytest.approx(min(1.0, len(p_values) * min(p_values)))
        assert max(adjusted) >= max(p_values)


# Comparing


def test_a_run_against_itself_differs_nowhere() -> None:
    for difference in compare_reports(report(), report()).differences:
        assert (difference.difference.value, difference.p, difference.adjusted) == (0.0, 1.0, 1.0)
        assert difference.detectable is None
        assert difference.higher in (0, None)


def test_differences_by_hand() -> None:
    found = {d.metric: d for d in compare_reports(report(), report(Mute), ("parrot", "mute")).differences}
    exact = found["EM answerable"]
    assert (exact.baseline, exact.candidate) == (pytest.approx(1 / 3), 0.0)
    assert exact.difference.value == pytest.approx(-1 / 3)
    assert (exact.higher, exact.equal, exact.lower) == (0, 2, 1)
    # Standard deviation of (-1, 0, 0) is sqrt(2)/3; over sqrt(3), times 2.8.
    assert exact.detectable == pytest.approx(2.8 * (2**0.5 / 3) / 3**0.5)
    assert found["Success@5"].difference.value == 0.0
    assert found["AUROC"].higher is None
    assert list(found) == [name for name in report().metrics if name in found]


def test_only_runs_of_the_same_questions_are_compared() -> None:
    with pytest.raises(BenchmarkError, match="2 questions are in one of baseline and candidate only"):
        compare_reports(report(), report(limit=2))
    with pytest.raises(BenchmarkError, match="only runs of one benchmark"):
        compare_reports(report(), replace(report(), sha256="1" * 64))


# The gate


def test_a_gate_looks_at_the_whole_interval() -> None:
    comparison = compare_reports(report(), report(Mute))
    assert Gate("Success@5", ">=", -0.01).missed(comparison) == ""
    assert Gate("Success@5", "<=", 0.0).missed(comparison) == ""
    low = next(d for d in comparison.differences if d.metric == "EM answerable").difference.low
    assert low == -1.0  # three questions: a resample may draw the one that is lost three times
    assert "the lower end -1.0000 is not >= -0.5" in Gate("EM answerable", ">=", -0.5).missed(comparison)
    assert Gate("EM answerable", ">=", -1.0).missed(comparison) == ""
    assert "not measured" in Gate("Evidence hit@5", ">=", -1.0).missed(comparison)


def test_gates_are_read_as_they_are_typed() -> None:
    assert read_gates("nDCG@10>=-0.01, ECE <= .02") == [Gate("nDCG@10", ">=", -0.01), Gate("ECE", "<=", 0.02)]
    for wrong in ("", "nDCG@10", "nDCG@10>-1", "nDCG@10>=low", "nDCG@10>=0,"):
        with pytest.raises(BenchmarkError, match="is not METRIC>=NUMBER"):
            read_gates(wrong)
    with pytest.raises(UnknownName, match="nDCG@10"):
        read_gates("NDCG@10>=0")


# The command


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Folders of two runs."""
    made = []
    for name, system in (("parrot", Parrot), ("mute", Mute)):
        with RunFolder(tmp_path / name, fingerprint(BENCHMARK, {"reader": name}, {})) as folder:
            folder.finish(report(system))
        made.append(str(tmp_path / name))
    return made


def command(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["eval", "compare", *arguments])


def test_the_table_and_the_json_say_the_same(runs: list[str]) -> None:
    table, data = command(*runs), command(*runs, "--json", "--metric", "P@1")
    assert (table.exit_code, data.exit_code) == (0, 0), table.output
    assert table.stdout.startswith("mute against parrot\n")
    (comparison,) = json.loads(data.stdout)
    assert (comparison["baseline"], comparison["candidate"]) == ("parrot", "mute")
    names = [difference["metric"] for difference in comparison["differences"]]
    assert names[-1] == "P@1"
    assert all(any(line.startswith(name) for line in table.stdout.splitlines()) for name in names[:-1])


def test_a_missed_gate_exits_4_and_says_which(runs: list[str]) -> None:
    missed = command(*runs, "--gate", "Success@5>=0,EM answerable>=0")
    assert missed.exit_code == 4
    assert missed.stderr.startswith("missed: mute: EM answerable: the lower end")
    assert command(*runs, "--gate", "Success@5>=0").exit_code == 0
    assert command(*reversed(runs), "--gate", "EM answerable>=0").exit_code == 0


def test_several_candidates_are_held_against_the_first(runs: list[str]) -> None:
    result = command(*runs, runs[0], "--json")
    assert [comparison["candidate"] for comparison in json.loads(result.stdout)] == ["mute", "parrot"]
    assert command(runs[0]).exit_code == 2
