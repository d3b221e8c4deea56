"""From a question to an answer whose every sentence is cited."""

import index  # noqa: F401  before any library: it switches their telemetry off
