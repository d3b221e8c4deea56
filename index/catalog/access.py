"""What the user who runs this may do with the folder of an index, and whether the files in it are its own.

A folder may be reached by a link: whoever names it means what it leads to. A link inside leads to a file that somebody
else chose, which a commit would write over, so an index with one is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from index.errors import IndexNotFound, IndexStateError

CATALOG = "catalog.sqlite"

_OURS = (CATALOG, "vectors.", ".vectors.", "lexical", "writer.lock")


def require_index(folder: Path) -> None:
    """Raises IndexNotFound where there is no index, IndexStateError where it may not be read or holds a link."""
    try:
        if not (folder / CATALOG).is_file():
            raise IndexNotFound(f"no index at {folder}: make one with `dateline index add PATH --index {folder}`")
        files = sorted([*folder.iterdir(), *(folder / "lexical").glob("*")])
        ours = (file for file in files if file.parent != folder or file.name.startswith(_OURS))
        link = next((file for file in ours if file.is_symlink()), None)
        readable = _allowed(folder, os.R_OK | os.X_OK) and _allowed(folder / CATALOG, os.R_OK)
    except PermissionError:
        link, readable = None, False
    if not readable:
        raise IndexStateError(
            f"the index at {folder} may not be read by this user: ask {_owner(folder)} for the right to, or for a copy "
            "made with `dateline index backup`"
        )
    if link:
        raise IndexStateError(
            f"{link} is a link to {link.readlink()}, and the files of an index lie in its folder: put the file itself "
            "in the link's place"
        )


def is_writable(catalog: Path) -> bool:
    """Whether the catalog may be changed, and files be made beside it."""
    return _allowed(catalog.parent, os.W_OK | os.X_OK) and (not catalog.exists() or _allowed(catalog, os.W_OK))


def read_only(folder: Path) -> IndexStateError:
    """The error of whoever would change an index that only may be read."""
    return IndexStateError(
        f"the index at {folder} may be searched but not changed by this user: ask {_owner(folder)} for the right to, "
        f"or change a copy made with `dateline index backup NEW_FOLDER --index {folder}`"
    )


def _allowed(path: Path, rights: int) -> bool:
    # A service that has changed its user acts with the rights of the user it has become.
    return os.access(path, rights, effective_ids=os.access in os.supports_effective_ids)


def _owner(folder: Path) -> str:
    try:
        return f"its owner ({folder.owner()})"
    except (KeyError, OSError):
        return "its owner"
