"""What a process may do beyond what its user may, given up for good."""

from __future__ import annotations

import ctypes
import struct

from index.containment.kernel import libc

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
