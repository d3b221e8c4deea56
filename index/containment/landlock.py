"""Landlock: a process may read below some paths and may do nothing else to files, whoever runs it (Linux 5.13).

Each version of the interface adds rights that it can take away; those that the kernel knows are taken.
See https://docs.kernel.org/userspace-api/landlock.html and include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress

from index.containment.kernel import system_call

# The same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1 << 0
_RULE_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
"""Version -> access to files that it can take away: all of the first, REFER, TRUNCATE, IOCTL_DEV."""
_NETWORK_RIGHTS = ((4, 0b11),)
"""BIND_TCP and CONNECT_TCP."""
_SCOPES = ((6, 0b11),)
"""ABSTRACT_UNIX_SOCKET and SIGNAL: of processes outside."""


def restrict_files(readable: Iterable[str]) -> None:
    """Let this process read what is at and below the paths, as far as it could before, and nothing else, for good.

    It needs `privileges.give_up`. Paths that are not there are left out. Raises OSError where there is no Landlock.
    """
    version = system_call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    taken = [
        sum(bits for since, bits in rights if since <= version) for rights in (_FILE_RIGHTS, _NETWORK_RIGHTS, _SCOPES)
    ]
    # An older kernel takes the longer structure where what it does not know is zero.
    attributes = struct.pack("=QQQ", *taken)
    ruleset = system_call(_CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
    try:
        for path in readable:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _allow_reading(ruleset, path)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_reading(ruleset: int, path: str) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = struct.pack("=Qi", _READ_FILE | (_READ_DIR if is_folder else 0), descriptor)
        system_call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)
