"""Care of an archive without its encoder: undo, backup, export, compaction, check and repair."""
