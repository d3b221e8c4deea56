"""Moves this process into a network of its own, where it is every machine itself (Linux only).

All addresses are this machine's there, so whatever is sent anywhere arrives at its one interface and is seen, and
nothing leaves. Root needs no more for that; others become an administrator of it by a namespace of users.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS, _NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
_PRIVATE = 0x4000 | 0x40000  # MS_REC | MS_PRIVATE
_SET_FLAGS, _UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP

_RESOLVERS = ("/run/systemd/resolve", "/run/nscd", "/var/run/nscd")
"""Services that look names up for others, reached by a file and so from any network: hidden from the process."""


def enter_namespace(emptied: Iterable[str] = ()) -> None:
    """Leave the machine's network for one of its own; the folders `emptied` become empty, for this process alone.

    The process must have one thread. Raises OSError, saying what was not allowed.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "only Linux has network namespaces")
    user, group = os.getuid(), os.getgid()
    try:
        _call("unshare", _NEW_NETWORK | _NEW_MOUNTS)
    except PermissionError:
        _call("unshare", _NEW_USERS | _NEW_NETWORK | _NEW_MOUNTS)
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    _call("mount", b"none", b"/", None, _PRIVATE, None)
    for folder in (*_RESOLVERS, *emptied):
        if Path(folder).is_dir():
            _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"mode=1777")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    _be_every_machine(socket.AF_INET)
    if Path("/proc/net/if_inet6").exists():
        _be_every_machine(socket.AF_INET6)


def _call(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _be_every_machine(family: int) -> None:
    """Add the route that makes every address of the family local: `ip route add local default dev lo`."""
    route = struct.pack("=8BI", family, 0, 0, 0, 255, 3, 254 if family == socket.AF_INET else 0, 2, 0)
    device = struct.pack("=HHI", 8, 4, socket.if_nametoindex("lo"))
    head = struct.pack("=IHHII", 16 + len(route) + len(device), 24, 0x405, 1, 0)  # RTM_NEWROUTE: create, acknowledge
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(head + route + device)
        code = -struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if code:
        raise OSError(code, f"routing everything to this machine: {os.strerror(code)}")
