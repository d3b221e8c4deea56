"""Benchmarks in, figures with confidence intervals out."""

import index  # noqa: F401  before any library: it switches their telemetry off
