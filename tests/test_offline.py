"""Telemetry of libraries is off before they are imported, for the command and for whoever imports a package."""

from __future__ import annotations

import json
import mmap
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUPPRESSED_IN = ("CI", "TF_BUILD", "GITHUB_ACTIONS")
"""Where one of these is set ONNX Runtime is silent by itself, and a test would see nothing."""


def run_at_home(home: Path, program: str, **environment: str) -> str:
    """What a program of an importer prints, in a home folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in SUPPRESSED_IN}
    places = {"HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept | places | environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", ["index", "rag", "eval", "ui", "dateline"])
def test_whoever_imports_a_package_switches_telemetry_off(package: str, tmp_path: Path) -> None:
    program = f"import os, json, {package}, onnxruntime; print(json.dumps(dict(os.environ)))"
    asked_for = {"ORT_DISABLE_TELEMETRY": "0", "GRADIO_ANALYTICS_ENABLED": "True", "HF_HUB_DISABLE_TELEMETRY": "0"}
    environment = json.loads(run_at_home(tmp_path, program, **asked_for))
    assert {name: environment[name] for name in asked_for} == {
        "ORT_DISABLE_TELEMETRY": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    assert list(tmp_path.rglob("*")) == []


def test_a_library_leaves_downloads_and_tracing_of_others_alone(tmp_path: Path) -> None:
    before = {"HF_HUB_OFFLINE": "0", "LANGSMITH_TRACING": "true"}
    program = "import os, rag.chain; print([os.environ[name] for name in ('HF_HUB_OFFLINE', 'LANGSMITH_TRACING')])"
    assert run_at_home(tmp_path, program, **before) == "['0', 'true']\n"


@pytest.mark.skipif(sys.platform != "linux", reason="where the identifier lies is known for Linux")
def test_onnx_runtime_would_otherwise_keep_an_identifier(tmp_path: Path) -> None:
    """What the tests here look for is really there when telemetry is on: the check is not blind."""
    run_at_home(tmp_path, "import onnxruntime", ORT_DISABLE_TELEMETRY="0")
    assert list(tmp_path.rglob("deviceid"))


@pytest.mark.skipif(sys.platform != "linux", reason="shared libraries are read as Linux has them")
def test_machine_code_that_could_connect_is_known() -> None:
    """Of all libraries in machine code only those that the documentation names call what a connection needs."""
    able = set()
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        name = line.partition("==")[0]
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue
        for path in (Path(str(file.locate())) for file in files if ".so" in file.name):
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
                if any(code.find(b"\0" + call + b"\0") >= 0 for call in (b"connect", b"getaddrinfo")):
                    able.add(name)
    page = (ROOT / "docs" / "network.md").read_text("utf-8")
    assert able == set(re.findall(r"^\| (\S+) \| [\d.]+ \|", page, re.MULTILINE))
