"""What the catalog remembers of synced files, and of the last commit, so that it can be undone.

Every function works on the catalog's connection, those that write inside its transaction.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from index.catalog.change_set import FileKey, SyncedFile

_KEY = "root = ? AND collection = ? AND path = ?"
_COLUMNS = "root, collection, path, size, mtime_ns, recorded_ns, sha256"
_STALE = -1
"""The size of a file that must be read again: no file has it."""


def begin(connection: sqlite3.Connection) -> set[bytes]:
    """Forget the commit before; gives the hashes of the vectors that only it, or nothing yet, needed."""
    rows = connection.execute("SELECT input_sha256 FROM former_passages UNION SELECT input_sha256 FROM pending")
    hashes = {row[0] for row in rows}
    for table in (
        "pending", "former_passages", "former_documents", "former_files", "former_origins", "former_sources",
        "arrivals", "touched",
    ):  # fmt: skip
        connection.execute(f"DELETE FROM {table}")
    return hashes


def prune(connection: sqlite3.Connection, hashes: Iterable[bytes]) -> int:
    """Drop those of the vectors that no passage, present or former, and no commit to come needs."""
    return connection.executemany(
        "DELETE FROM vectors WHERE input_sha256 = ?1 "
        "AND NOT EXISTS (SELECT 1 FROM passages WHERE input_sha256 = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM former_passages WHERE input_sha256 = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM pending WHERE input_sha256 = ?1)",
        ((hash,) for hash in hashes),
    ).rowcount


def remove_document(connection: sqlite3.Connection, id: str, generation: int) -> None:
    """Take a document away, keeping it for an undo; the files that gave it are to be read again."""
    found = connection.execute("SELECT number FROM documents WHERE id = ?", (id,)).fetchone()
    if found is None:
        return
    (number,) = found
    keys = [
        FileKey(*row)
        for row in connection.execute("SELECT root, collection, path FROM origins WHERE document = ?", found)
    ]
    for key in keys:
        touch(connection, key)
        connection.execute(f"UPDATE files SET size = ?, sha256 = '' WHERE {_KEY}", (_STALE, *key))
    connection.execute("INSERT INTO former_documents SELECT * FROM documents WHERE number = ?", (number,))
    connection.execute("INSERT INTO former_passages SELECT * FROM passages WHERE document = ?", (number,))
    connection.execute(
        "INSERT INTO removals SELECT number, ?, generation FROM passages WHERE document = ?", (generation, number)
    )
    connection.execute("DELETE FROM documents WHERE number = ?", (number,))
    for key in keys:
        if not key.root:
            connection.execute(f"DELETE FROM files WHERE {_KEY}", key)


def touch(connection: sqlite3.Connection, key: FileKey) -> None:
    """Keep what is recorded of a file, before it changes for the first time in a commit."""
    if connection.execute("INSERT OR IGNORE INTO touched VALUES (?, ?, ?)", key).rowcount < 1:
        return
    connection.execute(f"INSERT INTO former_files SELECT * FROM files WHERE {_KEY}", key)
    connection.execute(
        "INSERT INTO former_origins SELECT o.root, o.collection, o.path, d.id FROM origins o "
        "JOIN documents d ON d.number = o.document WHERE o.root = ? AND o.collection = ? AND o.path = ?",
        key,
    )


def forget_file(connection: sqlite3.Connection, key: FileKey) -> None:
    """Drop what is recorded of a file."""
    for table in ("origins", "files"):
        connection.execute(f"DELETE FROM {table} WHERE {_KEY}", key)


def record(connection: sqlite3.Connection, file: SyncedFile) -> None:
    """Write what is known of a file over what was."""
    forget_file(connection, file.key)
    row = (*file.key, file.size, file.mtime_ns, file.recorded_ns, file.sha256)
    connection.execute(f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.executemany(
        "INSERT INTO origins SELECT ?, ?, ?, number FROM documents WHERE id = ?",
        ((*file.key, id) for id in dict.fromkeys(file.documents)),
    )


def rename(connection: sqlite3.Connection, sources: Mapping[str, str]) -> None:
    """Let documents be found under another path, keeping the one before."""
    for id, source in sources.items():
        connection.execute("INSERT INTO former_sources SELECT id, source FROM documents WHERE id = ?", (id,))
        connection.execute("UPDATE documents SET source = ? WHERE id = ?", (source, id))


def files(connection: sqlite3.Connection, *, former: bool = False) -> list[SyncedFile]:
    """All that is recorded of files, or of those that the last commit changed as they were before."""
    documents: dict[FileKey, list[str]] = defaultdict(list)
    origins = (
        "SELECT root, collection, path, document FROM former_origins"
        if former
        else "SELECT o.root, o.collection, o.path, d.id FROM origins o JOIN documents d ON d.number = o.document"
    )
    for *key, document in connection.execute(origins):
        documents[FileKey(*key)].append(document)
    rows = connection.execute(f"SELECT {_COLUMNS} FROM {'former_files' if former else 'files'}").fetchall()
    keys = [FileKey(*row[:3]) for row in rows]
    return [
        SyncedFile(key, row[3], row[4], row[5], row[6], tuple(documents[key]))
        for key, row in zip(keys, rows, strict=True)
    ]


def undoable(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that say what the last commit changed, by table."""
    tables = ("arrivals", "touched", "former_documents", "former_passages", "former_sources")
    return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables}
