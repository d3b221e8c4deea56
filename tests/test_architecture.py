"""The structure that the design promises: imports go one way, heavy libraries have one home, no room is crowded."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["index", "rag", "eval", "ui", "dateline"]
MOST_FILES = 21

# Library -> the files (or folders) that may import it.
HOMES = {
    "faiss": ["index/vectors/faiss.py"],
    "tantivy": ["index/lexical.py"],
    "tiktoken": ["index/tokens.py"],
    "sentencex": ["index/sentences.py"],
    "sqlite3": ["index/catalog/", "index/duplicates/clusters.py"],
    "onnxruntime": ["index/bert/runtime.py"],
    "onnx": ["index/bert/graph.py"],
    "safetensors": ["index/bert/graph.py"],
    "torch": ["rag/readers/extractive_qa.py", "rag/readers/cross_encoder.py", "eval/studies/indexing_race.py"],
    "sentence_transformers": ["index/embedders/sentence_transformer.py", "rag/readers/cross_encoder.py"],
    "transformers": ["index/embedders/sentence_transformer.py", "rag/readers/extractive_qa.py"],
    "langchain_core": ["index/langchain.py", "rag/langchain.py"],
    "langchain": ["rag/langchain.py"],
    "langchain_text_splitters": ["eval/studies/indexing_race.py"],
    "langchain_huggingface": ["eval/studies/indexing_race.py"],
    "trafilatura": ["index/loaders/html/html.py"],
    "pypdf": ["index/loaders/pdf.py"],
    "docx": ["index/loaders/docx.py"],
    "markdown_it": ["index/loaders/markdown.py"],
    "charset_normalizer": ["index/loaders/decoding.py"],
    "http": ["index/fetching/exchange.py"],
    "ssl": ["index/fetching/network.py"],
    "pydantic_settings": ["rag/config.py"],
    "ir_measures": ["eval/metrics/retrieval.py"],
    "gradio": ["ui/web/page/page.py"],
    "uvicorn": ["ui/web/stoppable.py", "ui/web/protocol.py"],
}

SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names of every module that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FOLDERS = sorted({path.parent for path in SOURCES})


def is_in(path: Path, home: str) -> bool:
    """Whether a file is a home, or lies in one that is a folder."""
    return relative(path) == home or (home.endswith("/") and relative(path).startswith(home))


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 40
    assert {relative(path).partition("/")[0] for path in SOURCES} == set(LAYERS)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_point_to_the_left(path: Path) -> None:
    own = LAYERS.index(relative(path).partition("/")[0])
    tops = {name.partition(".")[0] for name in imported(path)}
    assert not tops & set(LAYERS[own + 1 :]), f"{relative(path)} imports a layer to its right"
    assert "tests" not in tops


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_heavy_libraries_stay_at_home(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path)}
    strays = {name for name in tops & HOMES.keys() if not any(is_in(path, home) for home in HOMES[name])}
    assert not strays, f"{relative(path)} imports {strays}; their homes: {[HOMES[name] for name in strays]}"


@pytest.mark.parametrize("name", HOMES)
def test_every_home_exists_and_is_lived_in(name: str) -> None:
    tenants = [path for path in SOURCES if name in {n.partition(".")[0] for n in imported(path)}]
    empty = [home for home in HOMES[name] if not any(is_in(path, home) for path in tenants)]
    assert not empty, f"{empty} import no {name}: the table is out of date"


def test_no_cycles_between_modules() -> None:
    modules = {relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in SOURCES}
    graph = {name: {n for n in imported(path) if n in modules and n != name} for name, path in modules.items()}
    # A package's __init__ that names its own modules in strings is no cycle; importing them both ways is.
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import cycle: {' -> '.join((*trail[trail.index(name) :], name))}"
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_rooms_are_named_and_not_crowded(folder: Path) -> None:
    """A room says what it is for, and holds no more files than one reads at a glance."""
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))), f"{relative(folder)}/__init__.py"
    assert len(list(folder.glob("*.py"))) <= MOST_FILES


def test_the_seam_of_engines_lets_nothing_of_sqlite_through() -> None:
    """What is asked of an engine is asked in its own words, so that another one can answer."""
    callers = ["search", "sync", "ingest", "maintenance/backup", "engines/__init__", "engines/base"]
    for path in (ROOT / "index" / f"{name}.py" for name in callers):
        private = ("sqlite3", "index.catalog.catalog", "index.engines.local")
        assert not [name for name in imported(path) if name.startswith(private)], relative(path)
    for path in SOURCES:
        assert relative(path).startswith("index/") or "_engine.catalog" not in path.read_text("utf-8"), relative(path)


def test_a_name_stands_for_one_thing() -> None:
    """No class and no public function has the name of another one."""
    homes: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.parse(path.read_text("utf-8")).body:
            named = isinstance(node, ast.ClassDef) or (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
            )
            if named:
                homes.setdefault(node.name, []).append(relative(path))
    assert not {name: files for name, files in homes.items() if len(files) > 1}


def test_no_catch_all_files() -> None:
    names = {path.stem for path in SOURCES} | {path.parent.name for path in SOURCES}
    assert not names & {"utils", "util", "helpers", "common", "core", "misc"}


def test_only_the_edge_prints() -> None:
    for path in SOURCES:
        if relative(path).startswith("ui/"):
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], relative(path)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_unpickles(path: Path) -> None:
    """Nothing rebuilds objects from bytes, and no library is allowed to, or to run code that came with a model."""
    assert not {name.partition(".")[0] for name in imported(path)} & {"pickle", "cPickle", "dill", "shelve", "marshal"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "trust_remote_code"):
            assert isinstance(node.value, ast.Constant), node.arg
            assert node.value.value is False, node.arg


def test_tests_are_flat() -> None:
    """What is no test lies in `support`, and no test lies there."""
    for path in (ROOT / "tests").rglob("*.py"):
        assert path.parent == ROOT / ("tests" if path.name.startswith(("test_", "conftest")) else "tests/support")
