"""Where `dateline serve` listens, what it prints of that, and what it answers to who speaks no HTTP."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from servers import serving

from index.documents import Document
from index.embedders import open_embedder
from index.search import Index
from ui.web.security import HEADERS


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive") / "index"
    with Index.create(folder, open_embedder("hashing")) as index:
        index.add_documents([Document("The harbour council closed the north pier on Monday.", title="Pier closed")])
    return folder


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(
            "127.0.0.2", marks=pytest.mark.skipif("sys.platform == 'darwin'", reason="macOS has no 127.0.0.2")
        ),
        pytest.param("[::1]", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback on this machine")),
    ],
)
def test_e7b_e7c_the_printed_address_can_be_opened_and_asked(archive: Path, host: str) -> None:
    with serving(archive, "--host", host) as server:
        parts = urlsplit(server.address)
        assert (parts.scheme, parts.netloc.rpartition(":")[0]) == ("http", host)
        page = httpx.get(server.address, follow_redirects=True)
        assert (page.status_code, "Dateline" in page.text) == (200, True)
        assert "server" not in page.headers
        origin = server.address.rstrip("/")
        body = {"question": "Who closed the pier?"}
        assert httpx.post(f"{origin}/v1/ask", json=body, headers={"origin": origin}).status_code == 200
        other = origin.replace("http:", "https:")
        assert httpx.post(f"{origin}/v1/ask", json=body, headers={"origin": other}).status_code == 403

        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            connection.sendall(b"this is no HTTP\r\n\r\n")
            reply = b"".join(iter(lambda: connection.recv(4096), b""))
        head, _, body_sent = reply.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        for name, value in HEADERS.items():
            assert f"{name}: {value}".encode() in head
        assert set(json.loads(body_sent)["error"]) == {"type", "message"}
