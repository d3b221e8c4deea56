"""`dateline doctor`: what a user, or somebody helping one, needs to know of an installation."""
