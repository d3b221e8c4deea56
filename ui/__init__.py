"""The edges: command line, web page, HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import index  # noqa: F401  before any library: it switches their telemetry off
from index.plugins import lazy_exports

if TYPE_CHECKING:
    from ui.web.app import create_app as create_app
    from ui.web.server import serve_page as serve_page
else:
    __all__, __getattr__, __dir__ = lazy_exports(__name__, {"ui.web.app": "create_app", "ui.web.server": "serve_page"})
