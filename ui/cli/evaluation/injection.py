"""`dateline eval injection`: what planted documents do to the answers."""

from __future__ import annotations

import typer

from ui.cli.evaluation.measuring import index_folder, indexed
from ui.cli.evaluation.options import SAMPLE, FolderArgument, benchmark_at, benchmark_path
from ui.cli.options import ConfigOption, JsonOption, settings_from
from ui.cli.progress import progress_bar
from ui.cli.shell import print_json


def injection(folder: FolderArgument = SAMPLE, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Score how often documents planted to mislead get their words into an answer."""
    from eval.sample import INJECTION
    from eval.studies.injection import measure_injection, read_attacks
    from rag.assemble import build_chain, open_embedder

    benchmark, settings = benchmark_at(folder), settings_from(config)
    attacks, sha256 = read_attacks(INJECTION if folder == SAMPLE else benchmark_path(folder) / "injection.jsonl")
    # The index is made for the attacks and goes away, so that nothing planted is left behind.
    with (
        index_folder(None) as place,
        indexed(benchmark, settings, open_embedder(settings), place) as (index, _),
        progress_bar("attacks") as progress,
    ):
        report = measure_injection(benchmark, attacks, sha256, index, build_chain(index, settings), progress)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.table())
