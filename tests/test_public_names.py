"""The names that the packages promise to whoever imports them, frozen: a change here is a change for users."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PUBLIC = {
    "dateline": "AddReport Answer Archive DatelineError Document Filters Hit Hits IndexInfo SAMPLE SyncReport Turn "
    "__version__ open",
    "index": "AddReport DatelineError Document Filters Hit Hits Index IndexInfo SyncReport",
    "rag": "Answer AnswerChain Settings Source Turn build_chain open_index",
    "eval": "Benchmark Comparison Report compare_reports open_benchmark run_benchmark",
    "ui": "create_app serve_page",
}
ARCHIVE = "aask add add_documents ask astream chain close index info remove search stream sync".split()
HEAVY = {"faiss", "fastapi", "gradio", "langchain_core", "numpy", "onnxruntime", "pydantic", "torch", "typer"}


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these(package: str) -> None:
    module, names = importlib.import_module(package), PUBLIC[package].split()
    assert sorted(module.__all__) == sorted(names)
    assert set(names) <= set(dir(module))
    for name in names:
        assert getattr(module, name) is getattr(module, name)
        assert find_spec(f"{package}.{name}") is None, f"{name} would hide the module of that name"
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        _ = module.nothing


@pytest.mark.parametrize("package", PUBLIC)
def test_type_checkers_see_the_same_names(package: str) -> None:
    tree = ast.parse((ROOT / package / "__init__.py").read_text("utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.asname: f"{node.module}.{alias.name}" for node in block.body if isinstance(node, ast.ImportFrom)
            for alias in node.names}  # fmt: skip
    assert sorted(seen) == sorted(PUBLIC[package].split())
    for name, place in seen.items():
        module, _, attribute = place.rpartition(".")
        assert getattr(importlib.import_module(package), name) is getattr(importlib.import_module(module), attribute)


def test_an_archive_has_these_methods() -> None:
    from dateline import Archive

    assert [name for name in dir(Archive) if not name.startswith("_")] == ARCHIVE


@pytest.mark.parametrize("name", PUBLIC["dateline"].split() + ARCHIVE)
def test_the_front_door_is_documented(name: str) -> None:
    assert name.strip("_") in (ROOT / "docs" / "python.md").read_text("utf-8")


@pytest.mark.parametrize("package", PUBLIC)
def test_an_import_loads_nothing_heavy(package: str) -> None:
    program = f"import json, sys, {package}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert package in loaded
    assert not HEAVY & loaded
    assert not {"index.documents", "index.search", "rag.answer"} & loaded
