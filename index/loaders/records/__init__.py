"""Records, as JSON, JSON Lines and CSV hold them."""
