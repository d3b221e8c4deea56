"""A real server with more questions than it can answer: it says so in time, and everything else goes on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ARCHIVE

from index.embedders import open_embedder
from index.search import Index

DATELINE = [sys.executable, "-c", "from ui.cli import app; app()"]
QUESTION = "How much will the repairs of the north pier cost, and who pays for them?"


@dataclass(frozen=True)
class Server:
    """A `dateline serve` process and its port."""

    process: subprocess.Popen[str]
    port: int

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def get(self, path: str) -> tuple[int, float]:
        """Status, and the seconds that it took."""
        started = time.perf_counter()
        status, _, _ = await self.exchange(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return status, time.perf_counter() - started

    async def exchange(self, request: str) -> tuple[int, dict[str, str], bytes]:
        reader, writer = await self.connect()
        try:
            writer.write(request.encode())
            return await response(reader)
        finally:
            writer.close()


async def response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, of a body whose length is stated or whose connection ends with it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await (reader.readexactly(int(headers["content-length"])) if "content-length" in headers else reader.read())
    return int(head[0].split()[1]), headers, body


def asking(question: str = QUESTION) -> str:
    body = json.dumps({"question": question})
    return (
        f"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n{body}"
    )


@contextmanager
def serving(index: Path, **settings: Any) -> Iterator[Server]:
    environment = {**os.environ, **{f"DATELINE_{name.upper()}": str(value) for name, value in settings.items()}}
    words = [*DATELINE, "serve", "--index", str(index), "--port", "0", "--no-feedback"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr
        found = next(filter(None, (re.search(r"http://\S+:(\d+)/", line) for line in process.stderr)))
        yield Server(process, int(found[1]))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("busy") / "index"
    with Index.create(folder, open_embedder()) as made:
        made.add_documents(ARCHIVE)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _files() -> Iterator[None]:
    """Two hundred connections are more than some systems let a process open unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 1024)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def upper(seconds: list[float]) -> float:
    """The 95th percentile."""
    return sorted(seconds)[int(0.95 * len(seconds))]


async def probed(server: Server, rounds: int) -> Mapping[str, list[float]]:
    """How long health, the page and a static file took, asked for one after the other."""
    taken: dict[str, list[float]] = {"/healthz": [], "/ui/": [], "/favicon.ico": []}
    for _ in range(rounds):
        for path, seconds in taken.items():
            status, spent = await server.get(path)
            assert status == 200
            seconds.append(spent)
            await asyncio.sleep(0.01)
    return taken


async def test_e6_two_hundred_wait_the_next_are_refused_and_everything_else_is_quick(index: Path) -> None:
    with serving(index, answers_waiting=200, passages_when_busy=1, seconds_to_send=4) as server:
        slow, writer = await server.connect()
        writer.write(b"POST /v1/ask HTTP/1.1\r\nhost: local")
        status, _, body = await server.exchange(asking())
        assert (status, json.loads(body)["passages_unread"]) == (200, 0)
        idle = await probed(server, 20)

        async def ask() -> tuple[int, dict[str, str], bytes]:
            return await server.exchange(asking())

        crowd = [asyncio.create_task(ask()) for _ in range(240)]
        async with asyncio.timeout(60):
            while sum(task.done() for task in crowd) < 20:
                await asyncio.sleep(0.05)
        busy = await probed(server, 40)
        answers = [task.result() for task in crowd if task.done()]
        refused = [(headers, json.loads(body)) for status, headers, body in answers if status == 503]
        assert 20 <= len(refused) <= 40
        for headers, body in refused:
            assert body["error"]["type"] == "ServerBusy"
            assert 1 <= int(headers["retry-after"]) <= 600
            assert f"ask again in {headers['retry-after']} second" in body["error"]["message"]
        given = [json.loads(body) for status, _, body in answers if status == 200]
        assert len(refused) + len(given) == len(answers) < 240
        # Under pressure less is read, and each answer says so.
        assert [answer for answer in given if answer["passages_unread"]][-1:]
        for path, seconds in busy.items():
            assert upper(seconds) <= 0.1 + 3 * upper(idle[path]), path

        # E4b: they leave; what waited is dropped, and what was being computed stops.
        for task in crowd:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*crowd, return_exceptions=True)
        if sys.platform == "linux":
            before = server.processor_seconds()
            await asyncio.sleep(1)
            assert server.processor_seconds() - before < 0.5
        status, _, body = await server.exchange(asking())
        assert (status, json.loads(body)["passages_unread"]) == (200, 0)
        assert (await response(slow))[0] == 408
        writer.close()
