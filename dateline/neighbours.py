"""The packages beside this one have plain names, which somebody else's file or folder can take from them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

NAMES = ("index", "rag", "eval", "ui")


def require_neighbours() -> None:
    """Raises ImportError where one of `NAMES` would be imported from elsewhere than beside this package."""
    home = Path(__file__).resolve().parent.parent
    for name in NAMES:
        spec = sys.modules[name].__spec__ if name in sys.modules else find_spec(name)
        # A folder without __init__.py has no origin, and hides a package that an import hook would find after it.
        places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
        place = next(filter(None, places), None)
        if place is None:
            raise ImportError(f"Dateline's package {name!r} is not in {home}: install Dateline anew", name=name)
        if Path(place).resolve() != home / name / "__init__.py":
            raise ImportError(
                f"{place} hides the package {name!r} that Dateline needs: rename it, or run Python from another folder",
                name=name,
                path=place,
            )
