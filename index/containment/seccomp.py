"""Seccomp: a process may make the system calls of a list and no others, whoever runs it (Linux 3.17).

The kernel asks a small program, written here in its classic BPF, at each call. See
https://docs.kernel.org/userspace-api/seccomp_filter.html, and include/uapi/linux/{seccomp,bpf_common}.h.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
import termios
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from index.containment.linux import system_call

_SET_MODE_FILTER = 1
_FOR_ALL_THREADS = 1 << 0
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
"""SECCOMP_RET_ALLOW; ERRNO, to which the number of an error is added; KILL_PROCESS."""

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
"""BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGT|K, BPF_JMP|JSET|K, BPF_RET|K."""
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where `struct seccomp_data` has them; the low half of an argument comes first on both architectures."""

Instruction = tuple[int, int, int, int]
"""Of `struct sock_filter`: what to do, how many to leave out where a comparison holds and where not, and the value."""


@dataclass(frozen=True, slots=True)
class Condition:
    """On an argument (0 is the first) of 32 bits: `values` it must have, or must not, or bits of which it has none."""

    argument: int
    one_of: tuple[int, ...] = ()
    none_of: tuple[int, ...] = ()
    no_bits: int = 0


@dataclass(frozen=True, slots=True)
class Architecture:
    """`audit` is its AUDIT_ARCH in include/uapi/linux/audit.h, `seccomp` the number of that call."""

    audit: int
    seccomp: int
    numbers: Mapping[str, int]


NEWEST = 461
"""The highest number that was looked at (lsm_list_modules, Linux 6.8); from 424 on all architectures share them."""

_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16,
    "pread64": 17, "readv": 19, "writev": 20, "access": 21, "select": 23, "sched_yield": 24, "mremap": 25,
    "madvise": 28, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "fcntl": 72, "getdents": 78, "getcwd": 79,
    "readlink": 89, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
    "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115, "getpgid": 121,
    "getsid": 124, "sigaltstack": 131, "setrlimit": 160, "gettid": 186, "time": 201, "futex": 202,
    "sched_getaffinity": 204, "getdents64": 217, "restart_syscall": 219, "fadvise64": 221, "clock_gettime": 228,
    "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "openat": 257, "newfstatat": 262,
    "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271, "preadv": 295, "prlimit64": 302, "getcpu": 309,
    "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334, "faccessat2": 439,
}  # fmt: skip
_AARCH64 = {
    "getcwd": 17, "fcntl": 25, "ioctl": 29, "faccessat": 48, "openat": 56, "close": 57, "getdents64": 61, "lseek": 62,
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "preadv": 69, "pselect6": 72, "ppoll": 73,
    "readlinkat": 78, "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101,
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "restart_syscall": 128, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135,
    "rt_sigreturn": 139, "times": 153, "getpgid": 155, "getsid": 156, "getgroups": 158, "uname": 160, "getrlimit": 163,
    "setrlimit": 164, "getrusage": 165, "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173,
    "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214,
    "munmap": 215, "mremap": 216, "mmap": 222, "fadvise64": 223, "mprotect": 226, "madvise": 233, "prlimit64": 261,
    "getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293, "faccessat2": 439,
}  # fmt: skip

ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 317, _X86_64),
    "aarch64": Architecture(0xC00000B7, 277, _AARCH64),
}
"""By the name that `os.uname` gives a machine."""


def conditions(lifeline: int) -> dict[str, Condition]:
    """What the calls that can do more than parsing needs are held to; `lifeline` is a descriptor that stays open."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    this = os.getpid()
    return {
        "open": Condition(1, no_bits=writing),
        "openat": Condition(2, no_bits=writing),
        "close": Condition(0, none_of=(lifeline,)),
        "fcntl": Condition(1, (fcntl.F_DUPFD, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)),
        "ioctl": Condition(1, (termios.TCGETS, termios.FIOCLEX, termios.FIONCLEX)),
        "prlimit64": Condition(0, (0, this)),
        "tgkill": Condition(0, (this,)),
    }


def restrict_calls(lifeline: int) -> None:
    """Refuse what the tables here do not list, for good, and to close the descriptor `lifeline`.

    It needs `linux.give_up`. Raises OSError where there is no seccomp, or no table for this architecture.
    """
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    architecture = ARCHITECTURES[machine]
    install(architecture, program(architecture, conditions(lifeline)))


def install(architecture: Architecture, instructions: Iterable[Instruction]) -> None:
    """Have the kernel run a filter at each call of this process, after those that it has. Raises OSError."""
    code = b"".join(struct.pack("=HBBI", *one) for one in instructions)
    held = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(code) // 8, ctypes.addressof(held))
    system_call(architecture.seccomp, _SET_MODE_FILTER, _FOR_ALL_THREADS, ctypes.c_char_p(described))


def program(architecture: Architecture, held: Mapping[str, Condition]) -> Iterator[Instruction]:
    """The filter: the architecture's calls are let through, of those in `held` the ones that meet their condition."""
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _JUMP_EQUAL, 1, 0, architecture.audit
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    for name, number in architecture.numbers.items():
        block = [*_condition(held[name])] if name in held else [(_RETURN, 0, 0, _ALLOW)]
        yield _JUMP_EQUAL, 0, len(block), number
        yield from block
    # Libraries fall back to older calls where a newer one is unknown, and only then.
    yield _JUMP_GREATER, 0, 1, NEWEST
    yield _RETURN, 0, 0, _REFUSE | errno.ENOSYS
    yield _RETURN, 0, 0, _REFUSE | errno.EPERM


def _condition(condition: Condition) -> Iterator[Instruction]:
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    yield _LOAD, 0, 0, _ARGUMENTS + 8 * condition.argument
    for value in condition.none_of:
        yield _JUMP_EQUAL, 0, 1, value
        yield refuse
    if condition.no_bits:
        yield _JUMP_ANY_BIT, 0, 1, condition.no_bits
        yield refuse
    for value in condition.one_of:
        yield _JUMP_EQUAL, 0, 1, value
        yield allow
    yield refuse if condition.one_of else allow
