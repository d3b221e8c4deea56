"""`dateline eval compare` and `dateline eval judge`: runs held against each other, judges against people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import JsonOption, MetricOption
from ui.cli.progress import progress_bar
from ui.cli.shell import GATE_MISSED, complain, print_json


def compare(
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
    if as_json:
        print_json([comparison.to_json() for comparison in compared])
    else:
        typer.echo("\n\n".join(comparison.table() for comparison in compared))
    misses = [
        f"{comparison.candidate}: {miss}"
        for comparison in compared
        for wanted in gates
        if (miss := wanted.missed(comparison))
    ]
    for miss in misses:
        complain(f"missed: {miss}")
    if misses:
        raise typer.Exit(GATE_MISSED)


def judge(
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
    if as_json:
        print_json([error.to_json() for error in measured])
    else:
        typer.echo("\n\n".join(error.table() for error in measured))
