"""The table of results in the README, and the records that `dateline eval check` holds new scores against.

    python scripts/results.py RUN...

Each RUN is a folder that `dateline eval run BENCHMARK -o RUN` wrote with default settings. Replaces what stands between
the marks in `README.md` and in `eval/expected.toml`, so that the two never differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.report import Report
from eval.runs import read_run
from eval.significance import Estimate

ROOT = Path(__file__).parent.parent
SHOWN = (
    "nDCG@10", "Success@5", "EM answerable", "F1 answerable", "Equivalent answerable", "Answer recall", "AUROC",
    "Answered", "Refused",
)  # fmt: skip
"""In this order, as far as a benchmark has them."""
TOLERANCE = 0.01
"""Another processor's int8 sums differ a little, and a few questions of some hundreds may turn."""
README_MARKS = ("<!-- results -->\n", "<!-- end of results -->\n")
RECORD_MARKS = ("# Results\n", "# End of results\n")


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    reports = [read_run(path) for path in parser.parse_args().runs]
    replace_between(ROOT / "README.md", README_MARKS, "".join(f"{line}\n" for line in table(reports)))
    replace_between(ROOT / "eval" / "expected.toml", RECORD_MARKS, "".join(map(record, reports)))


def table(reports: Sequence[Report]) -> Iterator[str]:
    """Lines of Markdown: a row for each metric of each run. Times are left out: they are the machine's."""
    yield "| benchmark | measure | value | 95 % interval | n | measured on |"
    yield "|---|---|---:|---|---:|---|"
    for report in reports:
        name, day = report.benchmark, f"{report.made.day} {report.made:%B %Y}"
        for metric, e in shown(report):
            yield f"| {name} | {metric} | {e.value:.3f} | {e.low:.3f} – {e.high:.3f} | {e.n:,} | {day} |"
            name = day = ""


def record(report: Report) -> str:
    """The table of TOML that expects what a run scored."""
    scores = "".join(
        f'"{metric}" = {{ value = {e.value:.3f}, tolerance = {TOLERANCE} }}\n' for metric, e in shown(report)
    )
    answers = "" if any(case.row.attempted for case in report.cases) else "answers = false\n"
    return f'[[record]]\nbenchmark = "{report.benchmark}"\n{answers}[record.scores]\n{scores}\n'


def shown(report: Report) -> list[tuple[str, Estimate]]:
    """The metrics of a run that are shown, with their estimates."""
    return [(metric, report.metrics[metric]) for metric in SHOWN if metric in report.metrics]


def replace_between(path: Path, marks: tuple[str, str], content: str) -> None:
    """Replace what stands between two marks in a file. Raises ValueError where they are not there."""
    text = path.read_text("utf-8")
    start, end = text.index(marks[0]) + len(marks[0]), text.index(marks[1])
    path.write_text(text[:start] + content + text[end:], "utf-8")


if __name__ == "__main__":
    main()
