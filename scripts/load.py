"""Put the server under load and print what it does: `python scripts/load.py [--index FOLDER] [--users 1 10 50 200]`.

Starts `dateline serve` on this machine, lets so many users ask at once, by `POST /v1/ask` or as the page does, and
prints a table: how long the answers took, what they cost, and how long health, page and a static file took meanwhile.
Every number of users asks `--requests` questions in all and stops after `--seconds`; who is told that the server is
busy asks again after a second. With several `--dateline` (commands of other checkouts) the servers are measured in
turns, so that two states of the code are compared in one run; give an `--index` for all or one for each. Without one,
each makes its own of the sample. A setting in the environment reaches the server: `DATELINE_ANSWERS_WAITING=256` lets
200 users wait.

Times are those of the machine: take them where nothing else runs. Processor time and memory are read from /proc, and
not shown where there is none.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
QUESTIONS = ROOT / "eval" / "sample" / "benchmark" / "queries.jsonl"
HOST = "127.0.0.1"
PATIENCE = 120.0
"""Seconds after which a request counts as an error."""
PROBE_PAUSE = 0.1
BUSY_PAUSE = 1.0
"""Seconds until a user who was told that the server is busy asks again."""
BUSY = "questions wait for an answer"
"""What the page says in the place of an answer."""
COLUMNS = (
    "server", "users", "path", "n", "busy", "errors", "answers/s", "p50 s", "p95 s", "p99 s", "CPU ms/answer", "cores",
    "RSS MB", "healthz p50/p95/max ms", "page p95 ms", "static p95 ms",
)  # fmt: skip


@dataclass
class Outcome:
    """What the requests of some users came to: seconds of each answer, and how many got none."""

    answered: list[float] = field(default_factory=list)
    busy: int = 0
    errors: int = 0


@dataclass(frozen=True)
class Server:
    """A running server: its process, its port, and what the page's event for a question is called there."""

    process: subprocess.Popen[str]
    port: int
    event: dict[str, Any]

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        return self.send("GET", path)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of a request on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            headers = {"content-type": "application/json"} if body is not None else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ask(self, question: str) -> str:
        """Ask as a program does: "answered", "busy" or "error"."""
        status, _ = self.send("POST", "/v1/ask", {"question": question})
        return {200: "answered", 503: "busy"}.get(status, "error")

    def ask_on_page(self, question: str) -> str:
        """Ask as a reader's page does, which joins the queue and listens until its event is over."""
        session = uuid.uuid4().hex[:12]
        data = [question, *self.event["others"]]
        joined = {"data": data, "fn_index": self.event["id"], "session_hash": session, "trigger_id": None}
        status, _ = self.send("POST", "/ui/gradio_api/queue/join", joined)
        if status != 200:
            return "busy" if status == 503 else "error"
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        busy = False
        try:
            connection.request("GET", f"/ui/gradio_api/queue/data?session_hash={session}")
            for line in connection.getresponse():
                busy = busy or BUSY.encode() in line
                if b'"process_completed"' in line:
                    done = json.loads(line.removeprefix(b"data: "))
                    return "error" if not done["success"] else "busy" if busy else "answered"
        finally:
            connection.close()
        return "error"

    def processor_seconds(self) -> float:
        """User and system time of the process so far; NaN where it cannot be known."""
        with suppress(OSError):
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return float("nan")

    def memory(self) -> float:
        """Resident megabytes of the process; NaN where they cannot be known."""
        with suppress(OSError):
            return (
                int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
            )
        return float("nan")


