"""The guarded fetcher: what it refuses before a socket is opened, at a redirect, and while bytes come."""

from __future__ import annotations

import gzip
import ipaddress
import time
import zlib
from dataclasses import replace

import pytest
from hypothesis import example, given, strategies as st
from web import SMALL, drip, reply, web

from index.errors import FetchError
from index.fetching.address import Address, is_address, parse_address
from index.fetching.fetcher import Fetcher
from index.fetching.guard import checked_addresses, is_public
from index.fetching.limits import FetchLimits
from index.fetching.network import Network, connect, resolve_host

PAGE = b"<!DOCTYPE html><html><body><article><p>The pier is closed until June.</p></article></body></html>"

PRIVATE = [
    "169.254.169.254", "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "192.0.0.1", "192.88.99.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1",
]  # fmt: skip
TRICKS = [
    "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/", "http://017700000001/", "http://127.1/",
    "http://0177.0.0.1/", "http://127.0.0.1./", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://localhost/",
    "http://localhost./", "http://LOCALHOST:80/", "http://a.localhost/", "http://printer.local/", "http://intranet/",
    "http://user@news.example/", "http://user:word@127.0.0.1/", "http://news.example@127.0.0.1/",
    "http://127.0.0.1\\@news.example/", "http:\\\\127.0.0.1/", "http://news.example\\.evil.example/",
    "http://news.example /", "http://news.example\t/", "http://news.exa\nmple/", "http://[::1%25lo]/", "http://[::1%lo]/",
    "http://[127.0.0.1]/", "http://[::1/", "http://[::1]x:80/", "http://news..example/", "http://-news.example/",
    "http://news.example:0/", "http://news.example:99999/", "http://news.example:8x/", "http://%31%32%37.0.0.1/",
    "http:///etc/passwd", "http://", "http:/news.example/", "http:news.example", "//news.example/", "news.example",
    "file:///etc/passwd", "gopher://news.example/", "ftp://news.example/", "javascript:alert(1)", "data:text/html,x",
    "",
]  # fmt: skip


def never(*_: object) -> None:
    raise AssertionError("the network was touched")


SEALED = Fetcher(Network(resolve=never, connect=never, secure=never))  # type: ignore[arg-type]


