"""Benchmarks; see `bench.__main__`."""
