"""From files to hits: documents, passages, the searchable index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.offline import switch_telemetry_off
from index.plugins import lazy_exports

switch_telemetry_off()

if TYPE_CHECKING:
    from index.documents import Document as Document, Filters as Filters, Hit as Hit, Hits as Hits
    from index.errors import DatelineError as DatelineError
    from index.reports import AddReport as AddReport, IndexInfo as IndexInfo
    from index.search import Index as Index
    from index.sync import SyncReport as SyncReport
else:
    __all__, __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "index.documents": "Document Filters Hit Hits",
            "index.errors": "DatelineError",
            "index.reports": "AddReport IndexInfo",
            "index.search": "Index",
            "index.sync": "SyncReport",
        },
    )
