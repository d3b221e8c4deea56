"""Which Dateline this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("dateline")
except PackageNotFoundError:
    __version__ = "unknown: a checkout that is not installed"
