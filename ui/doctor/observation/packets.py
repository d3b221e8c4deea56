"""What a packet says of the program that sent it: a connection begun, or a datagram, and to whom."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

DNS = 53
_TCP, _UDP = 6, 17
_HEADER_V6 = 40
_DNS_HEADER = 12


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something sent to an address; of a look-up also the name that was looked up."""

    protocol: str
    """TCP or UDP."""
    address: str
    port: int
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return f"look-up of {self.name}"
        what = "connection" if self.protocol == "TCP" else "datagram"
        return f"{what} to {f'[{self.address}]' if ':' in self.address else self.address}:{self.port}"


def attempt_in(packet: bytes) -> Attempt | None:
    """What an IP packet attempts; None for one that goes on with a connection or answers a look-up."""
    try:
        if packet[0] >> 4 == 4:
            protocol, target, body = packet[9], packet[16:20], packet[(packet[0] & 15) * 4 :]
        else:
            protocol, target, body = packet[6], packet[24:40], packet[_HEADER_V6:]
        address = str(ipaddress.ip_address(target))
        source, port = struct.unpack_from("!HH", body)
        if protocol == _TCP:
            begins = body[13] & 0x12 == 0x02  # SYN without ACK
            return Attempt("TCP", address, port) if begins else None
    except (IndexError, ValueError, struct.error):
        return None
    if protocol != _UDP or source == DNS:
        return None
    return Attempt("UDP", address, port, name_asked(body[8:]) if port == DNS else "")


def name_asked(message: bytes) -> str:
    """The name in the first question of a DNS message, or as much of it as there is."""
    labels, at = [], _DNS_HEADER
    while at < len(message) and (length := message[at]):
        labels.append(message[at + 1 : at + 1 + length].decode("ascii", "backslashreplace"))
        at += 1 + length
    return ".".join(labels)


def answer_here(message: bytes) -> bytes:
    """The answer to a DNS message: 127.0.0.1 for a name's IPv4 address, nothing for whatever else is asked."""
    end = message.index(b"\0", _DNS_HEADER) + 5
    kind = message[end - 4 : end - 2]
    found = kind == b"\0\1"
    head = message[:2] + struct.pack("!HHHHH", 0x8180, 1, int(found), 0, 0)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1" if found else b""
    return head + message[_DNS_HEADER:end] + record
