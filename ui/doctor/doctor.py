"""What a user, or somebody helping one, needs to know about this installation."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from index.embedders.model_files import DEFAULT_MODEL, default_cache, model_folder, weights_sha256
from index.errors import DatelineError, NotObservable
from index.loaders import LOADERS, containment
from index.offline import OFFLINE, TELEMETRY_OFF
from rag.assemble import embedder_from, open_index
from rag.config import Settings
from ui.doctor.observation.observer import observe

# Where ONNX Runtime's telemetry was on it keeps an identifier of the machine and reports not yet sent. Any program that
# uses ONNX Runtime shares these files, so they are removed on request only.
_TELEMETRY = Path("Microsoft", "DeveloperTools", ".onnxruntime")
_SESSION = re.compile(rb"\d+\n[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?")

_LIBRARIES = (
    "dateline", "faiss-cpu", "tantivy", "onnxruntime", "tokenizers", "tiktoken", "sentence-transformers", "torch",
    "langchain", "langchain-core", "gradio", "fastapi",
)  # fmt: skip
_MOST_SECONDS = 120.0
"""For adding a text and asking about it, with the export of the model."""
_MOST_ERROR_CHARACTERS = 500
"""Characters of what a command that failed printed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact; not `ok` means that something will not work."""

    what: str
    value: str
    ok: bool = True

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def examine(settings: Settings, *, watch: float = 1.0, clean: bool = False) -> list[Finding]:
    """Versions, model, index, settings and network use.

    A text is added and asked about in a network of its own, and watched for `watch` seconds more. With `clean` the
    files of ONNX Runtime's telemetry are removed.
    """
    findings = [
        Finding("python", f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"),
        *(_version(library) for library in _LIBRARIES),
        _try(
            "model weights",
            lambda: _weights(settings.model),
        ),
        _try("embedder", lambda: embedder_from(settings).name),
        Finding("model cache", str(default_cache())),
        _try("index", lambda: _index(settings)),
        _try("parsers", lambda: containment(LOADERS).summary()),
        _network(settings, watch),
        _telemetry_files(clean),
    ]
    if asked_for := [name for name, value in OFFLINE.items() if os.environ.get(name, value) != value]:
        chosen = ", ".join(f"{name}={os.environ[name]}" for name in asked_for)
        findings.append(Finding("environment", f"asks for network use: {chosen}"))
    return findings


def _version(library: str) -> Finding:
    try:
        return Finding(library, version(library))
    except PackageNotFoundError:
        return Finding(library, f"not installed: pip install {library}", ok=False)


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except DatelineError as error:
        return Finding(what, str(error), ok=False)


def _weights(model: str) -> str:
    # What was noted of the file says nothing of a bit that has changed on the disk since.
    folder = model_folder(model, afresh=True)
    return f"{model or DEFAULT_MODEL}: sha256 {weights_sha256(folder, afresh=bool(model))}"


def _index(settings: Settings) -> str:
    with open_index(settings) as index:
        info = index.info()
    return f"{info.path}: generation {info.generation}, {info.documents} documents, {info.passages} passages"


def _network(settings: Settings, watch: float) -> Finding:
    """What the kernel saw a text's way into an index and a question send, in a home folder and network of its own."""
    chosen = {
        f"DATELINE_{name.upper()}": str(value)
        for name, value in settings.model_dump(exclude={"index"}).items()
        if value is not None
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATELINE_", "XDG_"))}
    for name in TELEMETRY_OFF:
        del kept[name]  # the commands watched have to set it themselves
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hub = os.environ.get("HF_HOME") or str(caches / "huggingface")
    with tempfile.TemporaryDirectory() as folder:
        own, home = Path(folder), Path(folder, "home")
        home.mkdir()
        places = {"DATELINE_CACHE": str(default_cache()), "HF_HOME": hub, "HOME": str(home), "TMPDIR": str(home)}
        command = [sys.executable, "-m", "ui.doctor.observation.rehearsal", str(own), str(watch)]
        started = time.monotonic()
        try:
            seen = observe(
                command, environment={**kept, **chosen, **places}, folder=Path.cwd(), seconds=watch + _MOST_SECONDS
            )
        except NotObservable as error:
            return Finding("network", f"not checked: {error}. Telemetry is switched off by {', '.join(TELEMETRY_OFF)}")
        seconds = time.monotonic() - started
        left = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    done = f"while a text was added and asked about, watched for {seconds:.0f} s in a network of its own"
    if unwanted := [*map(str, seen.attempts), *(f"file left at ~/{path}" for path in left)]:
        return Finding("network", f"{', '.join(unwanted)}, {done}", ok=False)
    if seen.status:
        return Finding(
            "network", f"not checked: adding and asking failed: {seen.errors[-_MOST_ERROR_CHARACTERS:]}", ok=False
        )
    return Finding("network", f"no look-up, no connection and no file in the home folder {done}")


def _telemetry_files(clean: bool) -> Finding:
    what = "telemetry files"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if sys.platform == "darwin":
        caches = Path.home() / "Library" / "Application Support"
    folder = caches / _TELEMETRY
    try:
        found = [*sorted(folder.glob("deviceid*")), *sorted(folder.glob("onnxruntime.db*"))]
        session = Path(tempfile.gettempdir(), ".ses")
        with suppress(OSError):
            if session.stat().st_uid == os.getuid() and _SESSION.fullmatch(session.read_bytes()):
                found.append(session)
        if clean:
            for path in found:
                path.unlink(missing_ok=True)
            with suppress(OSError):
                for place in (folder, *folder.parents[:2]):
                    place.rmdir()
    except OSError as error:
        return Finding(what, f"cannot be removed: {error}", ok=False)
    if not found:
        return Finding(what, "ONNX Runtime keeps none")
    files = ", ".join(map(str, found))
    if clean:
        return Finding(what, f"removed: {files}")
    return Finding(
        what,
        f"an identifier of this machine and reports not yet sent, which ONNX Runtime kept for a program that left its "
        f"telemetry on: {files}; `dateline doctor --clean` removes them",
    )
