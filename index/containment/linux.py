"""What Linux takes away from a process for good: capabilities, the sight of its neighbours, and files.

Files by Landlock: a process may read below some paths and may do nothing else to files, whoever runs it (Linux 5.13).
Each version of the interface adds rights that it can take away; those that the kernel knows are taken.
See https://docs.kernel.org/userspace-api/landlock.html and include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any


def libc(function: str, *arguments: Any) -> int:
    """What a function of the C library gives. Raises OSError where that is negative, and off Linux."""
    if sys.platform != "linux":
        raise OSError(f"{sys.platform} has no such layer")
    done: int = getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments)
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


def system_call(number: int, *arguments: Any) -> int:
    """What a system call gives. A number among the arguments is passed as a long. Raises OSError as `libc` does."""
    longs = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    return libc("syscall", ctypes.c_long(number), *longs)


# include/uapi/linux/prctl.h, include/uapi/linux/sched.h and include/uapi/linux/capability.h of the kernel.
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION_3 = 0x20080522


def give_up() -> None:
    """Drop all capabilities, root's too, and gain none by starting a program; leave no memory image after a crash.

    Raises OSError.
    """
    libc("prctl", _PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    # The limit on core files does not bind a program that the system pipes them to.
    libc("prctl", _PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    libc("capset", ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def enter_user_namespace() -> None:
    """Stand apart from the user's other processes: their memory and environment are not to be seen from there.

    Only for a process of one thread, and before `give_up`, as the kernel grants capabilities within the namespace.
    Raises OSError, also where the system lets only its administrator do that.
    """
    libc("unshare", _CLONE_NEWUSER)


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

    It needs `give_up`. Paths that are not there are left out. Raises OSError where there is no Landlock.
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
