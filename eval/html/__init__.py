"""A run as one HTML page that opens from a file, asks nothing of any server and explains its own numbers."""
