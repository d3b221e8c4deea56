"""What a user does first, from the installation that runs this: add, ask, search, serve, and the same in Python.

    python scripts/smoke.py

Ends with 0 where all of it works; the first step that does not is named. Takes about half a minute.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

QUESTION = "Who sits opposite He Lifeng in Kuala Lumpur?"
DATELINE = [sys.executable, "-m", "ui.cli"]


def run(*arguments: str, expected: int = 0) -> str:
    """What a command prints; raises SystemExit where it ends with another code than `expected`."""
    done = subprocess.run([*DATELINE, *arguments], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != expected:
        raise SystemExit(f"dateline {' '.join(arguments)}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"works: dateline {' '.join(arguments[:2])}", flush=True)
    return done.stdout


def require(holds: bool, what: str) -> None:
    """Raises SystemExit where something does not hold."""
    if not holds:
        raise SystemExit(f"does not work: {what}")
    print(f"works: {what}", flush=True)


def served(index: str) -> None:
    """Ask a server over HTTP and stop it."""
    command = [*DATELINE, "serve", "--port", "0", "--index", index]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        found = (re.search(r"Dateline is at (http\S+)/", line) for line in process.stderr)
        address = next(filter(None, found))[1]
        request = urllib.request.Request(  # noqa: S310  the address is our own server's
            f"{address}/v1/ask", json.dumps({"question": QUESTION}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            require(json.load(reply)["answered"], "dateline serve")
        process.terminate()


def main() -> None:
    """Take the steps one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        run("index", "add", "--sample", "--index", index)
        answer = json.loads(run("ask", QUESTION, "--json", "--index", index))
        require(answer["answered"] and bool(answer["sources"]), "an answer with its source")
        run("ask", "What is the capital of Peru?", "--index", index, expected=3)
        run("search", "rare earths", "--index", index)
        run("index", "check", "--index", index)
        served(index)
        code = f"import dateline; print(dateline.open({index!r}).ask({QUESTION!r}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
        require("[1]" in done.stdout, f"import dateline {done.stderr}")


if __name__ == "__main__":
    main()
