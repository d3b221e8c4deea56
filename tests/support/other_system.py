"""Makes this process, and the parsers that it starts, look like a system that has nothing of Linux's own.

`python other_system.py FOLDER` adds a text to a new index in the folder and searches it. The names are taken away
before anything of Dateline is imported. A parser is a program of its own; it imports this file in place of `fcntl`.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from pathlib import Path

OS = """sched_getaffinity sched_setaffinity posix_fadvise posix_fallocate pidfd_open eventfd memfd_create splice unshare
    setns copy_file_range getrandom O_PATH O_TMPFILE O_DIRECT O_NOATIME O_LARGEFILE O_ASYNC
    process_cpu_count""".split()
FCNTL = "F_SETSIG F_GETSIG F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_NOTIFY F_SETLEASE F_OFD_SETLK".split()
RESOURCE = "prlimit RLIMIT_RTPRIO RLIMIT_SIGPENDING RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTTIME RLIMIT_AS".split()
SIGNAL = "pidfd_send_signal SIGRTMIN SIGRTMAX SIGPWR sigtimedwait sigwaitinfo".split()


def take_away() -> None:
    """Take away from the modules of the standard library what Linux alone has."""
    import fcntl

    for module, names in ((os, OS), (fcntl, FCNTL), (resource, RESOURCE), (signal, SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "darwin"


def main(folder: Path) -> None:
    """Print what was found, what holds the parser, and how many processors there are, as JSON."""
    take_away()
    shadow = folder / "shadow"
    shadow.mkdir()
    (shadow / "fcntl.py").symlink_to(Path(__file__).resolve())
    sys.path[:0] = [str(shadow), str(Path(__file__).parents[2])]

    from index.embedders import open_embedder
    from index.loaders import LOADERS, containment
    from index.processors import available_processors
    from index.search import Index

    (folder / "pier.txt").write_text("The pier was closed on Monday.\n", "utf-8")
    with Index.create(folder / "index", open_embedder("hashing")) as index:
        report = index.add([folder / "pier.txt"])
        hits = index.search("When was the pier closed?")
    held = containment(LOADERS)
    told = {
        "skipped": [one.reason for one in report.skipped],
        "hits": [hit.text for hit in hits],
        "missing": dict(held.missing),
        "processors": available_processors(),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
elif __name__ == "fcntl":
    # The real one takes this file's place, and loses what it has of Linux.
    spec = importlib.machinery.PathFinder.find_spec("fcntl", [path for path in sys.path if not path.endswith("shadow")])
    assert spec
    assert spec.loader
    sys.modules["fcntl"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["fcntl"])
    take_away()
