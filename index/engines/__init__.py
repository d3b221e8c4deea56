"""Where an index lives. A new engine is one file and one line here."""

from __future__ import annotations

ENGINES = {"local": "index.engines.local:LocalEngine"}
