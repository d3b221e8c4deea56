"""Runs a program in a network of its own and lists what it tried to reach, be it Python or native code that tried."""
