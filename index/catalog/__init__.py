"""The catalog: one SQLite file that holds everything; what else an index has is made from it."""
