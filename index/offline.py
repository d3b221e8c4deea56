"""The environment variables that keep libraries from calling home; the one list of them.

Importing any package of Dateline switches telemetry off, before the libraries that send it are imported.
"""

from __future__ import annotations

import os

TELEMETRY_OFF = {
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
"""Set whatever the environment says: nobody asks an archive a question so that a library reports on it."""

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
"""Set by the entry points where the environment says nothing: who asks for a download or for tracing gets it."""


def downloads_allowed() -> bool:
    """Whether the environment asks for downloads from the Hugging Face Hub: `HF_HUB_OFFLINE=0`."""
    return os.environ.get("HF_HUB_OFFLINE") == "0"


def switch_telemetry_off() -> None:
    """Effective only before the libraries are imported: ONNX Runtime reads its variable once, when it is loaded."""
    os.environ.update(TELEMETRY_OFF)


def go_offline() -> None:
    """Keep libraries that download or trace by themselves from doing so, unless the environment asks for it."""
    switch_telemetry_off()
    for name, value in {**OFFLINE, "TOKENIZERS_PARALLELISM": "true"}.items():
        os.environ.setdefault(name, value)
