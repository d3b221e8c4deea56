"""Keeps libraries from calling home; called before any of them is imported."""

from __future__ import annotations

import os

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "TOKENIZERS_PARALLELISM": "true",
}


def go_offline() -> None:
    """Set what is not set: a user who asks for a download or for tracing in the environment gets it."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
