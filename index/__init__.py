"""From files to hits: documents, passages, the searchable index."""

from index.offline import switch_telemetry_off

switch_telemetry_off()
