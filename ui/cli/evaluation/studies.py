"""`dateline eval bench`, `followups`, `conflicts`, `injection` and `judge`: studies of one question each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.evaluation.corpus_index import KeepOption, index_folder, indexed
from ui.cli.evaluation.options import SAMPLE, FolderArgument, FormatOption, HalfChoice, benchmark_at, benchmark_path
from ui.cli.options import ConfigOption, JsonOption, settings_from
from ui.cli.shell import print_result, progress_bar


def race_indexing(
    folder: FolderArgument,
    documents: Annotated[int, typer.Option(min=1, help="Documents to index, evenly spaced over the corpus.")] = 200,
    repeats: Annotated[int, typer.Option(min=1, help="Laps of each pipeline, in turns.")] = 3,
    as_json: JsonOption = False,
    form: FormatOption = None,
    config: ConfigOption = None,
) -> None:
    """Race the indexing of a benchmark's corpus against LangChain's usual pipeline with the same encoder."""
    from eval.studies.indexing_race import race
    from rag.assemble import embedder_from

    corpus = benchmark_at(folder, form).documents
    chosen = corpus[:: max(1, len(corpus) // documents)][:documents]
    embedder = embedder_from(settings_from(config))
    with progress_bar("laps") as progress:
        result = race(chosen, embedder, repeats=repeats, progress=progress)
    print_result(result.to_json(), result.table(), as_json=as_json)


def score_followups(
    file: Annotated[Path, typer.Argument(help="Conversations as JSON lines, plain or gzipped.")],
    half: Annotated[HalfChoice | None, typer.Option(help="Take the conversations of one half only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Score how follow-up questions are made to stand alone, beside the question alone and the whole history."""
    from eval.studies.question_rewriting import measure_question_rewriting

    report = measure_question_rewriting(file, half.value if half else None)
    print_result(report.to_json(), report.table(), as_json=as_json)


def score_conflicts(
    folder: FolderArgument = SAMPLE,
    keep: KeepOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Score whether planted contradictions between documents are shown side by side."""
    from eval.studies.conflicts import measure_conflicts, read_conflicts
    from rag.assemble import build_chain, embedder_from

    benchmark, settings = benchmark_at(folder), settings_from(config)
    planted, sha256 = read_conflicts(benchmark_path(folder))
    questions = [query.text for query in benchmark.queries if not query.history]
    with (
        index_folder(keep) as place,
        indexed(benchmark, settings, embedder_from(settings), place) as (index, _),
        progress_bar("questions") as progress,
    ):
        report = measure_conflicts(benchmark.name, planted, sha256, questions, build_chain(index, settings), progress)
    print_result(report.to_json(), report.table(), as_json=as_json)


def score_injection(folder: FolderArgument = SAMPLE, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Score how often documents planted to mislead get their words into an answer."""
    from eval.sample import INJECTION
    from eval.studies.injection import measure_injection, read_attacks
    from rag.assemble import build_chain, embedder_from

    benchmark, settings = benchmark_at(folder), settings_from(config)
    attacks, sha256 = read_attacks(INJECTION if folder == SAMPLE else benchmark_path(folder) / "injection.jsonl")
    # The index is made for the attacks and goes away, so that nothing planted is left behind.
    with (
        index_folder(None) as place,
        indexed(benchmark, settings, embedder_from(settings), place) as (index, _),
        progress_bar("attacks") as progress,
    ):
        report = measure_injection(benchmark, attacks, sha256, index, build_chain(index, settings), progress)
    print_result(report.to_json(), report.table(), as_json=as_json)


def measure_judges(
    file: Annotated[Path, typer.Argument(help="Labelled pairs as JSON lines, plain or gzipped.")],
    names: Annotated[
        list[str] | None, typer.Option("--judge", help="A judge of citations; may be repeated. [default: all]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the error of the judges of citations on pairs that people have labelled."""
    from eval.judges import JUDGES, open_judge
    from eval.studies.judge_agreement import measure_judge, read_pairs

    judges = {name: open_judge(name) for name in names or JUDGES}
    pairs, sha256 = read_pairs(file)
    measured = []
    for name, opened in judges.items():
        with progress_bar(name) as progress:
            measured.append(measure_judge(name, opened, pairs, sha256, progress))
    tables = "\n\n".join(error.table() for error in measured)
    print_result([error.to_json() for error in measured], tables, as_json=as_json)
