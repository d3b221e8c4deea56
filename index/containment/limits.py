"""How much of the machine a process may use, kept by the kernel."""

from __future__ import annotations

import math
import resource
from contextlib import suppress

_MOST_OPEN_FILES = 64


def limit(memory: int) -> None:
    """Allow so many bytes of address space, and no files, processes or core images. macOS does not limit memory."""
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _MOST_OPEN_FILES),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (allowed, allowed))


def allow_processor_time(seconds: float) -> None:
    """From now on; the kernel ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))
