"""What a hostile file may try once it has taken over its parser: each attack under a name, and the scene of it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from dataclasses import dataclass

SECRET = "the harbour master's password"


@dataclass(frozen=True)
class Scene:
    """What is there to be attacked. `folder` is the attacker's to change, with a `file` and a `folder`.

    `victim` is the process that has the file parsed, with the secret in its environment and in its memory at
    `address`; `secret` a file with it; the rest is where servers wait.
    """

    victim: int
    address: int
    folder: str
    secret: str
    tcp: int
    udp: int
    unix: str
    abstract: str


@dataclass(frozen=True)
class Attack:
    """Raises OSError where it is refused. `layers` are those that each refuse it alone."""

    run: Callable[[Scene], object]
    layers: frozenset[str]
    open_to_all: bool
    """Whether a process that nothing holds can do it on every system, as any user."""


ATTACKS: dict[str, Attack] = {}
"""Those that this system has a layer against."""

LAYERS = {"audit", "user namespace", "landlock", "seccomp"} if sys.platform == "linux" else {"audit"}


def attack(*layers: str, open_to_all: bool = True) -> Callable[[Callable[[Scene], object]], Callable[[Scene], object]]:
    """Register an attack under its function's name."""

    def registered(run: Callable[[Scene], object]) -> Callable[[Scene], object]:
        if refusing := LAYERS & {*layers}:
            ATTACKS[run.__name__.replace("_", " ")] = Attack(run, frozenset(refusing), open_to_all)
        return run

    return registered


def outcome(name: str, scene: Scene) -> str:
    try:
        ATTACKS[name].run(scene)
    except OSError as error:
        return f"refused: {errno.errorcode.get(error.errno or 0, str(error))}"
    return "done"
