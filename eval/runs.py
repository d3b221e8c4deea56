"""A run on disk: written question by question, continued where it stopped, and read back whole.

config.json     the fingerprint of the run: everything that decides what it gives
rows.jsonl      a line a question: the question with its gold, what came back, and its scores
run.trec        the ranking of documents; the score falls by one with each rank, so that every tool sees our order
summary.json    every metric with its interval
timings.jsonl   milliseconds a question
costs.json      the day, latencies, indexing, memory

The first four are the same bytes whenever the same command runs on the same machine. While a run is under way its rows
stand in rows.part.jsonl; summary.json is written last, so a folder that has one is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self, TextIO
from urllib.parse import quote

from eval.fingerprint import FORMAT, differences
from eval.indexing import Indexing
from eval.metrics.base import Case
from eval.report import Report
from eval.rows import Row
from index.atomic_files import write_atomically
from index.errors import BenchmarkError

_PART = "rows.part.jsonl"
_PRINTABLE = "".join(map(chr, range(33, 127))).replace("%", "")


class RunFolder:
    """A folder that a run is being written to; leaving its block lets go of the file of rows."""

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        """Take a new or empty folder, or one in which the same run was begun.

        Raises BenchmarkError where it holds anything else: nothing is written over.
        """
        self.path = path
        self._config = dict(config)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if (path / "config.json").is_file():
                if unlike := differences(read_config(path), self._config):
                    raise BenchmarkError(
                        f"{path} holds a run that was made otherwise ({'; '.join(unlike)}): give a new folder"
                    )
            elif any(path.iterdir()):
                raise BenchmarkError(f"{path} is not empty and holds no run: give a new folder")
            else:
                _write_json(path / "config.json", self._config)
        except OSError as error:
            raise BenchmarkError(f"{path}: cannot be written: {error}; choose another folder") from error
        self.done = {} if self.complete else self._recover()
        self._file: TextIO | None = None

    @property
    def complete(self) -> bool:
        """Whether the run has ended and its scores are there."""
        return (self.path / "summary.json").is_file()

    def keep(self, row: Row) -> None:
        """Append a row; it outlives the process from here on."""
        self._file = self._file or (self.path / _PART).open("a", encoding="utf-8", newline="\n")
        self._file.write(_line({"row": row.to_json(), "timings_ms": dict(row.timings_ms)}))
        self._file.flush()

    def finish(self, report: Report) -> None:
        """Write everything that is read later, summary.json last."""
        self._close()
        files = {
            "rows.jsonl": "".join(map(_line, report.rows())),
            "timings.jsonl": "".join(
                _line({"query": case.row.query, "timings_ms": dict(case.row.timings_ms)}) for case in report.cases
            ),
            "run.trec": "".join(trec_lines(report)),
        }
        try:
            for name, text in files.items():
                write_atomically(self.path / name, text.encode("utf-8"))
            _write_json(self.path / "costs.json", report.costs())
            _write_json(self.path / "summary.json", report.summary())
            (self.path / _PART).unlink(missing_ok=True)
        except OSError as error:
            raise BenchmarkError(f"{self.path}: cannot be written: {error}; free some space and run again") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _recover(self) -> dict[str, Row]:
        """The rows of an interrupted run; a line that was cut off at the end is dropped from the file too."""
        part = self.path / _PART
        if not part.is_file():
            return {}
        data = part.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            write_atomically(part, whole)
        rows = {}
        for where, value in _lines(part):
            try:
                row = Row.from_json(value["row"], value["timings_ms"])
            except (KeyError, TypeError, ValueError) as error:
                raise BenchmarkError(f"{where}: not a row of a run: {error!r}; remove the folder") from error
            rows[row.query] = row
        return rows


def read_run(path: Path) -> Report:
    """A complete run. Raises BenchmarkError naming what is missing or broken."""
    config = read_config(path)
    if not (path / "summary.json").is_file():
        raise BenchmarkError(f"{path}: the run is not complete: run its command again to finish it")
    timings = {value["query"]: value["timings_ms"] for _, value in _lines(path / "timings.jsonl")}
    cases = []
    for where, value in _lines(path / "rows.jsonl"):
        try:
            cases.append(Case.from_json(value, timings.get(value["query"], {})))
        except (KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(f"{where}: not a row of a run: {error!r}; run the benchmark again") from error
    costs = _read_json(path / "costs.json")
    if not {"date", "indexing", "peak_mib"} <= costs.keys():
        raise BenchmarkError(f"{path / 'costs.json'}: holds no costs of a run; run the benchmark again")
    indexing = costs["indexing"]
    return Report(
        benchmark=config["benchmark"]["name"],
        sha256=config["benchmark"]["sha256"],
        documents=config["benchmark"]["documents"],
        config={**config["choices"], **config["system"]},
        cases=tuple(cases),
        indexing=Indexing(indexing["passages"], indexing["seconds"], indexing["bytes"]) if indexing else None,
        peak_mib=costs["peak_mib"],
        made=date.fromisoformat(costs["date"]),
    )


def read_config(path: Path) -> dict[str, Any]:
    """The fingerprint of a run. Raises BenchmarkError where the folder holds no run of this format."""
    if not (path / "config.json").is_file():
        raise BenchmarkError(f"{path} holds no run: give a folder that `dateline eval run … -o` wrote")
    config = _read_json(path / "config.json")
    if config.get("format") != FORMAT:
        raise BenchmarkError(f"{path}: format {config.get('format')!r} of a run cannot be read, only {FORMAT}")
    return config


def trec_lines(report: Report) -> Iterator[str]:
    """Lines `query Q0 document rank score tag`; white space in an id is percent-encoded, as it separates fields."""
    for case in report.cases:
        depth = len(case.row.ranking)
        for place, ranked in enumerate(case.row.ranking, start=1):
            query, document = (quote(name, safe=_PRINTABLE) for name in (case.row.query, ranked.document))
            yield f"{query} Q0 {document} {place} {depth - place} dateline\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a JSONL file with its place."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                yield f"{path}:{number}", json.loads(line)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path}: cannot be read: {error}; run the benchmark again") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path}: cannot be read: {error}; run the benchmark again") from error
    return value


def _write_json(path: Path, value: Any) -> None:
    write_atomically(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))
