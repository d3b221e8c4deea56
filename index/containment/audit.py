"""Python's audit hook: what goes through Python is refused by name. Machine code does not go through it."""

from __future__ import annotations

import os
import sys
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_REFUSED = ("os.", "shutil.", "socket.", "sqlite3.", "subprocess.", "resource.prlimit")
_HARMLESS = frozenset({
    "os.fwalk", "os.getxattr", "os.listdir", "os.listxattr", "os.putenv", "os.scandir", "os.unsetenv", "os.walk",
    "socket.gethostname",
})  # fmt: skip
"""Of the audit events that begin so. See https://docs.python.org/3/library/audit_events.html."""


def refuse_in_python() -> None:
    """Refuse sockets, other processes and all changes to files, for good. `os.mkfifo` and `os.mknod` give no event."""
    sys.dont_write_bytecode = True
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    is_writing = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
    if is_writing or (event.startswith(_REFUSED) and event not in _HARMLESS):
        raise PermissionError(f"{event} is not for parsers")
