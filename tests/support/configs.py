"""Where configs come from in tests."""

from pathlib import Path

CONF = Path(__file__).parents[2] / "conf"
REQUIRED = ["input.path=p.parquet", "output.path=out", "select.budget=5"]
"""Overrides that make a whole config of `select`."""
