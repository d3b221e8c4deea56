"""What a process that reads foreign bytes gives up before it does, so that whoever takes it over gains nothing.

`contain` puts the layers on, one over the other, and says which of them this system has; `linux` and `seccomp` hold
what only that kernel gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LAYERS", "REFUSED", "Containment"]


LAYERS = ("user namespace", "privileges", "landlock", "seccomp")
"""What the kernel is asked for, in the order in which it is put on."""

REFUSED = {
    "the network": ("seccomp",),
    "writing": ("seccomp",),
    "other processes": ("seccomp",),
    "reading other files": ("landlock",),
    "sight of the environment": ("landlock", "user namespace"),
}
"""What is refused to machine code too -> the layers of which each is enough for it."""


@dataclass(frozen=True)
class Containment:
    """Layer -> why the system does not give it; "" where it is in force."""

    missing: Mapping[str, str]

    def refuses(self, what: str) -> bool:
        """Whether the kernel refuses one of `REFUSED`; where not, limits and Python's audit hook are all there is."""
        return any(not self.missing[layer] for layer in REFUSED[what])

    def summary(self) -> str:
        """What the kernel refuses, what it does not, and why, on one line."""
        refused = [what for what in REFUSED if self.refuses(what)]
        told = f"the kernel refuses them {', '.join(refused) or 'nothing'}"
        if len(refused) == len(REFUSED):
            return told
        reasons = "; ".join(f"no {layer}: {reason}" for layer, reason in self.missing.items() if reason)
        return f"{told}, but not {', '.join(what for what in REFUSED if what not in refused)} ({reasons})"
