"""What the catalog counts for the corpus card: its documents by what is known of them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tally:
    """Counts of documents: by kind, outlet, collection, language and day, and by kind where there is no date.

    Each with the largest count first, `days`, written as in ISO 8601, in their order; `passages` counts passages.
    """

    kinds: dict[str, int] = field(default_factory=dict)
    outlets: dict[str, int] = field(default_factory=dict)
    collections: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    undated: dict[str, int] = field(default_factory=dict)
    passages: int = 0


def count_documents(connection: sqlite3.Connection) -> Tally:
    """Count everything in one pass over the documents, whose rows are long."""
    kinds, outlets, collections, languages = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    days, undated = Counter[str](), Counter[str]()
    for kind, outlet, collection, language, day in connection.execute(
        "SELECT kind, outlet, collection, language, published FROM documents"
    ):
        kinds[kind] += 1
        outlets[outlet] += 1
        collections[collection] += 1
        languages[language] += 1
        if day is None:
            undated[kind] += 1
        else:
            days[day] += 1
    (passages,) = connection.execute("SELECT count(*) FROM passages").fetchone()
    return Tally(
        _falling(kinds), _falling(outlets), _falling(collections), _falling(languages), dict(sorted(days.items())),
        _falling(undated), passages,
    )  # fmt: skip


def _falling(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
