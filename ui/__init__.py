"""The edges: command line, web page, HTTP."""

import index  # noqa: F401  before any library: it switches their telemetry off
