"""What many tests share: a tiny archive, an embedder that costs nothing, and no network beyond this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.offline import go_offline
from index.search import Index

go_offline()

# The same examples in every run, however slow the machine; `--hypothesis-profile=default` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

SHARED = Path(__file__).parent.parent.parent / "shared"


class OutsideConnectionError(AssertionError):
    """A test tried to reach another machine."""


def _inside(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Every connection and look-up of a name outside this machine fails the test that tries it."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        if not _inside(address):
            raise OutsideConnectionError(f"connection to {address}")
        connect(self, address)

    def guarded_look_up(host: object, *args: object, **kwargs: object) -> object:
        if not _inside((host.decode() if isinstance(host, bytes) else host or "", 0)):
            raise OutsideConnectionError(f"look-up of {host!r}")
        return look_up(host, *args, **kwargs)

    socket.socket.connect = guarded_connect
    socket.getaddrinfo = guarded_look_up
    yield
    socket.socket.connect = connect
    socket.getaddrinfo = look_up


@pytest.fixture(scope="session", autouse=True)
def _model_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One exported model for the whole run, of however many processes, unless the environment names a cache."""
    own = tmp_path_factory.getbasetemp()
    whole = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    os.environ.setdefault("DATELINE_CACHE", str(whole / "cache"))


ARCHIVE = (
    Document(
        "The harbour council closed the north pier on Monday. Engineers had found cracks in four pillars. "
        "Repairs will cost 3.2 million crowns and take until June.",
        title="North pier closed after cracks found", outlet="Tidewater Post", published=date(2025, 3, 4), key="pier",
    ),
    Document(
        "Fishing crews welcomed the new ice plant. It makes forty tonnes of ice a day.",
        title="Ice plant opens", outlet="Island Wire", published=date(2025, 3, 10), key="ice",
    ),
    Document(
        "Ferry tickets rise by eight per cent in April. The operator blames fuel prices.",
        title="Ferry fares to rise", outlet="Tidewater Post", published=date(2025, 3, 20), key="ferry",
        collection="transport",
    ),
    Document("Council to vote on pier repairs", title="Council to vote on pier repairs", kind="headline", key="vote"),
)  # fmt: skip


@pytest.fixture
def archive() -> tuple[Document, ...]:
    return ARCHIVE


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """The tiny archive behind the hashing embedder."""
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        made.add_documents(ARCHIVE)
        yield made


@pytest.fixture(scope="session")
def shared() -> Path:
    """Evaluation data beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the evaluation data is not beside this checkout")
    return SHARED


@pytest.fixture
def within_seconds() -> Iterator[None]:
    """Each case takes well under a second where this was written; what grows with the square would take minutes."""
    started = time.process_time()
    yield
    assert time.process_time() - started < 10
