"""Benchmarks in, figures with confidence intervals out."""
