"""Seccomp: a process may make the system calls of a list and no others, whoever runs it (Linux 3.17).

The kernel asks a small program, written here in its classic BPF, at each call. See
https://docs.kernel.org/userspace-api/seccomp_filter.html, and include/uapi/linux/{seccomp,bpf_common}.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping

from index.containment.kernel import system_call
from index.containment.system_calls import ARCHITECTURES, NEWEST, Architecture, Condition, conditions

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


def restrict_calls(lifeline: int) -> None:
    """Refuse what `system_calls` does not list, for good, and to close the descriptor `lifeline`.

    It needs `privileges.give_up`. Raises OSError where there is no seccomp, or no table for this architecture.
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
