"""Loaders that do what no loader should: each takes the files that begin with its name."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from index.documents import Document
from index.errors import MissingExtra
from index.loaders.base import Content, Loaded
from index.loaders.sandbox.wire import frame, reply

MEBIBYTE = 1024 * 1024
_held: list[bytearray] = []


class Planted:
    def recognises(self, content: Content) -> bool:
        return content.data.startswith(type(self).__name__.encode())

    def load(self, content: Content) -> Loaded:
        return said(content, self.do(content))

    def do(self, content: Content) -> str:
        raise NotImplementedError


def said(content: Content, text: str) -> Loaded:
    return Loaded((Document(text or "nothing", source=content.name, collection=content.collection),))


class Sleeps(Planted):
    def do(self, content: Content) -> str:
        time.sleep(1000)
        return ""


class Spins(Planted):
    """In machine code that lets no other thread of Python's run."""

    def do(self, content: Content) -> str:
        return str(re.match("(a+)+$", "a" * 60 + "b"))


class Clings(Planted):
    """Does what it can not to end with the process that started it."""

    def do(self, content: Content) -> str:
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        with suppress(PermissionError):
            os.close(int(sys.argv[2]))
        while True:
            pass


class Crashes(Planted):
    def do(self, content: Content) -> str:
        return str(ctypes.string_at(0))


class Exits(Planted):
    def do(self, content: Content) -> str:
        os._exit(3)


class Swells(Planted):
    def do(self, content: Content) -> str:
        while True:
            _held.append(bytearray(64 * MEBIBYTE))


class Hoards(Planted):
    """Keeps 150 MiB for good."""

    def do(self, content: Content) -> str:
        _held.append(bytearray(150 * MEBIBYTE))
        return f"{len(_held)} held"


class Floods(Planted):
    def do(self, content: Content) -> str:
        for _ in range(1000):
            sys.stdout.write("flood " * 1000)
            os.write(1, b"flood " * 1000)
            os.write(2, b"flood " * 1000)
        return "dry again"


class FloodsOn(Planted):
    def do(self, content: Content) -> str:
        while True:
            os.write(1, b"flood " * 1000)


class Blunders(Planted):
    def do(self, content: Content) -> str:
        raise BlunderError("not foreseen")


class BlunderError(Exception):
    pass


class LacksLibrary(Planted):
    def do(self, content: Content) -> str:
        raise MissingExtra("a library is not installed: pip install it")


class Impersonates(Planted):
    """Says that its document came from another file."""

    def load(self, content: Content) -> Loaded:
        return Loaded((Document("Not from there.", source="/etc/motd", collection=content.collection),))


class Pickles(Planted):
    """Answers with bytes that would run code in a process that unpickled them."""

    def do(self, content: Content) -> str:
        # In that notation, written out: call `open` with the name and "w", which leaves a file behind.
        trap = f"cbuiltins\nopen\n(V{content.name}.ran\nVw\ntR."
        os.write(int(sys.argv[1]), frame(trap.encode()))
        return ""


class Promises(Planted):
    """Says that four gigabytes follow."""

    def do(self, content: Content) -> str:
        os.write(int(sys.argv[1]), b"\xff\xff\xff\xff")
        return ""


class Trickles(Planted):
    """Answers byte by byte, each within the time, all of them not."""

    def do(self, content: Content) -> str:
        for byte in b"".join(reply(said(content, "slow"))):
            os.write(int(sys.argv[1]), bytes([byte]))
            time.sleep(0.1)
        return ""


class Looks(Planted):
    """Tells what it can see and do."""

    def do(self, content: Content) -> str:
        tried = {
            "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
            "look up": lambda: socket.getaddrinfo("localhost", 80),
            "start": lambda: subprocess.run(["true"], check=True),
            "fork": os.fork,
            "write": lambda: Path(content.name + ".written").write_text("x"),
            "remove": lambda: Path(content.name).unlink(),
        }
        refused = [name for name, action in tried.items() if _is_refused(action)]
        environment = sorted(os.environ)
        folder = Path.cwd()
        session = os.getsid(0) == os.getpid()
        files = sum(_is_open(number) for number in range(64))
        return f"{refused} {environment} {folder} {session} {files}"


def _is_refused(action: object) -> bool:
    try:
        action()
    except PermissionError:
        return True
    return False


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


PLANTED = {
    kind.__name__: f"planted:{kind.__name__}"
    for kind in (
        Sleeps, Spins, Clings, Crashes, Exits, Swells, Hoards, Floods, FloodsOn, Blunders, LacksLibrary, Impersonates,
        Pickles, Promises, Trickles, Looks,
    )
}  # fmt: skip
# The longer name first, where one begins with the other.
PLANTED = dict(sorted(PLANTED.items(), key=lambda item: -len(item[0])))
