"""What a running Python may still want to read: modules that are imported late, and the data that they rest on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

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
