"""`dateline doctor` says what it saw of the network, and removes what ONNX Runtime kept, when asked to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_no_connection import watched as watched

ROOT = Path(__file__).parent.parent
LOUD = """
import os, socket, sys
if "ui.doctor.observation.rehearsal" in sys.orig_argv:
    open(os.path.expanduser("~/left.txt"), "w").close()
    try:
        socket.create_connection(("loud.example", 443))
    except OSError:
        pass
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the folder is that of Linux")


def examined(home: Path, *options: str, paths: str = str(ROOT), **environment: str) -> dict[str, tuple[bool, str]]:
    """What doctor finds, by name, for a user with that home folder."""
    places = {"HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": "", "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "doctor", "--json", "--watch", "0", *options],
        cwd=home, env={**os.environ, **places, **environment}, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return {finding["what"]: (finding["ok"], finding["value"]) for finding in json.loads(done.stdout)}


def test_a_quiet_installation(watched: None, tmp_path: Path) -> None:
    found = examined(tmp_path, LANGSMITH_TRACING="true")
    assert found["network"][0]
    assert found["network"][1].startswith("no look-up, no connection and no file in the home folder while a text was")
    assert found["environment"] == (True, "asks for network use: LANGSMITH_TRACING=true")
    assert found["telemetry files"] == (True, "ONNX Runtime keeps none")


def test_a_loud_library_is_heard(watched: None, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LOUD)
    ok, said = examined(tmp_path, paths=f"{tmp_path}{os.pathsep}{ROOT}", DATELINE_EMBEDDER="hashing")["network"]
    assert not ok
    assert said.startswith("look-up of loud.example, connection to 127.0.0.1:443, file left at ~/left.txt, while")


def keep_telemetry_files(home: Path) -> list[Path]:
    """What ONNX Runtime leaves in a home folder that is also the folder for temporary files."""
    folder = home / ".cache" / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    folder.mkdir(parents=True)
    kept = [folder / "deviceid", folder / "onnxruntime.db", folder / "onnxruntime.db-wal", home / ".ses"]
    for path in kept[:3]:
        path.touch()
    kept[3].write_text("1796052671636\nd1899a3f-1fbd-f689-2f90-d4e57a9972c1\n")
    return kept


@linux
def test_what_cannot_be_done_was_not_checked_and_what_was_kept_is_named(watched: None, tmp_path: Path) -> None:
    kept = keep_telemetry_files(tmp_path)
    found = examined(tmp_path, DATELINE_MODEL="nowhere")
    assert found["network"][0] is False
    assert found["network"][1].startswith("not checked: adding and asking failed: ")
    assert found["telemetry files"][0]
    assert f"{', '.join(map(str, kept))}; `dateline doctor --clean` removes them" in found["telemetry files"][1]
    assert all(path.is_file() for path in kept)


@linux
def test_what_was_kept_is_removed_on_request(tmp_path: Path) -> None:
    kept = keep_telemetry_files(tmp_path)
    folder = kept[0].parent
    other = folder.parent / "other-tool"
    other.touch()
    found = examined(tmp_path, "--clean", DATELINE_EMBEDDER="hashing")
    assert found["telemetry files"] == (True, f"removed: {', '.join(map(str, kept))}")
    assert not folder.exists()
    assert not kept[3].exists()
    assert other.is_file()
