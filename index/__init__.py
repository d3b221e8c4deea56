"""From files to hits: documents, passages, the searchable index."""
