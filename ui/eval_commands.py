"""`dateline eval …`: score a benchmark, check recorded scores, race the indexing, score follow-up questions."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.make_command import make
from ui.options import ConfigOption, JsonOption, KOption, settings_from
from ui.progress import progress_bar
from ui.shell import GATE_MISSED, complain, print_json

if TYPE_CHECKING:
    from eval.benchmarks.base import Benchmark
    from eval.indexing import Indexing
    from eval.report import Report
    from index.search import Index
    from rag.config import Settings

eval_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure retrieval, answers and speed.")
eval_app.command()(make)

_SAMPLE = "sample"

FolderArgument = Annotated[str, typer.Argument(help="Folder of a benchmark, or 'sample' for the packaged one.")]


class HalfChoice(StrEnum):
    """The halves of a benchmark."""

    dev = "dev"
    test = "test"


@eval_app.command()
def run(
    folder: FolderArgument,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask the first N questions only.")] = None,
    half: Annotated[HalfChoice | None, typer.Option(help="Ask the questions of one half only.")] = None,
    split: Annotated[str | None, typer.Option(help="Ask the questions whose metadata names this split.")] = None,
    depth: Annotated[int, typer.Option(min=1, max=1000, help="Passages to rank for the retrieval metrics.")] = 200,
    answers: Annotated[
        bool, typer.Option("--answers/--no-answers", help="Answer too, or measure retrieval only.")
    ] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")] = None,
    keep: Annotated[
        Path | None, typer.Option("--index", help="Keep the index in this folder and use it again.")
    ] = None,
    k: KOption = None,
    config: ConfigOption = None,
) -> None:
    """Index a benchmark's corpus, ask its questions, and print every metric with its 95 % interval."""
    if json_file and not json_file.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {json_file.absolute().parent}", param_hint="--json")
    settings = settings_from(config, k=k)
    choices: dict[str, Any] = {"limit": limit, "half": half.value if half else None, "split": split, "depth": depth}
    with _folder(keep) as place:
        report = _measure(_benchmark(folder), settings, place, answers=answers, **choices)
    typer.echo(report.table())
    if json_file:
        written = json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"
        json_file.write_text(written, "utf-8")


@eval_app.command()
def check(
    folder: FolderArgument = _SAMPLE,
    expected: Annotated[Path | None, typer.Option(help="Recorded scores in TOML. [default: the packaged ones]")] = None,
    config: ConfigOption = None,
) -> None:
    """Run a benchmark as its recorded scores were made; exit 4 where one is not reached within its tolerance."""
    from eval.expected import EXPECTED, read_expected, records_for
    from eval.expected import check as misses_of

    benchmark, settings = _benchmark(folder), settings_from(config)
    records = records_for(benchmark.name, read_expected(expected or EXPECTED))
    missed = False
    with _folder(None) as place:
        for record in records:
            choices = {"limit": record.limit, "half": record.half, "split": record.split}
            report = _measure(benchmark, settings, place, answers=record.answers, **choices)
            typer.echo(report.table())
            misses = misses_of(report, record)
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
    config: ConfigOption = None,
) -> None:
    """Race the indexing of a benchmark's corpus against LangChain's usual pipeline with the same encoder."""
    from eval.bench import race
    from rag.assemble import open_embedder

    corpus = _benchmark(folder).documents
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
    from eval.rewriting import compare

    report = compare(file, half.value if half else None)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())


@eval_app.command()
def conflicts(
    folder: FolderArgument = _SAMPLE,
    keep: Annotated[
        Path | None, typer.Option("--index", help="Keep the index in this folder and use it again.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Score whether planted contradictions between documents are shown side by side."""
    from eval.disagreement import measure, read_conflicts
    from rag.assemble import build_chain

    benchmark, settings = _benchmark(folder), settings_from(config)
    planted, sha256 = read_conflicts(_path(folder))
    questions = [query.text for query in benchmark.queries if not query.history]
    with (
        _folder(keep) as place,
        _indexed(benchmark, settings, place) as (index, _),
        progress_bar("questions") as progress,
    ):
        report = measure(benchmark.name, planted, sha256, questions, build_chain(index, settings), progress)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())


def _path(folder: str) -> Path:
    from eval.sample import BENCHMARK

    return BENCHMARK if folder == _SAMPLE else Path(folder)


def _benchmark(folder: str) -> Benchmark:
    from dataclasses import replace

    from eval.benchmarks import open_benchmark

    opened = open_benchmark(_path(folder))
    return replace(opened, name=_SAMPLE) if folder == _SAMPLE else opened


def _measure(benchmark: Benchmark, settings: Settings, place: Path, *, answers: bool, **choices: Any) -> Report:
    """Index the corpus at `place`, or take the index that is there, and run the benchmark over it."""
    from dataclasses import replace

    from eval.runner import run as run_benchmark
    from rag.assemble import build_chain

    with _indexed(benchmark, settings, place) as (index, indexing), progress_bar("questions") as progress:
        chain = build_chain(index, settings) if answers else None
        report = run_benchmark(benchmark, index, chain, progress=progress, **choices)
        embedder = index.embedder.name
    used = {"embedder": embedder, **settings.model_dump(mode="json", exclude={"index", "embedder", "model"})}
    return replace(report, config={**report.config, **used}, indexing=indexing)


@contextmanager
def _indexed(benchmark: Benchmark, settings: Settings, place: Path) -> Iterator[tuple[Index, Indexing | None]]:
    """The open index of a benchmark's corpus, and what it cost to make it."""
    from eval.indexing import index_corpus
    from rag.assemble import open_embedder

    embedder = open_embedder(settings)
    with progress_bar("passages") as progress:
        index, indexing = index_corpus(
            benchmark, place, embedder, engine=settings.engine, fusion=settings.fusion, progress=progress
        )
    with index:
        yield index, indexing


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder to keep an index in, or one that goes away."""
    if keep:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="dateline-eval-") as folder:
        yield Path(folder) / "index"
