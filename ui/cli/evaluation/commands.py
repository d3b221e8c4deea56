"""`dateline eval …`: score a benchmark, check recorded scores, race the indexing, score follow-up questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.evaluation import comparison, report
from ui.cli.evaluation.feedback import from_feedback
from ui.cli.evaluation.generation import make
from ui.cli.evaluation.importing import import_benchmark
from ui.cli.evaluation.injection import injection
from ui.cli.evaluation.measuring import index_folder, indexed, measure
from ui.cli.evaluation.options import (
    SAMPLE,
    FolderArgument,
    FormatOption,
    GivenOption,
    HalfChoice,
    HalfOption,
    LimitOption,
    SplitOption,
    benchmark_at,
    benchmark_path,
)
from ui.cli.evaluation.scoring import score
from ui.cli.options import ConfigOption, JsonOption, KOption, MetricOption, settings_from
from ui.cli.progress import progress_bar
from ui.cli.shell import GATE_MISSED, complain, print_json

eval_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure retrieval, answers and speed.")
eval_app.command()(score)
eval_app.command()(comparison.compare)
eval_app.command()(report.report)
eval_app.command()(comparison.judge)
eval_app.command("import")(import_benchmark)
eval_app.command()(make)
eval_app.command()(injection)
eval_app.command("from-feedback")(from_feedback)

KeepOption = Annotated[Path | None, typer.Option("--index", help="Keep the index in this folder and use it again.")]


@eval_app.command()
def run(
    folder: FolderArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the run; an interrupted run in it is continued."),
    ] = None,
    limit: LimitOption = None,
    half: HalfOption = None,
    split: SplitOption = None,
    depth: Annotated[int, typer.Option(min=1, max=1000, help="Passages to rank for the retrieval metrics.")] = 200,
    answers: Annotated[
        bool, typer.Option("--answers/--no-answers", help="Answer too, or measure retrieval only.")
    ] = True,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Questions asked at once; times then say little.")] = 1,
    metrics: MetricOption = None,
    reader: Annotated[str | None, typer.Option(help="How passages are read, as the setting `reader`.")] = None,
    answerer: Annotated[str | None, typer.Option(help="How sentences are made, as the setting `answerer`.")] = None,
    chosen: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting; may be repeated.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")] = None,
    keep: KeepOption = None,
    form: FormatOption = None,
    given: GivenOption = False,
    k: KOption = None,
    config: ConfigOption = None,
) -> None:
    """Index a benchmark's corpus, ask its questions, and print every metric with its 95 % interval."""
    from dataclasses import replace

    from eval.metrics import open_metric

    for name in metrics or ():
        open_metric(name)
    if json_file and not json_file.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {json_file.absolute().parent}", param_hint="--json")
    own = {name: value for name, value in (("reader", reader), ("answerer", answerer), ("k", k)) if value is not None}
    settings = settings_from(config, **{**_settings(chosen), **own})
    choices = {"limit": limit, "half": half and half.value, "split": split, "depth": depth}
    with index_folder(keep) as place:
        benchmark = benchmark_at(folder, form, given)
        report = measure(benchmark, settings, place, choices, answers=answers, jobs=jobs, output=output)
    if metrics:
        report = replace(report, also=tuple(metrics))
    typer.echo(report.table())
    if json_file:
        written = json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"
        json_file.write_text(written, "utf-8")


@eval_app.command()
def check(
    folder: FolderArgument = SAMPLE,
    expected: Annotated[Path | None, typer.Option(help="Recorded scores in TOML. [default: the packaged ones]")] = None,
    form: FormatOption = None,
    given: GivenOption = False,
    config: ConfigOption = None,
) -> None:
    """Run a benchmark as its recorded scores were made; exit 4 where one is not reached within its tolerance."""
    from eval.expected import EXPECTED, find_misses, read_expected, records_for

    benchmark, settings = benchmark_at(folder, form, given), settings_from(config)
    records = records_for(benchmark.name, read_expected(expected or EXPECTED))
    missed = False
    with index_folder(None) as place:
        for record in records:
            choices = {"limit": record.limit, "half": record.half, "split": record.split}
            report = measure(benchmark, settings, place, choices, answers=record.answers)
            typer.echo(report.table())
            misses = find_misses(report, record)
            for miss in misses:
                complain(f"missed: {miss}")
            missed = missed or bool(misses)
            typer.echo(f"{len(record.scores) - len(misses)} of {len(record.scores)} recorded scores reached")
    if missed:
        raise typer.Exit(GATE_MISSED)


@eval_app.command()
def bench(
    folder: FolderArgument,
    documents: Annotated[int, typer.Option(min=1, help="Documents to index, evenly spaced over the corpus.")] = 200,
    repeats: Annotated[int, typer.Option(min=1, help="Laps of each pipeline, in turns.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    form: FormatOption = None,
    config: ConfigOption = None,
) -> None:
    """Race the indexing of a benchmark's corpus against LangChain's usual pipeline with the same encoder."""
    from eval.studies.indexing_race import race
    from rag.assemble import open_embedder

    corpus = benchmark_at(folder, form).documents
    chosen = corpus[:: max(1, len(corpus) // documents)][:documents]
    embedder = open_embedder(settings_from(config))
    with progress_bar("laps") as progress:
        result = race(chosen, embedder, repeats=repeats, progress=progress)
    if as_json:
        print_json(result.to_json())
    else:
        typer.echo(result.table())


@eval_app.command()
def followups(
    file: Annotated[Path, typer.Argument(help="Conversations as JSON lines, plain or gzipped.")],
    half: Annotated[HalfChoice | None, typer.Option(help="Take the conversations of one half only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Score how follow-up questions are made to stand alone, beside the question alone and the whole history."""
    from eval.studies.question_rewriting import measure_question_rewriting

    report = measure_question_rewriting(file, half.value if half else None)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())


@eval_app.command()
def conflicts(
    folder: FolderArgument = SAMPLE,
    keep: KeepOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Score whether planted contradictions between documents are shown side by side."""
    from eval.studies.conflicts import measure_conflicts, read_conflicts
    from rag.assemble import build_chain, open_embedder

    benchmark, settings = benchmark_at(folder), settings_from(config)
    planted, sha256 = read_conflicts(benchmark_path(folder))
    questions = [query.text for query in benchmark.queries if not query.history]
    with (
        index_folder(keep) as place,
        indexed(benchmark, settings, open_embedder(settings), place) as (index, _),
        progress_bar("questions") as progress,
    ):
        report = measure_conflicts(benchmark.name, planted, sha256, questions, build_chain(index, settings), progress)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())


def _settings(chosen: list[str] | None) -> dict[str, str]:
    """What `--set` says, by setting."""
    pairs = [text.partition("=") for text in chosen or ()]
    for key, equals, _ in pairs:
        if not equals or not key:
            raise typer.BadParameter(f"{key!r} is not KEY=VALUE, such as k=20", param_hint="--set")
    return {key: value for key, _, value in pairs}
