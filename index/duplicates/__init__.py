"""Copies: which documents print the same text, and how a search shows them as one."""
