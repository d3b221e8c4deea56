"""A few seconds of what `make fuzz` does for minutes, always with the same files."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from index.loaders import LOADERS

SCRIPT = Path(__file__).parent.parent / "scripts" / "fuzz_loaders.py"
FILES = 60


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_loaders", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    paths = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = paths
    return module


@pytest.mark.parametrize("name", LOADERS)
def test_broken_files_give_documents_or_an_input_error(name: str, script: ModuleType) -> None:
    tried, read, failed = script.fuzz(name, 60.0, 1, FILES)
    assert failed is None
    assert tried == FILES
    # Files that are all refused, or all read, would say little of the loader.
    assert read > 0


@pytest.mark.parametrize("name", LOADERS)
def test_the_same_seed_makes_the_same_files(name: str, script: ModuleType) -> None:
    first, again = script.changed(name, 7), script.changed(name, 7)
    files = [next(first) for _ in range(20)]
    assert files == [next(again) for _ in range(20)]
    assert len(set(files)) > 10


def test_a_failure_is_told_with_the_bytes(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(LOADERS, "text", "test_fuzzing:Fragile")
    assert script.main(["--seconds", "20", "text"]) == 1
    assert "text: ZeroDivisionError: no thanks: the bytes are in fuzz-text.txt" in capsys.readouterr().out
    assert b"\x00" in (tmp_path / "fuzz-text.txt").read_bytes()


class Fragile:
    """Falls over any NUL."""

    def recognises(self, content: object) -> bool:
        return True

    def load(self, content: object) -> object:
        from index.errors import NotText

        if b"\x00" in content.data:
            raise ZeroDivisionError("no thanks")
        raise NotText("not of interest")