@contextmanager
def serving(command: str, index: Path) -> Iterator[Server]:
    """`dateline serve` on a free port, until the block ends."""
    words = [command, "serve", "--index", str(index), "--port", "0", "--no-feedback"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        said: list[str] = []
        lines = process.stderr or ()
        for line in lines:
            said.append(line)
            if found := re.search(r"http://\S+:(\d+)/", line):
                break
        else:
            sys.exit(f"{' '.join(words)} did not start: {''.join(said)}")
        threading.Thread(target=list, args=(lines,), daemon=True).start()
        bare = Server(process, int(found[1]), {})
        while True:
            with suppress(OSError):
                if bare.get("/healthz")[0] == 200:
                    break
            time.sleep(0.05)
        yield Server(process, bare.port, page_event(json.loads(bare.get("/ui/config")[1])))
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def page_event(config: dict[str, Any]) -> dict[str, Any]:
    """The number of the event that the Ask button sets off, and what the page sends with the question."""
    parts = {part["id"]: part for part in config["components"]}
    (button,) = (id for id, part in parts.items() if part["props"].get("elem_id") == "ask")
    event = next(event for event in config["dependencies"] if [button, "click"] in map(list, event["targets"]))
    others = [parts[id] for id in event["inputs"][1:]]
    # A page that keeps its conversation tells it as JSON: this question is its first.
    return {
        "id": event["id"],
        "others": [{"number": 1} if part["type"] == "json" else part["props"].get("value") for part in others],
    }


def ask_all(ask: Callable[[str], str], questions: Sequence[str], users: int, requests: int, seconds: float) -> Outcome:
    """So many users ask one question after the other, until all are asked or the time is over."""
    outcome, numbers, end = Outcome(), itertools.count(), time.monotonic() + seconds
    lock = threading.Lock()

    def user() -> None:
        while (number := next(numbers)) < requests:
            became = "busy"
            while became == "busy" and time.monotonic() < end:
                started = time.monotonic()
                try:
                    became = ask(questions[number % len(questions)])
                except (OSError, http.client.HTTPException):
                    became = "error"
                with lock:
                    if became == "answered":
                        outcome.answered.append(time.monotonic() - started)
                    outcome.busy += became == "busy"
                    outcome.errors += became == "error"
                time.sleep(BUSY_PAUSE if became == "busy" else 0)

    threads = [threading.Thread(target=user) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@contextmanager
def probing(server: Server, paths: Sequence[str]) -> Iterator[dict[str, list[float]]]:
    """Ask for the paths in turn until the block ends; milliseconds by path, infinite where it failed."""
    taken: dict[str, list[float]] = {path: [] for path in paths}
    over = threading.Event()

    def probe() -> None:
        for path in itertools.cycle(paths):
            started = time.monotonic()
            try:
                good = server.get(path)[0] == 200
            except (OSError, http.client.HTTPException):
                good = False
            taken[path].append((time.monotonic() - started) * 1000 if good else float("inf"))
            if over.wait(PROBE_PAUSE):
                return

    prober = threading.Thread(target=probe)
    prober.start()
    try:
        yield taken
    finally:
        over.set()
        prober.join()


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that so large a share does not exceed; NaN of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


def measured(server: Server, name: str, path: str, users: int, arguments: argparse.Namespace) -> str:
    """A row of the table."""
    ask = server.ask if path == "ask" else server.ask_on_page
    probes = ("/healthz", "/ui/", "/favicon.ico")
    processor, memory, started = server.processor_seconds(), server.memory(), time.monotonic()
    with probing(server, probes) as taken:
        outcome = ask_all(ask, arguments.asked, users, arguments.requests, arguments.seconds)
    seconds, spent = time.monotonic() - started, server.processor_seconds() - processor
    health, page, static = (taken[probe] for probe in probes)
    count = len(outcome.answered)
    p50, p95, p99 = (f"{quantile(outcome.answered, share):.2f}" for share in (0.5, 0.95, 0.99))
    cells = (
        name, users, {"ask": "/v1/ask", "page": "page"}[path], count + outcome.busy + outcome.errors, outcome.busy,
        outcome.errors, f"{count / seconds:.1f}", p50, p95, p99, f"{1000 * spent / max(1, count):.0f}",
        f"{spent / seconds:.2f}", f"{memory:.0f} → {server.memory():.0f}",
        f"{statistics.median(health):.0f} / {quantile(health, 0.95):.0f} / {max(health):.0f}",
        f"{quantile(page, 0.95):.0f}", f"{quantile(static, 0.95):.0f}",
    )  # fmt: skip
    return row(*map(str, cells))


def row(*cells: str) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure every server with every number of users."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dateline", action="append", help="a command to serve with; default: that of this Python")
    parser.add_argument("--index", action="append", type=Path, help="folder of an index; default: one of the sample")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="JSON lines with `text`")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 10, 50, 200])
    parser.add_argument("--paths", nargs="+", choices=["ask", "page"], default=["ask", "page"])
    parser.add_argument("--requests", type=int, default=200, help="questions for each row")
    parser.add_argument("--seconds", type=float, default=60, help="the longest that questions are asked for a row")
    arguments = parser.parse_args()
    lines = arguments.questions.read_text("utf-8").splitlines()
    arguments.asked = [json.loads(line)["text"] for line in lines if line.strip()]
    commands = arguments.dateline or [str(Path(sys.executable).with_name("dateline"))]
    with tempfile.TemporaryDirectory() as folder:
        indexes = arguments.index or [Path(folder) / str(number) for number in range(len(commands))]
        if len(indexes) == 1:
            indexes *= len(commands)
        if len(indexes) != len(commands):
            parser.error("give one --index for all, or one for each --dateline")
        if not arguments.index:
            for command, index in zip(commands, indexes, strict=True):
                subprocess.run([command, "index", "add", "--sample", "--index", index], check=True, capture_output=True)
        print(row(*COLUMNS), row(*["---"] * len(COLUMNS)), sep="\n", flush=True)
        for path, users in itertools.product(arguments.paths, arguments.users):
            for number, (command, index) in enumerate(zip(commands, indexes, strict=True), start=1):
                with serving(command, index) as server:
                    server.ask(arguments.asked[0])  # what is loaded by the first question only
                    print(measured(server, str(number), path, users, arguments), flush=True)


if __name__ == "__main__":
    main()
