"""From a question to an answer whose every sentence is cited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import index  # noqa: F401  before any library: it switches their telemetry off
from index.plugins import lazy_exports

if TYPE_CHECKING:
    from rag.answer import Answer as Answer
    from rag.assemble import build_chain as build_chain, open_index as open_index
    from rag.chain import AnswerChain as AnswerChain
    from rag.citations import Source as Source
    from rag.config import Settings as Settings
    from rag.question.question import Turn as Turn
else:
    __all__, __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "rag.answer": "Answer",
            "rag.assemble": "build_chain open_index",
            "rag.chain": "AnswerChain",
            "rag.citations": "Source",
            "rag.config": "Settings",
            "rag.question.question": "Turn",
        },
    )
