"""The chat page: its layout, its pieces of HTML, and its conversation."""
