"""What a user does with Dateline from the first day on; run as a program, it prints as JSON what that left behind.

The command has a home folder of its own, the browser another one. The arguments are the folders for temporary files,
which nobody else uses meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from files import html, story, suffix_of
from playwright.sync_api import sync_playwright
from test_browser import ARGUMENTS, CHROMIUM, ask

from index.loaders import LOADERS
from index.offline import OFFLINE, TELEMETRY_OFF

ROOT = Path(__file__).parents[2]
QUESTION = "Who sits opposite He Lifeng in Kuala Lumpur?"
TRACKED = '<img src="http://tracker.example/1.gif"><iframe src="http://frame.example/"></iframe>'
SERVED_SECONDS = 15.0
"""How long the server is ready at least: ONNX Runtime's telemetry first sends 9 seconds after it was loaded."""


class User:
    """Somebody with an empty home folder, who runs the command."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.desk = home / "desk"
        self.desk.mkdir(parents=True)
        # This program imports packages of Dateline, which switches telemetry off: the command has to do so by itself.
        ours = {name for name in os.environ if name.startswith(("XDG_", "DATELINE_"))} | {*TELEMETRY_OFF, *OFFLINE}
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        self._environment = {**kept, "HOME": str(home)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ui.cli", *arguments],
            cwd=self.desk,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def done(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}: {output}{errors}")
    return output


def address_in(stream: IO[str]) -> str:
    for line in stream:
        if "http://" in line:
            return line[line.index("http://") :].split()[0]
    raise RuntimeError("the server ended before it named its address")


def visit(address: str) -> list[str]:
    """Ask on the page and follow a citation; the addresses other than the page's own that the browser was sent to."""
    foreign: list[str] = []
    # Names are not looked up, so that the browser's own wishes are not taken for those of the page.
    apart = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-features=MediaRouter"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *apart])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.on("request", lambda r: r.url.startswith((address, "data:", "blob:")) or foreign.append(r.url))
        page.goto(address)
        page.get_by_label("Your question").wait_for()
        ask(page, QUESTION)
        page.locator("#mark-1-1").click()
        browser.close()
    return foreign


def written(folders: Sequence[Path], since: float) -> Iterator[Path]:
    """Files made or altered after a moment; what Python compiles does not count."""
    for folder in folders:
        for place, _, names in os.walk(folder):
            if not place.endswith("__pycache__"):
                yield from (path for name in names if (path := Path(place, name)).lstat().st_ctime >= since)


def travel(own: Path, temporary: Sequence[Path]) -> Mapping[str, object]:
    started = time.time()
    user = User(own / "home")
    (user.desk / "news").mkdir()
    for name in LOADERS:
        (user.desk / "news" / f"story{suffix_of(name)}").write_bytes(story(name))
    (user.desk / "news" / "tracked.html").write_bytes(html(body=TRACKED))

    done(user.start("index", "add", "--sample", "news"))
    server = user.start("serve", "--port", "0")
    try:
        assert server.stderr
        address = address_in(server.stderr)
        ready = time.monotonic()
        others = [user.start("ask", QUESTION), user.start("eval", "run", "sample", "--limit", "3")]
        foreign = visit(address)
        for other in others:
            done(other)
        time.sleep(max(0.0, ready + SERVED_SECONDS - time.monotonic()))
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)

    installed = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    installed |= {Path(path) for path in sys.path if path.endswith("site-packages")}
    packages = [ROOT / name for name in ("index", "rag", "eval", "ui", "dateline")]
    strays = [path for path in written(temporary, 0) if own not in path.parents]
    return {
        "port": int(address.rpartition(":")[2].strip("/")),
        "foreign": foreign,
        "home": sorted(str(path.relative_to(user.home)) for path in written([user.home], 0)),
        "elsewhere": sorted(map(str, [*strays, *written([*installed, *packages], started)])),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="journey-") as own:
        os.environ["HOME"] = str(Path(own, "browser"))
        json.dump(travel(Path(own), [Path(folder) for folder in sys.argv[1:]]), sys.stdout)
