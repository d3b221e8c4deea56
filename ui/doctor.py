"""What a user, or somebody helping one, needs to know about this installation."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from index.embedders.model_files import DEFAULT_MODEL, model_folder, weights_sha256
from index.embedders.onnx import default_cache
from index.errors import DatelineError
from index.offline import OFFLINE
from rag.assemble import open_embedder, open_index
from rag.config import Settings

_LIBRARIES = (
    "dateline", "faiss-cpu", "tantivy", "onnxruntime", "tokenizers", "tiktoken", "sentence-transformers", "torch",
    "langchain", "langchain-core", "gradio", "fastapi",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact; not `ok` means that something will not work."""

    what: str
    value: str
    ok: bool = True

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Versions, model, index, settings and network use."""
    findings = [
        Finding("python", f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"),
        *(_version(library) for library in _LIBRARIES),
        _tried(
            "model weights",
            lambda: f"{settings.model or DEFAULT_MODEL}: sha256 {weights_sha256(model_folder(settings.model))}",
        ),
        _tried("embedder", lambda: open_embedder(settings).name),
        Finding("model cache", str(default_cache())),
        _tried("index", lambda: _index(settings)),
    ]
    set_otherwise = [
        f"{name}={os.environ[name]}" for name, value in OFFLINE.items() if os.environ.get(name, value) != value
    ]
    offline = f"set otherwise in the environment: {', '.join(set_otherwise)}" if set_otherwise else "nothing is opened"
    return [*findings, Finding("network", offline)]


def _version(library: str) -> Finding:
    try:
        return Finding(library, version(library))
    except PackageNotFoundError:
        return Finding(library, f"not installed: pip install {library}", ok=False)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except DatelineError as error:
        return Finding(what, str(error), ok=False)


def _index(settings: Settings) -> str:
    with open_index(settings) as index:
        info = index.info()
    return f"{info.path}: generation {info.generation}, {info.documents} documents, {info.passages} passages"
