"""Without anything that only Linux has: an archive is made, asked, served and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.request import Request, urlopen

import not_linux
import pytest
from servers import serving

QUESTION = "Who sits opposite He Lifeng in Kuala Lumpur?"
COMMAND = [sys.executable, "-c", "from ui.cli import app; app()"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables under which Python starts on such a system."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "sitecustomize.py").write_text(Path(not_linux.__file__).read_text("utf-8"), "utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


@pytest.fixture(scope="module")
def archive(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("archive") / "index"
    assert "added 54 documents" in run(environment, *COMMAND, "index", "add", "--sample", "--index", str(index))
    return index


def run(environment: Mapping[str, str], *command: str) -> str:
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_system_is_simulated(environment: Mapping[str, str]) -> None:
    """Nothing below would prove anything otherwise."""
    program = "import os, select, sys; print(sys.platform, hasattr(os, 'sched_getaffinity'), hasattr(select, 'epoll'))"
    assert run(environment, sys.executable, "-c", program).split() == ["darwin", "False", "False"]
    program = "from pathlib import Path; print(Path('/proc/self/status').exists() and Path('/proc/self/status').open())"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert result.returncode == 0 if not Path("/proc").exists() else "FileNotFoundError" in result.stderr


def test_an_archive_is_made_and_asked(environment: Mapping[str, str], archive: Path) -> None:
    assert "Scott Bessent" in run(environment, *COMMAND, "ask", QUESTION, "--index", str(archive))
    assert "all is well" in run(environment, *COMMAND, "index", "check", "--index", str(archive))


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_an_archive_is_served_and_the_server_stops(
    environment: Mapping[str, str], archive: Path, stop: signal.Signals, status: int
) -> None:
    with serving(archive, settings=environment) as server:
        with urlopen(f"{server.address}ui/", timeout=30) as page:
            assert b"Dateline" in page.read()
        body = json.dumps({"question": QUESTION}).encode()
        request = Request(f"{server.address}v1/ask", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as reply:
            assert json.load(reply)["short_answer"] == "Scott Bessent"
        server.process.send_signal(stop)
        assert server.process.wait(20) == status
