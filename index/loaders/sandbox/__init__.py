"""The process that parses foreign files, and how the index speaks with it."""