def literal(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


@pytest.mark.parametrize("url", [*map(literal, PRIVATE), *TRICKS])
def test_b1_private_addresses_are_refused_without_a_socket(url: str) -> None:
    with pytest.raises(FetchError, match=r"is not fetched .*: give an http or https address of a host on the public"):
        SEALED(url)


@pytest.mark.parametrize("address", PRIVATE)
def test_b1_a_name_of_a_private_address_is_refused_without_a_connection(address: str) -> None:
    with web() as net:
        net.names["news.example"] = [[address]]
        with pytest.raises(FetchError, match="is no public address"):
            net.fetcher()("https://news.example/")
    assert net.looked_up == ["news.example"]
    assert net.connected == []


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "8.8.8.8", "2606:4700::1111", "::ffff:9.9.9.9", "64:ff9b::909:909", "100.63.0.1"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


hosts = st.one_of(
    st.sampled_from(PRIVATE).map(lambda address: literal(address)[7:-1]),
    st.integers(0, 2**32).map(str),
    st.integers(0, 2**32).map(hex),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.text("0123456789.x[]:abcdef%@\\/#?", max_size=30),
    st.text(max_size=12),
)
beginnings = st.sampled_from(["http://", "https://", "HTTP://u@", "//"])
endings = st.sampled_from(["", ".", ":80", "@9.9.9.9", "#@9.9.9.9", "/", "/a?b"])
urls = st.one_of(st.builds("{}{}{}".format, beginnings, hosts, endings), st.text(max_size=40))


@given(urls, st.lists(st.ip_addresses().map(str), max_size=4))
@example("http://[::ffff:7f00:1]/", [])
@example("http://news.example/", ["9.9.9.9", "10.0.0.1"])
def test_the_guard_never_yields_an_address_that_is_not_public(url: str, answers: list[str]) -> None:
    try:
        address = parse_address(url)
        found = checked_addresses(address, lambda host, port, seconds: answers, 1.0)
    except FetchError:
        return
    assert found
    for text in found:
        ip = ipaddress.ip_address(text)
        inner = getattr(ip, "ipv4_mapped", None) or ip
        assert inner.is_global
        assert not any([inner.is_private, inner.is_loopback, inner.is_link_local, inner.is_multicast])
        assert not any([getattr(inner, "sixtofour", None), getattr(inner, "teredo", None)])


@given(urls)
def test_an_address_that_is_taken_reads_the_same_again(url: str) -> None:
    try:
        address = parse_address(url)
    except FetchError:
        return
    assert parse_address(str(address)) == address
    assert str(address).isascii()


@pytest.mark.parametrize("secret", ["p@ssword", "pa/ss", "p:a@b/c"])
def test_a_refusal_does_not_repeat_any_part_of_a_password(secret: str) -> None:
    with pytest.raises(FetchError) as refusal:
        parse_address(f"https://user:{secret}@news.example/a")
    assert str(refusal.value).startswith("https://***@news.example/a ")


def test_a_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(FetchError, match=r"^https://\*\*\*@news\.example/a is not fetched \(it has a name or password"):
        parse_address("https://jane:secret@news.example/a")


def test_what_is_taken_for_an_address() -> None:
    assert is_address("HTTPS://news.example")
    assert not any(map(is_address, ["news.example", "ftp://news.example", "./http://x", " http://news.example"]))
    assert parse_address("HTTP://News.Example:80?q=ä b".replace(" ", "%20")) == Address(
        "http", "news.example", 80, "/?q=%C3%A4%20b"
    )
    assert str(parse_address("https://müller.example:444/a#b")) == "https://xn--mller-kva.example:444/a"


# Redirects


def redirect(where: str, status: str = "302 Found") -> bytes:
    return reply(b"Elsewhere.", f"Location: {where}", status=status)


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.1/", "http://[::1]/", "//169.254.169.254/latest", "http://inside.example/", "file:///etc/passwd",
        "gopher://news.example/", "http://user@news.example/", "http://0x7f.1/", "http:\\\\127.0.0.1",
    ],
)  # fmt: skip
def test_b2_redirects_inwards_or_to_other_schemes_are_refused_at_the_hop(where: str) -> None:
    with web(news=redirect("/second"), other=redirect(where)) as net:
        net.sites["news.example"].answer = lambda target: redirect("http://other.example/")
        net.names["inside.example"] = [["192.168.0.7"]]
        with pytest.raises(FetchError, match="is not fetched"):
            net.fetcher()("http://news.example/")
        assert net.connected == ["9.9.9.1", "9.9.9.2"]


def test_b2_eleven_hops_are_too_many_and_five_are_not() -> None:
    def hop(target: str) -> bytes:
        number = int(target.strip("/"))
        return redirect(f"/{number - 1}") if number else reply(PAGE)

    with web(news=hop) as net:
        assert str(net.fetcher()("http://news.example/5").address) == "http://news.example/0"
        with pytest.raises(FetchError, match=r"max_redirects \(5\)"):
            net.fetcher()("http://news.example/11")
        assert len(net.connected) == 12


def test_b2_a_redirect_to_nowhere() -> None:
    with web(news=reply(status="301 Moved")) as net, pytest.raises(FetchError, match="redirects to nowhere"):
        net.fetcher()("http://news.example/")


# Resolution


def test_b3_a_name_is_resolved_once_and_the_checked_address_connected_to() -> None:
    with web(news=reply(PAGE, status="503 Busy")) as net:
        net.names["turning.example"] = [["9.9.9.1"], ["127.0.0.1"]]
        with pytest.raises(FetchError, match="answered 503"):
            net.fetcher()("http://turning.example/")
        # Three attempts, one look-up; the server was asked for the name, at the address that was checked.
        assert net.looked_up == ["turning.example"]
        assert net.connected == ["9.9.9.1"] * 3
        assert "Host: turning.example\r\n" in net.sites["news.example"].requests[0]


