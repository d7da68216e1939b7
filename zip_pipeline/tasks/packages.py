"""Which of the packages that tasks need are missing on an executor.

A run asks one executor before any work. Else it would score a whole pool, and end where the first task imports what is
not there, hours later.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec

import pyarrow as pa

NEEDED = {
    "numpy": "arrays, in all that is measured",
    "pyarrow": "batches between Spark and Python",
    "pandas": "PySpark asks for it before any task in Python",
    "zstandard": "the codec zstd, and files that are packed with it",
}
"""What every executor needs, and for what."""

PICKING = {"numba": "the kernel that measures windows above 32 KB"}
"""What executors need as well where they pick, with ``run.pools``."""

COUNTING = {"tokenizers": "counts tokens, with ``input.tokenizer``; not in what this package installs by default"}
"""What executors need as well where they count tokens."""

MEASURING = {"ppmd": "pyppmd", "zpaq": "zpaq"}
"""By codec of `measure`: the package that executors need as well."""

MISSING = pa.schema([("name", pa.string())])


class Probe:
    """A task that looks for packages, without importing them.

    Args:
        names: of the packages.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)

    def missing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `MISSING`, a row for each package that this executor's Python does not find."""
        for _ in batches:
            names = [name for name in self._names if find_spec(name) is None]
            yield pa.record_batch([pa.array(names, pa.string())], schema=MISSING)
