"""Everything that decides what a run gives, so that two runs with the same fingerprint can be taken for each other."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import index as index_layer
import rag as rag_layer
from eval.benchmarks.base import Benchmark

FORMAT = 1
"""Of the run folder; raised whenever an older one can no longer be read."""

_LIBRARIES = (
    "dateline", "faiss-cpu", "ir-measures", "numpy", "onnxruntime", "sentencex", "tantivy", "tiktoken", "tokenizers",
)  # fmt: skip


def fingerprint(
    benchmark: Benchmark, system: Mapping[str, Any], choices: Mapping[str, Any], models: Iterable[Path] = ()
) -> dict[str, Any]:
    """The fingerprint as plain JSON: benchmark, system, choices, code, models, libraries and machine.

    `system` says what answers (settings, the encoder's name, or the hash of a file of answers). `models` are files and
    folders whose contents count; what a model is called says too little.
    """
    return {
        "format": FORMAT,
        "benchmark": {
            "name": benchmark.name,
            "sha256": benchmark.sha256,
            "documents": len(benchmark.documents),
            "queries": len(benchmark.queries),
        },
        "choices": dict(choices),
        "system": dict(system),
        "code": code_sha256(),
        "models": {path.name: tree_sha256(path) for path in models},
        "versions": versions(),
        "machine": {"system": platform.system(), "processor": platform.machine()},
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Where two fingerprints differ, as "name: this there, that here" in the order of names.

    >>> differences({"k": 12, "system": {"reader": "a"}}, {"k": 12, "system": {"reader": "b"}})
    ["system.reader: 'a' there, 'b' here"]
    """
    found = []
    for name in sorted(one.keys() | other.keys()):
        there, here = one.get(name), other.get(name)
        if isinstance(there, Mapping) and isinstance(here, Mapping):
            found += differences(there, here, f"{prefix}{name}.")
        elif there != here:
            found.append(f"{prefix}{name}: {there!r} there, {here!r} here")
    return found


def code_sha256() -> str:
    """SHA-256 of the three layers that decide a score, with the weights and tables that they ship.

    How a report looks decides nothing, so that `eval/html` is left out.
    """
    digest = hashlib.sha256()
    for file in (index_layer.__file__, rag_layer.__file__, __file__):
        digest.update(tree_sha256(Path(str(file)).parent, without="html").encode())
    return digest.hexdigest()


def tree_sha256(path: Path, without: str = "") -> str:
    """SHA-256 of a file, or of names and contents of every file below a folder.

    Compiled files do not count, and neither does the folder in it that is called `without`.
    """
    digest = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        left_out = file.suffix == ".pyc" or (without and path / without in file.parents)
        if file.is_file() and not left_out:
            digest.update(f"\x00{file.relative_to(path).as_posix()}\x00".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Python and the libraries that can change a score."""
    return {"python": platform.python_version(), **{library: version(library) for library in _LIBRARIES}}
