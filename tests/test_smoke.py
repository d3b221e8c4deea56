"""The steps that a newcomer takes first work from this checkout; the workflow takes them on macOS too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "smoke.py"


def smoke(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)], env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_first_steps_work() -> None:
    done = smoke()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("works: ") == 8


def test_the_first_step_that_does_not_work_is_named() -> None:
    done = smoke(DATELINE_EMBEDDER="onx")
    assert done.returncode == 1
    assert done.stderr.startswith("dateline index add --sample")
    assert "did you mean onnx" in done.stderr
