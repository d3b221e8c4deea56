"""`dateline eval …`: benchmarks, comparisons, reports and studies."""

from __future__ import annotations

import typer

from ui.cli.evaluation.runs import check_recorded, compare_runs, measure_benchmark, report_runs, score_answers
from ui.cli.evaluation.studies import measure_judges, race_indexing, score_conflicts, score_followups, score_injection
from ui.cli.evaluation.test_sets import from_feedback, import_benchmark, make_test_set

eval_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure retrieval, answers and speed.")
eval_app.command("score")(score_answers)
eval_app.command("compare")(compare_runs)
eval_app.command("report")(report_runs)
eval_app.command("judge")(measure_judges)
eval_app.command("import")(import_benchmark)
eval_app.command("make")(make_test_set)
eval_app.command("injection")(score_injection)
eval_app.command("from-feedback")(from_feedback)
eval_app.command("run")(measure_benchmark)
eval_app.command("check")(check_recorded)
eval_app.command("bench")(race_indexing)
eval_app.command("followups")(score_followups)
eval_app.command("conflicts")(score_conflicts)
