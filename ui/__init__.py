"""The edges: command line, web page, HTTP."""
