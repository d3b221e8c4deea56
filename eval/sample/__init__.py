"""The sample that ships with Dateline: a dossier to index, and a benchmark of questions about it."""

from __future__ import annotations

from pathlib import Path

DOSSIER = Path(__file__).parent / "dossier"
"""A folder of files in the formats that the loaders take: one real news story retold, one invented."""

BENCHMARK = Path(__file__).parent / "benchmark"
"""Questions about the dossier in the folder format of `eval.benchmarks.folder`."""

INJECTION = Path(__file__).parent / "injection.jsonl"
"""Documents planted to mislead: see `eval.studies.injection`."""

COPIES = Path(__file__).parent / "copies"
"""Invented texts of which copies and look-alikes are made: see `eval.sample.copying`."""
