"""SHA-256 of files that are asked for again and again, and read again only where they may have changed."""

from __future__ import annotations

from pathlib import Path

from index.atomic_files import digest_of
from index.catalog.connection import Stamp, stamp_of

_MOST = 1_000


class Digests:
    """Size and SHA-256 of files, as `atomic_files.digest_of` gives them; kept as long as a file's stamp is the same."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, tuple[int, str]]] = {}

    def __call__(self, file: Path) -> tuple[int, str]:
        """Raises FileNotFoundError where it is gone, PermissionError where it may not be read."""
        stamp = stamp_of(file)
        known = self._known.get(file)
        if known and known[0] == stamp:
            return known[1]
        found = digest_of(file)
        if stamp and stamp == stamp_of(file):
            # The words' files get new names with every change, and those of old ones never come back.
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[file] = (stamp, found)
        return found
