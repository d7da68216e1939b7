"""Which of the packages that tasks need are missing on an executor.

A run asks one executor before any work. Else it would score a whole pool, and end where the first task imports what is
not there, hours later. The question itself takes a bare Python, so this module imports no package.
"""

from collections.abc import Iterable
from importlib.util import find_spec

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


def missing(names: Iterable[str]) -> list[str]:
    """Return the packages of these names that this Python does not find; none of them is imported.

    >>> missing(["sys", "no_such_package"])
    ['no_such_package']
    """
    return [name for name in names if find_spec(name) is None]
