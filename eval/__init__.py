"""Benchmarks in, figures with confidence intervals out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import index  # noqa: F401  before any library: it switches their telemetry off
from index.plugins import lazy_exports

if TYPE_CHECKING:
    from eval.benchmarks import open_benchmark as open_benchmark
    from eval.benchmarks.base import Benchmark as Benchmark
    from eval.comparison import Comparison as Comparison, compare_reports as compare_reports
    from eval.report import Report as Report
    from eval.runner import run_benchmark as run_benchmark
else:
    __all__, __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "eval.benchmarks": "open_benchmark",
            "eval.benchmarks.base": "Benchmark",
            "eval.comparison": "Comparison compare_reports",
            "eval.report": "Report",
            "eval.runner": "run_benchmark",
        },
    )
