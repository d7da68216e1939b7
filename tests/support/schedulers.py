"""Schedulers in environments of their own, as they run beside this package."""

import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import own_data

ROOT = Path(__file__).parents[2]


def python_of(scheduler: str) -> str:
    """The Python that has a scheduler; `make test-schedulers` makes it."""
    folder = Path(os.environ.get("ZIP_SCHEDULERS", ROOT / ".venv/schedulers"))
    return str(folder / scheduler / "bin/python")


def environment() -> dict[str, str]:
    """That of a worker: this package's command is on the PATH, and nothing else of its Python is."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "SPARK", "PYSPARK"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def days(lake: Path, names: list[str]) -> list[str]:
    """Write a pool a day, of different records; return the days."""
    rows = own_data.my_rows(60 * len(names))
    for place, name in enumerate(names):
        folder = lake / "pool" / name
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows[60 * place : 60 * (place + 1)]), folder / "rows.parquet")
    return names
