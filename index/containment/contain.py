"""All layers, one over the other."""

from __future__ import annotations

from collections.abc import Callable

from index.containment import landlock, privileges, seccomp
from index.containment.audit import refuse_in_python
from index.containment.limits import limit
from index.containment.readable import readable
from index.containment.report import Containment


def contain(memory: int, lifeline: int) -> Containment:
    """Give up whatever this process does not need to compute, for good; a layer that the system lacks is named.

    The process may have `memory` bytes, and cannot close the descriptor `lifeline`.
    """
    paths = [*readable()]
    layers: dict[str, Callable[[], None]] = {
        "user namespace": privileges.enter_user_namespace,
        "privileges": privileges.give_up,
        "landlock": lambda: landlock.restrict_files(paths),
        "seccomp": lambda: seccomp.restrict_calls(lifeline),
    }
    limit(memory)
    missing = {name: _why_not(put_on) for name, put_on in layers.items()}
    refuse_in_python()
    return Containment(missing)


def _why_not(put_on: Callable[[], None]) -> str:
    try:
        put_on()
    except (OSError, AttributeError) as error:
        return str(error)
    return ""
