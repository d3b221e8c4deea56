"""`python -m ui.cli`: the `dateline` command where it is not installed."""

from ui.cli import app

app()
