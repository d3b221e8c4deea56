"""`dateline eval run`, `check`, `score`, `compare` and `report`: runs of benchmarks, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.evaluation.corpus_index import KeepOption, index_folder, indexed
from ui.cli.evaluation.options import (
    SAMPLE,
    FolderArgument,
    FormatOption,
    GivenOption,
    HalfOption,
    LimitOption,
    SplitOption,
    benchmark_at,
)
from ui.cli.options import ConfigOption, JsonOption, KOption, MetricOption, settings_from
from ui.cli.shell import GATE_MISSED, print_error, print_result, progress_bar

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark
    from eval.report import Report
    from eval.runs import RunFolder
    from rag.config import Settings


def measure_benchmark(
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
    pairs = [text.partition("=") for text in chosen or ()]
    for key, equals, _ in pairs:
        if not equals or not key:
            raise typer.BadParameter(f"{key!r} is not KEY=VALUE, such as k=20", param_hint="--set")
    settings = settings_from(config, **{**{key: value for key, _, value in pairs}, **own})
    choices = {"limit": limit, "half": half and half.value, "split": split, "depth": depth}
    with index_folder(keep) as place:
        benchmark = benchmark_at(folder, form, given)
        report = index_and_run(benchmark, settings, place, choices, answers=answers, jobs=jobs, output=output)
    if metrics:
        report = replace(report, also=tuple(metrics))
    typer.echo(report.table())
    if json_file:
        written = json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"
        json_file.write_text(written, "utf-8")


def check_recorded(
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
            report = index_and_run(benchmark, settings, place, choices, answers=record.answers)
            typer.echo(report.table())
            misses = find_misses(report, record)
            for miss in misses:
                print_error(f"missed: {miss}")
            missed = missed or bool(misses)
            typer.echo(f"{len(record.scores) - len(misses)} of {len(record.scores)} recorded scores reached")
    if missed:
        raise typer.Exit(GATE_MISSED)


def score_answers(
    answers: Annotated[Path, typer.Argument(help="Answers as JSON lines, plain or gzipped.")],
    folder: FolderArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="New folder for the run, to compare and to report.")
    ] = None,
    limit: LimitOption = None,
    half: HalfOption = None,
    split: SplitOption = None,
    form: FormatOption = None,
) -> None:
    """Score the answers of any system on a benchmark, and print every metric with its 95 % interval."""
    from eval.answers_file import read_answers, with_missing_rows
    from eval.fingerprint import fingerprint
    from eval.report import Report
    from eval.runner import case_of, choose
    from eval.runs import RunFolder

    benchmark = benchmark_at(folder, form)
    found, sha256 = read_answers(answers, benchmark)
    rows = with_missing_rows(found, benchmark)
    choices: dict[str, Any] = {"limit": limit, "half": half and half.value, "split": split}
    queries = choose(benchmark, **choices)
    cases = tuple(case_of(benchmark, query, rows[query.id]) for query in queries)
    system = {"answers": answers.name, "sha256": sha256}
    report = Report(benchmark.name, benchmark.sha256, len(benchmark.documents), {**choices, **system}, cases)
    if output:
        with RunFolder(output, fingerprint(benchmark, system, choices)) as run:
            if not run.complete:
                run.finish(report)
    typer.echo(report.table())
    if missing := sum(query.id not in found for query in queries):
        typer.echo(f"{missing:,} of {len(queries):,} questions have no answer in the file and count as nothing found")


def compare_runs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; the first is what the others are held against.")],
    gate: Annotated[
        str,
        typer.Option(help='Bounds on the differences, such as "nDCG@10>=-0.01,ECE<=0.02"; exit 4 if one is missed.'),
    ] = "",
    metrics: MetricOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs of one benchmark: paired differences with intervals, p-values, and what n can detect."""
    from dataclasses import replace

    from eval.comparison import compare_reports, read_gates
    from eval.runs import read_run

    if len(runs) < 2:
        raise typer.BadParameter("give at least two runs", param_hint="RUNS")
    gates = read_gates(gate) if gate else []
    also = tuple(dict.fromkeys([*(metrics or ()), *(wanted.metric for wanted in gates)]))
    baseline, *candidates = (replace(read_run(path), also=also) for path in runs)
    names = [path.name or str(path) for path in runs]
    compared = [
        compare_reports(baseline, candidate, (names[0], name))
        for candidate, name in zip(candidates, names[1:], strict=True)
    ]
    tables = "\n\n".join(comparison.table() for comparison in compared)
    print_result([comparison.to_json() for comparison in compared], tables, as_json=as_json)
    misses = [
        f"{comparison.candidate}: {miss}"
        for comparison in compared
        for wanted in gates
        if (miss := wanted.missed(comparison))
    ]
    for miss in misses:
        print_error(f"missed: {miss}")
    if misses:
        raise typer.Exit(GATE_MISSED)


def report_runs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; the first is what the others are held against.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    metrics: MetricOption = None,
) -> None:
    """Write runs of one benchmark as one HTML file: scores, curves, and every question with its passages."""
    from dataclasses import replace

    from eval.html.page import render
    from eval.runs import read_config, read_run
    from index.atomic_files import write_atomically

    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.absolute().parent}", param_hint="--output")
    reports = [replace(read_run(path), also=tuple(metrics or ())) for path in runs]
    page = render(reports, titles_of(runs), [read_config(path) for path in runs])
    data = page.encode("utf-8")
    write_atomically(output, data)
    typer.echo(f"{output}: {len(reports[0].cases):,} questions, {len(data) / 2**20:,.1f} MiB")


def titles_of(paths: Sequence[Path]) -> list[str]:
    """The folders' names; with the folders above them where two have the same name.

    >>> titles_of([Path("a/run"), Path("b/run")])
    ['a/run', 'b/run']
    """
    names = [path.resolve().name for path in paths]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in paths]


def index_and_run(
    benchmark: Benchmark,
    settings: Settings,
    place: Path,
    choices: Mapping[str, Any],
    *,
    answers: bool,
    jobs: int = 1,
    output: Path | None = None,
) -> Report:
    """Index the corpus at `place`, or take the index that is there, and run the benchmark over it.

    With `output` the run is kept there, and what stands there already is not asked again. `choices` are those of
    `eval.runner.run`.
    """
    from dataclasses import replace

    from eval.fingerprint import fingerprint
    from eval.runner import choose, run_benchmark
    from eval.runs import RunFolder, read_run
    from rag.assemble import build_chain, embedder_from

    choose(benchmark, limit=choices["limit"], half=choices["half"], split=choices["split"])
    embedder = embedder_from(settings)
    own = {"index", "embedder", "model"}
    system = {"embedder": embedder.name, **settings.model_dump(mode="json", exclude=own)}
    folder: RunFolder | None = None
    kept: dict[str, Any] = {}
    if output is not None:
        model = Path(settings.reader_model)
        models = [model] if settings.reader_model and model.exists() else []
        folder = RunFolder(output, fingerprint(benchmark, system, {**choices, "answers": answers}, models))
        if folder.complete:
            return read_run(output)
    with folder or nullcontext():
        if folder:
            kept = {"done": folder.done, "keep": folder.keep}
        with indexed(benchmark, settings, embedder, place) as (index, indexing), progress_bar("questions") as progress:
            chain = build_chain(index, settings) if answers else None
            report = run_benchmark(benchmark, index, chain, jobs=jobs, progress=progress, **kept, **choices)
        report = replace(report, config={**report.config, **system}, indexing=indexing)
        if folder:
            folder.finish(report)
    return report
