"""A process whose parser is taken over: it has a secret in its environment, in its memory and in a file, and servers.

Run as a program it prints as JSON what became of each attack, by how the attacker was held: by `nothing`, by one layer
alone, or by all of them as the sandbox puts them on.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    # Also for an interpreter that knows nothing of this project.
    sys.path[:0] = [str(Path(__file__).parents[2])]

import machine_attacks
import python_attacks
from attacks import ATTACKS, SECRET, Scene, outcome

from index.containment import contain, linux, seccomp
from index.containment.contain import readable
from index.documents import Document
from index.errors import ParserFailed
from index.loaders.base import Content, Limits, Loaded
from index.loaders.sandbox.sandbox import Sandbox


class Runs:
    """A loader that does what its file says."""

    def recognises(self, content: Content) -> bool:
        return True

    def load(self, content: Content) -> Loaded:
        exec(content.data, {})
        return Loaded((Document("done", source=content.name, collection=content.collection),))


LIMITS = Limits(max_parse_seconds=60.0)
LOADER = {"attacks": "taken_over:Attacks"}
REGISTERED = (python_attacks, machine_attacks)


class Attacks:
    """A loader that attacks as its file says, and tells what came of it."""

    def recognises(self, content: Content) -> bool:
        return content.data.startswith(b"{")

    def load(self, content: Content) -> Loaded:
        wanted = json.loads(content.data)
        told = outcome(wanted["attack"], Scene(**wanted["scene"]))
        return Loaded((Document(told, source=content.name, collection=content.collection),))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = set_up(Path(folder))
        sandbox = Sandbox(most_files=10_000)
        holders = {
            "nothing": lambda: None,
            "audit": contain.refuse_in_python,
            "user namespace": lambda: (linux.enter_user_namespace(), linux.give_up()),
            "landlock": lambda: (linux.give_up(), linux.restrict_files(readable())),
            "seccomp": lambda: (linux.give_up(), seccomp.restrict_calls(1000)),
        }
        found = {how: {} for how in [*holders, "sandbox"]}
        for name, one in ATTACKS.items():
            for how in ["nothing", *one.layers]:
                found[how][name] = watched(
                    scene, how, lambda own, how=how, name=name: in_a_fork(holders[how], name, own)
                )
            found["sandbox"][name] = watched(scene, "sandbox", lambda own, name=name: in_a_parser(sandbox, name, own))
        missing = sandbox.containment(LOADER).missing
        sandbox.close()
    json.dump({"missing": dict(missing), "found": found, "user": os.getuid()}, sys.stdout)


def set_up(folder: Path) -> Scene:
    """A file with a secret, one in memory, and servers."""
    (folder / "secret").write_text(SECRET)
    held = ctypes.create_string_buffer(SECRET.encode())
    servers = [socket.create_server(("127.0.0.1", 0), backlog=1000), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
    servers[1].bind(("127.0.0.1", 0))
    abstract = f"\0dateline-{os.getpid()}"
    # Nobody has to accept: the kernel lets in whoever connects.
    for name in (str(folder / "unix"), abstract)[: 1 + (sys.platform == "linux")]:
        servers.append(socket.socket(socket.AF_UNIX))
        servers[-1].bind(name)
        servers[-1].listen(1000)
    set_up.kept = (held, servers)
    tcp, udp = (server.getsockname()[1] for server in servers[:2])
    return Scene(
        os.getpid(), ctypes.addressof(held), str(folder), str(folder / "secret"), tcp, udp, str(folder / "unix"),
        abstract,
    )  # fmt: skip


def watched(scene: Scene, how: str, attempt: Callable[[Scene], str]) -> str:
    """What an attempt on a folder of its own tells; what it changed there says more than its word."""
    with tempfile.TemporaryDirectory(dir=scene.folder) as folder:
        own = Path(folder)
        (own / "file").write_text("as it was")
        (own / "folder").mkdir()
        before = state(own)
        told = attempt(Scene(**(asdict(scene) | {"folder": folder})))
        return told if state(own) == before or told == "done" else f"changed {state(own)}, and says {told}"


def state(folder: Path) -> list[object]:
    """All that can be seen of a folder from outside."""
    paths = [folder, *sorted(folder.rglob("*"))]
    statuses = [path.lstat() for path in paths]
    attributes = [os.listxattr(path, follow_symlinks=False) if hasattr(os, "listxattr") else [] for path in paths]
    contents = [path.read_bytes() for path in paths if path.is_file()]
    return [
        *(path.name for path in paths),
        *((one.st_mode, one.st_uid, one.st_gid, one.st_size, one.st_nlink, one.st_mtime_ns) for one in statuses),
        *attributes,
        *contents,
    ]


def in_a_parser(sandbox: Sandbox, name: str, scene: Scene) -> str:
    data = json.dumps({"attack": name, "scene": asdict(scene)}).encode()
    try:
        (document,) = sandbox.parse(Content("/attack", data, LIMITS), LOADER).documents
    except ParserFailed as error:
        return f"failed: {error}"
    return document.text


def in_a_fork(hold: Callable[[], object], name: str, scene: Scene) -> str:
    """In a child of this process that is held by one layer. A program that it starts ends well where it was let."""
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        try:
            hold()
            told = outcome(name, scene)
            os.write(sending, told.encode())
        except BaseException as error:  # noqa: BLE001
            os.write(sending, f"failed: {error!r}".encode())
        finally:
            os._exit(1)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        told = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return told or ("done" if status == 0 else f"ended with {status}")


if __name__ == "__main__":
    main()