@pytest.mark.parametrize("answers", [["9.9.9.1", "10.0.0.1"], ["127.0.0.1", "9.9.9.1"], ["9.9.9.1", "not an address"]])
def test_b3_one_private_address_among_several_is_refused(answers: list[str]) -> None:
    with web(news=reply(PAGE)) as net:
        net.names["mixed.example"] = [answers]
        with pytest.raises(FetchError, match="is no public address"):
            net.fetcher()("http://mixed.example/")
        assert net.connected == []


def test_a_name_without_an_address() -> None:
    with web() as net:
        net.names["empty.example"] = [[]]
        with pytest.raises(FetchError, match=r"empty\.example has no address"):
            net.fetcher()("http://empty.example/")


def test_the_systems_resolver_and_connection() -> None:
    assert "127.0.0.1" in resolve_host("127.0.0.1", 80, 5.0)
    with pytest.raises(OSError, match=r".+"):
        connect("127.0.0.1", 1, 1.0)


# Sizes and times


def packed(size: int) -> bytes:
    return gzip.compress(bytes(size))


BOMBS = {
    "announced": (b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", "max_wire_bytes"),
    "plain": (reply(b"x" * 250_000), "max_wire_bytes"),
    "gzip": (reply(packed(50_000_000), "Content-Encoding: gzip"), "max_body_bytes"),
    "gzip members": (reply(packed(90_000) * 5, "Content-Encoding: gzip"), "max_body_bytes"),
    "deflate": (reply(zlib.compress(bytes(50_000_000)), "Content-Encoding: deflate"), "max_body_bytes"),
    "br": (reply(b"\x1b\xff\xff\xff", "Content-Encoding: br"), "'br', which was not asked for"),
    "gzip twice": (reply(gzip.compress(packed(10)), "Content-Encoding: gzip, gzip"), "which was not asked for"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", "max_header_bytes|header line"),
    "many headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", "max_header_bytes|100 headers"),
    "no status": (b"x" * 100_000, "max_header_bytes|status line"),
    "continued": (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, "max_header_bytes"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 40_000, "max_wire_bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_b4_what_is_too_large_is_cut_at_the_caps(name: str) -> None:
    answer, reason = BOMBS[name]
    with web(news=answer) as net, pytest.raises(FetchError, match=reason):
        net.fetcher()("http://news.example/")


def test_b4_headers_that_never_end() -> None:
    started = time.monotonic()
    endless = lambda target: drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 60, 0.001)  # noqa: E731
    with web(news=endless) as net, pytest.raises(FetchError, match=r"max_header_bytes|100 headers"):
        net.fetcher()("http://news.example/")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("pause", [0.05, 60.0])
def test_b4_a_trickle_is_cut(head: bytes, pause: float) -> None:
    started = time.monotonic()
    with web(news=lambda target: drip(head, b"x", pause)) as net, pytest.raises(FetchError, match="bytes_per_second"):
        net.fetcher()("http://news.example/")
    assert time.monotonic() - started < 4


def test_b4_the_total_time_is_limited() -> None:
    limits = replace(SMALL, max_seconds=0.6)
    started = time.monotonic()
    steady = lambda target: drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100, 0.01)  # noqa: E731
    with web(news=steady) as net, pytest.raises(FetchError, match=r"max_seconds \(0\.6\)"):
        net.fetcher(limits)("http://news.example/")
    assert time.monotonic() - started < 3


PARTIAL = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + PAGE,
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % (len(PAGE) + 9) + PAGE,
    "last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(PAGE) + PAGE + b"\r\n",
    "gzip": reply(gzip.compress(PAGE * 9)[:-20], "Content-Encoding: gzip"),
    "gzip end": reply(gzip.compress(PAGE * 9)[:-1], "Content-Encoding: gzip"),
    "headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", PARTIAL)
