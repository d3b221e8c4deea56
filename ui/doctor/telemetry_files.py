"""What ONNX Runtime keeps on disk where its telemetry was on: an identifier of the machine and reports not yet sent.

Any program that uses ONNX Runtime shares these files, so they are removed on request only.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_SHARED = Path("Microsoft", "DeveloperTools", ".onnxruntime")
_SESSION = re.compile(rb"\d+\n[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?")


def telemetry_folder() -> Path:
    """Where ONNX Runtime keeps them."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _SHARED
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _SHARED


def telemetry_files() -> list[Path]:
    """Those that are there, with the identifier of the session among the temporary files."""
    folder = telemetry_folder()
    found = [*sorted(folder.glob("deviceid*")), *sorted(folder.glob("onnxruntime.db*"))]
    session = Path(tempfile.gettempdir(), ".ses")
    with suppress(OSError):
        if session.stat().st_uid == os.getuid() and _SESSION.fullmatch(session.read_bytes()):
            found.append(session)
    return found


def remove_telemetry_files() -> list[Path]:
    """Remove them, and the folders of theirs that are empty then; what was removed. Raises OSError."""
    removed = telemetry_files()
    for path in removed:
        path.unlink(missing_ok=True)
    folder = telemetry_folder()
    with suppress(OSError):
        for place in (folder, *folder.parents[:2]):
            place.rmdir()
    return removed
