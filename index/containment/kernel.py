"""Calls to the Linux kernel that the standard library has no name for."""

from __future__ import annotations

import ctypes
import os
import sys
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
