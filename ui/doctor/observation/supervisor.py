"""The process that enters the namespace, watches its one interface, and runs the program there."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from ui.doctor.observation.namespace import enter_namespace
from ui.doctor.observation.packets import DNS, Attempt, answer_here, attempt_in

_EVERYTHING = 3  # ETH_P_ALL
_OUTGOING = 4  # PACKET_OUTGOING: a packet of the loopback interface is seen a second time when it arrives
_ATTACH_FILTER = 26  # SO_ATTACH_FILTER
_PACKETS, _STATISTICS = 263, 6  # SOL_PACKET, PACKET_STATISTICS
_POLL_SECONDS = 0.1
_NOT_FOUND = 127
"""Exit status where there is no such program, as a shell has it."""

# Lets through what `attempt_in` reads, up to 512 bytes of it, so that the bytes of connections never fill the buffer.
_FILTER = (
    (0x30, 0, 0, 0), (0x54, 0, 0, 0xF0), (0x15, 0, 6, 0x40),  # version 4, else go on at version 6
    (0x30, 0, 0, 9), (0x15, 10, 0, 17), (0x15, 0, 10, 6),  # version 4: keep datagrams, drop what is no segment either
    (0xB1, 0, 0, 0), (0x50, 0, 0, 13), (0x05, 0, 0, 4),  # the segment's flags
    (0x30, 0, 0, 6), (0x15, 4, 0, 17), (0x15, 0, 4, 6), (0x30, 0, 0, 53),  # version 6: the same
    (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02),  # keep SYN without ACK
    (0x06, 0, 0, 512), (0x06, 0, 0, 0),
)  # fmt: skip


class _Interface:
    """Reads what goes out over the loopback interface."""

    def __init__(self) -> None:
        self.attempts: dict[Attempt, None] = {}
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_EVERYTHING))
        program = b"".join(struct.pack("=HBBI", *instruction) for instruction in _FILTER)
        held = ctypes.create_string_buffer(program)
        self._socket.setsockopt(
            socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(_FILTER), ctypes.addressof(held))
        )
        self._socket.bind(("lo", _EVERYTHING))
        self._socket.settimeout(_POLL_SECONDS)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> int:
        """Stop when all has been read; how many packets were lost because they came too fast."""
        self._ended.set()
        self._thread.join()
        with self._socket:
            lost: int = struct.unpack("=II", self._socket.getsockopt(_PACKETS, _STATISTICS, 8))[1]
        return lost

    def _read(self) -> None:
        while True:
            try:
                packet, address = self._socket.recvfrom(512)
            except TimeoutError:
                if self._ended.is_set():
                    return
                continue
            if address[2] == _OUTGOING and (attempt := attempt_in(packet)):
                self.attempts[attempt] = None


@contextmanager
def _resolver() -> Iterator[None]:
    """Says of every name that it is this machine, so that who looks one up goes on to connect and is seen at that."""

    def serve() -> None:
        while True:
            message, asker = listening.recvfrom(512)
            with suppress(OSError, ValueError):
                listening.sendto(answer_here(message), asker)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("", DNS))
        threading.Thread(target=serve, daemon=True).start()
        yield


def supervise() -> None:
    """Do what the JSON on standard input says and write what was seen to the file descriptor that it names."""
    order = json.load(sys.stdin)
    with os.fdopen(order["report"], "w", encoding="utf-8") as report:
        try:
            enter_namespace(order["emptied"])
            interface = _Interface()
        except OSError as error:
            json.dump({"refused": str(error)}, report)
            return
        with _resolver():
            try:
                status = subprocess.run(  # noqa: S603
                    order["command"], env=order["environment"], stdin=subprocess.DEVNULL, check=False
                ).returncode
            except OSError as error:
                sys.stderr.write(f"{error}\n")
                status = _NOT_FOUND
            lost = interface.close()
        attempts = [asdict(attempt) for attempt in interface.attempts]
        json.dump({"status": status, "attempts": attempts, "lost": lost}, report)


if __name__ == "__main__":
    supervise()
