"""Packets are told apart by what they attempt, whatever their bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from ui.doctor.observation.packets import Attempt, answer_here, attempt_in, name_asked

SYN, ACK = 0x02, 0x10
QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"\4news\7example\0" + b"\0\1\0\1"


def version_4(protocol: int, body: bytes) -> bytes:
    return bytes([0x45]) + bytes(8) + bytes([protocol]) + bytes(6) + bytes([9, 9, 9, 9]) + body


def version_6(protocol: int, body: bytes) -> bytes:
    return bytes([0x60]) + bytes(5) + bytes([protocol]) + bytes(17) + bytes(15) + b"\1" + body


def segment(flags: int, port: int = 443) -> bytes:
    return struct.pack("!HH", 40_000, port) + bytes(9) + bytes([flags]) + bytes(6)


def datagram(port: int, content: bytes = b"", source: int = 40_000) -> bytes:
    return struct.pack("!HHHH", source, port, 8 + len(content), 0) + content


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (version_4(6, segment(SYN)), "connection to 9.9.9.9:443"),
        (version_6(6, segment(SYN)), "connection to [::1]:443"),
        (version_4(6, segment(SYN | ACK)), None),
        (version_4(6, segment(ACK)), None),
        (version_4(17, datagram(1900, b"x")), "datagram to 9.9.9.9:1900"),
        (version_6(17, datagram(53, QUERY)), "look-up of news.example"),
        (version_4(17, datagram(40_000, QUERY, source=53)), None),
        (version_4(1, bytes(8)), None),
    ],
)
def test_what_a_packet_attempts(packet: bytes, said: str | None) -> None:
    attempt = attempt_in(packet)
    assert (attempt and str(attempt)) == said


def test_the_answer_names_this_machine() -> None:
    answer = answer_here(QUERY)
    assert answer.startswith(b"\x12\x34\x81\x80\0\1\0\1")
    assert answer.endswith(bytes([127, 0, 0, 1]))
    assert name_asked(answer) == "news.example"
    other = answer_here(QUERY[:-4] + b"\0\x1c\0\1")  # an IPv6 address: there is none
    assert other[6:8] == b"\0\0"


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_passed_over(packet: bytes) -> None:
    assert isinstance(attempt_in(packet), Attempt | None)