def test_b4_partial_content_is_never_returned(name: str) -> None:
    with web(news=PARTIAL[name]) as net, pytest.raises(FetchError, match=r"too soon|ends within|cannot be fetched"):
        net.fetcher()("http://news.example/")


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    "answer",
    [
        reply(PAGE),
        reply(gzip.compress(PAGE), "Content-Encoding: gzip"),
        reply(gzip.compress(PAGE[:40]) + gzip.compress(PAGE[40:]), "Content-Encoding: x-gzip"),
        reply(zlib.compress(PAGE), "Content-Encoding: deflate"),
        reply(raw_deflate(PAGE), "Content-Encoding: deflate"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE),
        b"HTTP/1.0 200 OK\r\n\r\n" + PAGE,
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(PAGE),
    ],
)
def test_a_whole_body_is_given_as_it_was(answer: bytes) -> None:
    with web(news=answer) as net:
        assert net.fetcher()("http://news.example/").data == PAGE


@given(st.binary(max_size=2_000), st.integers(1, 6))
def test_packing_loses_nothing(data: bytes, members: int) -> None:
    from index.fetching.decoding import Unpacker

    sent = b"".join(gzip.compress(data) for _ in range(members))
    unpacker = Unpacker("gzip", "here", FetchLimits())
    for start in range(0, len(sent), 7):
        unpacker.feed(sent[start : start + 7])
    assert unpacker.finished() == data * members


# Answers


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("404 Not Found", "404 Not Found (there is no such page)"),
        ("401 Unauthorized", "it asks for a password"),
        ("410 Gone", "the page is gone"),
        ("206 Partial Content", "206 Partial Content (no page came)"),
        ("204 No Content", "no page came"),
    ],
)
def test_b5_a_status_is_named_and_not_asked_for_again(status: str, why: str) -> None:
    with web(news=reply(PAGE, status=status)) as net:
        with pytest.raises(FetchError) as caught:
            net.fetcher()("http://news.example/")
        assert why in str(caught.value)
        assert len(net.connected) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Internal Server Error", "503 Unavailable"])
def test_b5_a_busy_server_is_asked_again_and_not_for_ever(status: str) -> None:
    with web(news=reply(status=status)) as net:
        with pytest.raises(FetchError, match=f"answered {status[:3]}"):
            net.fetcher()("http://news.example/")
        assert (len(net.connected), net.waits) == (3, [0.5, 1.0])


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("2", [2.0]),
        ("0", [0.0]),
        ("3600", []),
        ("9" * 400, []),
        ("Fri, 01 Jan 2100 00:00:00 GMT", []),
        ("Fri, 01 Jan 2010 00:00:00 GMT", [0.0]),
        ("soon", [0.5]),
    ],
)
def test_b5_retry_after_is_kept_up_to_a_few_seconds(asked: str, waits: list[float]) -> None:
    answers = iter([reply(b"", f"Retry-After: {asked}", status="503 Busy"), reply(PAGE)])
    with web(news=lambda target: next(answers)) as net:
        if waits:
            assert net.fetcher()("http://news.example/").data == PAGE
        else:
            with pytest.raises(FetchError, match="answered 503"):
                net.fetcher()("http://news.example/")
        assert net.waits == waits


@pytest.mark.parametrize(
    "kind", ["image/png", "video/mp4", "application/zip", "application/octet-stream", "multipart/x"]
)
def test_b5_a_wrong_content_type_is_named(kind: str) -> None:
    with web(news=reply(PAGE, kind=kind)) as net, pytest.raises(FetchError, match=f"of the type '{kind}'"):
        net.fetcher()("http://news.example/")


def test_b5_no_connection_is_named() -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    fetcher = Fetcher(Network(resolve=lambda *_: ["9.9.9.9", "9.9.9.8"], connect=refuse))  # type: ignore[arg-type]
    with pytest.raises(FetchError, match=r"no connection \(\[Errno 111\] Connection refused\)"):
        fetcher("https://news.example/")
