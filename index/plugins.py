"""Names that stand for code: `name -> "module:attribute"`, imported only when somebody asks for it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
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
        import difflib  # whoever only imports a package needs it not

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


def lazy_exports(
    package: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package that names what its modules hold and imports it when asked.

    `homes` has the names of each module, with spaces between them.
    """
    modules = {name: module for module, names in homes.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    return sorted(modules), get, lambda: sorted({*vars(sys.modules[package]), *modules})
