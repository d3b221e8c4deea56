"""All layers, one over the other: limits, what the kernel takes away, and Python's audit hook."""

from __future__ import annotations

import math
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.containment import Containment, linux, seccomp


def contain(memory: int, lifeline: int) -> Containment:
    """Give up whatever this process does not need to compute, for good; a layer that the system lacks is named.

    The process may have `memory` bytes, and cannot close the descriptor `lifeline`.
    """
    paths = [*readable()]
    layers: dict[str, Callable[[], None]] = {
        "user namespace": linux.enter_user_namespace,
        "privileges": linux.give_up,
        "landlock": lambda: linux.restrict_files(paths),
        "seccomp": lambda: seccomp.restrict_calls(lifeline),
    }
    limit(memory)
    missing = {name: _why_not(put_on) for name, put_on in layers.items()}
    refuse_in_python()
    return Containment(missing)


def _why_not(put_on: Callable[[], None]) -> str:
    try:
        put_on()
    except (OSError, AttributeError) as error:
        return str(error)
    return ""


_MOST_OPEN_FILES = 64


def limit(memory: int) -> None:
    """Allow so many bytes of address space, and no files, processes or core images. macOS does not limit memory."""
    for name, value in (("AS", memory), ("FSIZE", 0), ("CORE", 0), ("NPROC", 0), ("NOFILE", _MOST_OPEN_FILES)):
        # Not every system has, and not every one keeps, each of them.
        with suppress(AttributeError, ValueError, OSError):
            kind = getattr(resource, f"RLIMIT_{name}")
            hard = resource.getrlimit(kind)[1]
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (allowed, allowed))


def allow_processor_time(seconds: float) -> None:
    """From now on; the kernel ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))


_LIBRARIES = frozenset({"lib-dynload", "site-packages", "dist-packages"})
"""Folders on Python's path that hold installed modules only; others may lie around anything of a user's."""

_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf",
    "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo",
)  # fmt: skip


def readable() -> Iterator[str]:
    """Paths of the standard library, of installed packages, of the packages in use, and of what the system adds."""
    yield from _SYSTEM
    yield from filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":"))
    yield str(Path(sys.base_prefix, "lib"))
    yield str(Path(os.__file__).parent)
    yield from (path for path in sys.path if Path(path).name in _LIBRARIES)
    for name, module in list(sys.modules.items()):
        if "." not in name:
            yield from getattr(module, "__path__", None) or filter(None, [getattr(module, "__file__", None)])


# Python's audit hook: what goes through Python is refused by name. Machine code does not go through it.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_REFUSED = ("os.", "shutil.", "socket.", "sqlite3.", "subprocess.", "resource.prlimit")
_HARMLESS = frozenset({
    "os.fwalk", "os.getxattr", "os.listdir", "os.listxattr", "os.putenv", "os.scandir", "os.unsetenv", "os.walk",
    "socket.gethostname",
})  # fmt: skip
"""Of the audit events that begin so. See https://docs.python.org/3/library/audit_events.html."""


def refuse_in_python() -> None:
    """Refuse sockets, other processes and all changes to files, for good. `os.mkfifo` and `os.mknod` give no event."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        is_writing = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if is_writing or (event.startswith(_REFUSED) and event not in _HARMLESS):
            raise PermissionError(f"{event} is not for parsers")

    sys.dont_write_bytecode = True
    sys.addaudithook(watch)
