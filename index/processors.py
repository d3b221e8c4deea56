"""How many processors this process may use."""

from __future__ import annotations

import os


def available_processors() -> int:
    """The processors that the operating system lets this process use, at least 1; without that, those it has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
