"""English for all that reads it: word lists, grammar, a chunker without a tagger, and places."""
