"""Names that stand for code: `name -> "module:attribute"`, imported only when somebody asks for it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

from index.errors import MissingExtra, UnknownName


def resolve(registry: Mapping[str, str], name: str, *, what: str) -> Any:
    """The object that `name` stands for in `registry`.

    `what` names the registry in messages ("embedder"). Raises UnknownName with the nearest names, and
    MissingExtra where the module needs a library that is not installed.
    """
    try:
        target = registry[name]
    except KeyError:
        near = difflib.get_close_matches(name, registry, n=3, cutoff=0.4) or sorted(registry)
        raise UnknownName(f"unknown {what} {name!r}; did you mean {' or '.join(near)}?") from None
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == module.partition(".")[0]:
            raise
        raise MissingExtra(
            f"{what} {name!r} needs the library {error.name!r}, which is not installed: pip install {error.name}"
        ) from error
