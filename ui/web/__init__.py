"""The web server: the HTTP API and what guards it, and in `page` the chat page."""
