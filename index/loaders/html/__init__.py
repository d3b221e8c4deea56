"""HTML: what a page shows and what it hides, and the article in it."""
