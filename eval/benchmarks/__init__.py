"""One file for each benchmark format."""
