"""A `sitecustomize` that takes away what only Linux has, from every process that finds it on its path.

What macOS lacks goes, `/proc` is not there, the system has the name of macOS, and more open files are refused as it
refuses them. Programs that start with `-I` see nothing of it.
"""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import socket
import sys
import sysconfig
import types
from typing import Any

ABSENT: dict[types.ModuleType, str] = {
    os: "sched_getaffinity sched_setaffinity pidfd_open eventfd eventfd_read eventfd_write memfd_create unshare setns "
    "copy_file_range splice posix_fadvise posix_fallocate getrandom fdatasync sched_getscheduler sched_setscheduler "
    "setresuid getresuid O_TMPFILE O_PATH getxattr setxattr listxattr removexattr",
    resource: "prlimit",
    socket: "AF_NETLINK AF_PACKET SO_BINDTODEVICE TCP_USER_TIMEOUT",
    signal: "pidfd_send_signal sigtimedwait sigwaitinfo SIGPOLL SIGPWR SIGSTKFLT SIGRTMIN SIGRTMAX",
    select: "epoll",
    fcntl: "F_SETSIG F_GETSIG F_ADD_SEALS F_OFD_SETLK F_OFD_SETLKW F_OFD_GETLK",
}


def refuse_proc(event: str, arguments: tuple[Any, ...]) -> None:
    """Open nothing below /proc."""
    if event == "open" and str(arguments[0]).startswith("/proc"):
        raise FileNotFoundError(arguments[0])


def no_more_files(kind: int, limits: tuple[int, int]) -> None:
    """As macOS says it beyond its own limit, whatever it has said the limit is."""
    raise ValueError("not allowed to raise maximum limit")


if __name__ == "sitecustomize":
    sysconfig.get_config_vars()  # kept by Python, and found by the name of the real system
    for module, names in ABSENT.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "darwin"
    # What urllib asks for proxies there.
    proxies: Any = types.ModuleType("_scproxy")
    proxies._get_proxy_settings = proxies._get_proxies = dict
    sys.modules["_scproxy"] = proxies
    resource.getrlimit = lambda kind: (256, resource.RLIM_INFINITY)  # type: ignore[misc]
    resource.setrlimit = no_more_files  # type: ignore[assignment]
    sys.addaudithook(refuse_proc)
