"""Runs as one HTML page: what it shows of the runs, that it is always the same, and the command that writes it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from made_runs import MAYOR, REFUSED, WHEN, WHY, answered, bad, case, good, report, text_of
from typer.testing import CliRunner

from eval.benchmarks.base import Query
from eval.html.curves import ecdf, plots, recall_within, risk_curve
from eval.html.meanings import MEANINGS, OTHER, meaning
from eval.html.outcomes import question_type
from eval.html.page import render
from eval.html.plots import Axis, Plot, Series, svg
from eval.html.tables import metric_table, type_table
from eval.html.titled_runs import TitledRun, difference, questions
from eval.metrics import REPORTED
from eval.report import Report
from eval.runs import RunFolder
from index.errors import BenchmarkError
from ui.cli import app

# The page as a whole


def test_the_same_runs_give_the_same_bytes() -> None:
    assert render([good(), bad()], ["good", "bad"]) == render([good(), bad()], ["good", "bad"])


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    page = render([good()], ["good"])
    policy = re.search(r'http-equiv="content-security-policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    for name, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy[1]
    assert not re.search(r'\b(?:src|href)="(?!#)|@import|url\(|https?://', page)
    assert not re.search(r"\sstyle=|\son\w+=", page)


def test_runs_that_cannot_be_held_side_by_side_are_refused() -> None:
    with pytest.raises(BenchmarkError, match="show runs of one benchmark together"):
        render([good(), report(*good().cases, sha256="1" * 64)], ["one", "two"])
    with pytest.raises(BenchmarkError, match="two runs are called 'one': give each run once"):
        render([good(), bad()], ["one", "one"])
    with pytest.raises(BenchmarkError, match="no run to show"):
        render([], [])


def test_a_title_is_needed_for_each_run() -> None:
    with pytest.raises(ValueError, match="zip"):
        render([good(), bad()], ["one"])


def test_settings_that_differ_stand_apart_from_those_that_are_shared() -> None:
    page = render([good(), bad()], ["good", "bad"])
    differing = re.search(r'<table class="settings differing">.*?</table>', page, re.DOTALL)
    assert differing
    assert text_of(differing[0]) == "Setting good bad configuration.reader – other"
    shared = re.search(r'<dl class="pairs">.*?</dl>', page, re.DOTALL)
    assert shared
    assert text_of(shared[0]) == "configuration.k 12"


def test_the_fingerprint_tells_libraries_and_machine() -> None:
    fingerprint = {"format": 1, "system": {"k": 12}, "versions": {"numpy": "2.4.6"}, "machine": {"system": "Linux"}}
    said = text_of(render([good()], ["good"], [fingerprint]))
    assert "versions.numpy 2.4.6 machine.system Linux" in said
    assert "format" not in said.partition("Curves")[0]


# Scores


def test_every_reported_metric_has_a_meaning_and_no_meaning_is_shadowed() -> None:
    assert [name for name in REPORTED if meaning(name)[0] == OTHER] == []
    assert meaning("Evidence coverage@1000 tokens")[1].count("1000") == 1
    assert meaning("nDCG@3") == ("Documents found", MEANINGS["Documents found"][r"nDCG@(\d+)"].format("3"))
    assert meaning("Something else") == (OTHER, "")


def test_the_summary_has_each_metric_with_its_interval_and_n() -> None:
    made = report(*good().cases)
    rows = re.findall(r"<tr>(.*?)</tr>", metric_table([TitledRun("good", made)]), re.DOTALL)
    named = {text_of(row).split(" ")[0]: text_of(row) for row in rows}
    # nDCG@10: 1 for the first question, 1 / log2(3) for the second.
    assert named["nDCG@10"].startswith("nDCG@10 2 0.815 0.631 – 1.000")
    assert named["Refused"] == "Refused 1 1.000 1.000 – 1.000"
    assert sum("lower is better" in row for row in rows) == 2  # AURC and ECE


def test_a_second_run_is_shown_with_its_paired_difference() -> None:
    first, second = TitledRun("good", good()), TitledRun("bad", bad())
    found = difference(first, second, "EM")
    assert found is not None
    # EM: 1, 0, 1 against 0, 0, 0.
    assert (round(found.value, 4), found.n) == (-0.6667, 3)
    assert difference(first, second, "AUROC") is None
    page = metric_table([first, second])
    assert "bad − good" in text_of(page)
    assert "−0.667 −1.000 to 0.000" in text_of(page)


def test_a_difference_is_called_better_or_worse_only_where_its_interval_does_not_hold_nothing() -> None:
    many = [replace(WHY, id=f"why-{n}") for n in range(30)]
    right = report(*(case(query, answered("cracks", 0.9), "pier") for query in many))
    wrong = report(*(case(query, answered("quite old by now", 0.9), "pier") for query in many))
    cells = re.findall(
        r'<td class="difference ([a-z]*)', metric_table([TitledRun("right", right), TitledRun("wrong", wrong)])
    )
    assert set(cells) == {"worse"}
    back = re.findall(
        r'<td class="difference ([a-z]*)', metric_table([TitledRun("wrong", wrong), TitledRun("right", right)])
    )
    assert set(back) == {"better"}


def test_only_questions_of_both_runs_are_compared() -> None:
    one, other = report(*good().cases[:2]), report(*bad().cases[1:])
    found = difference(TitledRun("one", one), TitledRun("other", other), "EM")
    assert found is not None
    assert found.n == 1
    assert difference(TitledRun("one", report(good().cases[0])), TitledRun("other", other), "EM") is None
    page = render([one, other], ["one", "other"])
    assert page.count("This run did not ask the question.") == 2
    assert [item.query.id for item in questions([TitledRun("one", one), TitledRun("other", other)])] == [
        "why",
        "when",
        "mayor",
    ]


def test_types_of_questions_are_broken_down_with_their_n() -> None:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", type_table([TitledRun("good", good())]), re.DOTALL)
    assert [text_of(row).split(" ")[:2] for row in rows[1:]] == [["reason", "1"], ["when", "1"], ["who", "1"]]
    assert type_table([TitledRun("one", report(good().cases[0]))]) == ""


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (Query("q", "How many tonnes a day?"), "how many"),
        (Query("q", "In what year?"), "what"),
        (Query("q", "Somewhat whole."), "other"),
        (Query("q", "Why?", metadata={"question_type": "cause"}), "cause"),
        (Query("q", "Why?", metadata={"type": "", "question_type": "cause"}), "cause"),
    ],
)
def test_a_question_has_a_type(query: Query, kind: str) -> None:
    assert question_type(query) == kind


# Curves


def test_a_curve_of_risk_ends_where_the_run_refuses() -> None:
    # Two answers to three questions: the surer is right, the other wrong.
    assert risk_curve(good().cases) == ((pytest.approx(1 / 3), 0.0), (pytest.approx(2 / 3), 0.5))
    assert risk_curve(report(case(MAYOR, REFUSED)).cases) == ()


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=300))
def test_shares_of_times_rise_to_one(values: list[float]) -> None:
    points = ecdf(values)
    assert points[-1] == (max(values), 1.0)
    assert list(points) == sorted(points)
    assert len(points) <= 100


def test_every_run_with_evidence_and_answers_has_every_plot() -> None:
    drawn = plots([TitledRun("good", good()), TitledRun("bad", bad())])
    assert [plot.key for plot in drawn] == ["depth", "tokens", "risk", "calibration", "time-0", "time-1"]
    depth = drawn[0]
    assert depth.series[0].points[:2] == ((1.0, 1.0), (2.0, 1.0))
    assert depth.series[1].points[:2] == ((1.0, 0.0), (2.0, 1.0))
    assert all(len(row) == len(plot.head) for plot in drawn for row in plot.rows)


def test_without_evidence_documents_are_counted() -> None:
    made = report(case(WHEN, None, "ice", "pier"))
    drawn = plots([TitledRun("ranked", made)])
    assert [plot.title for plot in drawn][:2] == [
        "Relevant documents found", "Relevant documents for a budget of tokens",
    ]  # fmt: skip
    assert drawn[0].series[0].points[:2] == ((1.0, 0.0), (2.0, 1.0))
    assert recall_within(39).values(made.cases) == {"when": 0.0}
    assert recall_within(40).values(made.cases) == {"when": 1.0}


def test_a_drawing_has_a_title_a_description_and_labelled_axes() -> None:
    series = Series("<run>", ((0.0, 0.0), (1.0, 1.0)), dots=True, notes=("3", "4"))
    drawn = svg(Plot("k", "A & B", "What it says.", Axis("x <label>"), Axis("y"), (series,), (), ()))
    assert 'role="img" aria-labelledby="k-title" aria-describedby="k-says"' in drawn
    assert '<title id="k-title">A &amp; B</title>' in drawn
    assert '<desc id="k-says">What it says. Lines: &lt;run&gt;.</desc>' in drawn
    assert "x &lt;label&gt;" in drawn


@given(st.floats(allow_nan=False), st.booleans())
def test_what_lies_beyond_an_axis_lies_on_its_end(value: float, log: bool) -> None:
    assert 0 <= Axis("x", 0.1, 100.0, (), log).share(value) <= 1


# The command


def kept(path: Path, made: Report) -> Path:
    benchmark = {"name": made.benchmark, "sha256": made.sha256, "documents": made.documents}
    folder = RunFolder(path, {"format": 1, "benchmark": benchmark, "choices": {}, "system": dict(made.config)})
    folder.finish(made)
    return path


def dateline(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["eval", "report", *map(str, arguments)])


def test_a_page_is_written_from_run_folders(tmp_path: Path) -> None:
    folders = [kept(tmp_path / "good", good()), kept(tmp_path / "bad", bad())]
    file = tmp_path / "page.html"
    result = dateline(*folders, "-o", file, "--metric", "P@1")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{file}: 3 questions, 0.1 MiB\n"
    page = file.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "bad − good" in text_of(page)
    assert "P@1 2 0.500" in text_of(page)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    result = dateline(tmp_path, "-o", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "holds no run" in result.stderr
    other = replace(bad(), sha256="1" * 64)
    result = dateline(kept(tmp_path / "a", good()), kept(tmp_path / "b", other), "-o", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "show runs of one benchmark together" in result.stderr
    assert not (tmp_path / "page.html").exists()


def test_a_missing_folder_for_the_page_is_told_before_anything_is_read(tmp_path: Path) -> None:
    result = dateline(tmp_path, "-o", tmp_path / "nowhere" / "page.html")
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
