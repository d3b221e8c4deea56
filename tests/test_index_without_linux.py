"""The default path needs nothing that Linux alone has: an archive is made and searched where all of that is gone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import other_system

from index.containment import LAYERS


def test_a_text_is_added_and_found_without_what_linux_alone_has(tmp_path: Path) -> None:
    run = [sys.executable, other_system.__file__, str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["skipped"] == []
    assert told["hits"] == ["The pier was closed on Monday."]
    assert told["processors"] >= 1
    # Limits and the audit hook are all that holds the parser there, and the report says so.
    assert told["missing"] == dict.fromkeys(LAYERS, "darwin has no such layer")
