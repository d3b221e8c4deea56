"""From what was read to sentences. A new answerer is one file and one line here."""

from __future__ import annotations

ANSWERERS = {"extractive": "rag.answerers.extractive:ExtractiveAnswerer"}
