"""The front door: ask a news archive from Python.

    import dateline
    print(dateline.open("data/index").ask("Who sits opposite He Lifeng in Kuala Lumpur?"))

What a program needs besides it imports from `index`, `rag`, `eval` and `ui`, the packages behind this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dateline.neighbours import require_neighbours

require_neighbours()

import index  # noqa: E402, F401  before any library: it switches their telemetry off
from index.plugins import lazy_exports  # noqa: E402

if TYPE_CHECKING:
    from dateline.archive import SAMPLE as SAMPLE, Archive as Archive, open as open
    from dateline.version import __version__ as __version__
    from index.documents import Document as Document, Filters as Filters, Hit as Hit, Hits as Hits
    from index.errors import DatelineError as DatelineError
    from index.reports import AddReport as AddReport, IndexInfo as IndexInfo
    from index.sync import SyncReport as SyncReport
    from rag.answer import Answer as Answer
    from rag.question.question import Turn as Turn
else:
    __all__, __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "dateline.archive": "SAMPLE Archive open",
            "dateline.version": "__version__",
            "index.documents": "Document Filters Hit Hits",
            "index.errors": "DatelineError",
            "index.reports": "AddReport IndexInfo",
            "index.sync": "SyncReport",
            "rag.answer": "Answer",
            "rag.question.question": "Turn",
        },
    )
