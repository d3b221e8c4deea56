"""`dateline eval injection`: what planted documents do to the answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.options import ConfigOption, JsonOption, settings_from
from ui.progress import progress_bar
from ui.shell import print_json

if TYPE_CHECKING:
    from eval.injection import InjectionReport
    from rag.config import Settings

_SAMPLE = "sample"


def injection(
    folder: Annotated[
        str, typer.Argument(metavar="BENCHMARK", help="Folder of a benchmark, or 'sample' for the packaged one.")
    ] = _SAMPLE,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Score how often documents planted to mislead get their words into an answer."""
    report = _measured(folder, settings_from(config))
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())


def _measured(folder: str, settings: Settings) -> InjectionReport:
    """Every attack on an index that is made for them and goes away, so that nothing planted is left behind."""
    from dataclasses import replace

    from eval.benchmarks import open_benchmark
    from eval.indexing import index_corpus
    from eval.injection import measure, read_attacks
    from eval.sample import BENCHMARK, INJECTION
    from rag.assemble import build_chain, open_embedder

    packaged = folder == _SAMPLE
    benchmark = replace(open_benchmark(BENCHMARK if packaged else Path(folder)), name=folder)
    attacks, sha256 = read_attacks(INJECTION if packaged else Path(folder) / "injection.jsonl")
    with tempfile.TemporaryDirectory(prefix="dateline-eval-") as place, progress_bar("attacks") as progress:
        index, _ = index_corpus(
            benchmark, Path(place) / "index", open_embedder(settings), engine=settings.engine, fusion=settings.fusion
        )
        with index:
            return measure(benchmark, attacks, sha256, index, build_chain(index, settings), progress)
