"""The documentation is executed: README commands and Python, the help page, doctests, and what it claims exists."""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for layer in ("index", "rag", "eval", "ui", "dateline")
    for path in (ROOT / layer).rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's empty folder with the `dateline` command on the path."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "news").mkdir()
    (folder / "news" / "note.txt").write_text("The museum opens a new wing in May, its director said on Friday.")
    return folder


def run(line: str, folder: Path, *, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "PATH": path},
    )


def test_readme_commands_do_what_they_say(desk: Path) -> None:
    """Each `dateline` line of a `sh` block runs, in order; `# exit N` says with which code, else with 0."""
    lines = [
        line for block in blocks(ROOT / "README.md", "sh") for line in block.splitlines() if line.startswith("dateline")
    ]
    assert len(lines) >= 8
    for line in lines:
        if " serve" in line:  # runs until it is stopped; the browser tests start it
            continue
        expected = int(match[1]) if (match := re.search(r"# exit (\d+)", line)) else 0
        result = run(line, desk)
        assert result.returncode == expected, f"{line}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_python_of_the_documentation_runs(page: str, desk: Path) -> None:
    program = "\n".join(blocks(ROOT / page, "python"))
    assert "dateline.open" in program
    run("dateline index add --sample", desk)
    result = subprocess.run([sys.executable, "-c", program], cwd=desk, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert all(block in result.stdout for block in blocks(ROOT / page, "text") if block.startswith("Scott"))


def test_readme_names_real_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"(?<!eval )\bmake ([a-z-]+)", page.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def defined(body: list[ast.stmt], prefix: str = "") -> set[str]:
    """What a module defines at its top, and the members of its classes with the class before them."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            names |= defined(node.body, f"{prefix}{node.name}.")
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(f"{prefix}{node.name}")
        elif isinstance(node, ast.Assign):
            names |= {f"{prefix}{target.id}" for target in node.targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_code_that_pages_name_exists(page: Path) -> None:
    """`file.py` and `file.py:name` are of this repository; the changelog also names what is gone."""
    named = re.findall(r"`([a-z_]+/[\w/]+\.py)(?::([\w.]+))?`", page.read_text("utf-8"))
    assert named or page.name not in ("architecture.md", "CONTRIBUTING.md")
    for file, name in named if page.name != "CHANGELOG.md" else ():
        assert (ROOT / file).is_file(), file
        assert not name or name in defined(ast.parse((ROOT / file).read_text("utf-8")).body), f"{file}:{name}"


def test_the_architecture_page_names_every_folder_of_the_library() -> None:
    layers = ("index", "rag", "eval", "ui", "dateline")
    rooms = {
        path.parent.relative_to(ROOT).as_posix() for layer in layers for path in (ROOT / layer).rglob("__init__.py")
    }
    assert set(re.findall(r"^\| `([a-z_/]+)/` \|", ARCHITECTURE.partition("## The rooms")[2], re.MULTILINE)) == rooms


def test_help_page_is_current() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        reference = importlib.import_module("cli_reference").reference()
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference, "run: python scripts/cli_reference.py"


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_screenshots_are_pictures() -> None:
    pictures = re.findall(r"\]\((docs/[^)]+\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
        assert (ROOT / picture).stat().st_size > 20_000


def test_every_dependency_is_pinned_for_the_installers() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    for dependency in wanted:
        name = re.match(r"[A-Za-z0-9_.-]+", dependency)
        assert name
        assert name[0].lower().replace("_", "-") in pinned, dependency


def test_make_is_there() -> None:
    assert shutil.which("make"), "the README's commands need make"
