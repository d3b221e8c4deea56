"""One pure function for each metric."""
