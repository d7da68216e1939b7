"""Exact ZIP (entropy law) data selection on Spark.

In a notebook, on any session, the classic one or Spark Connect:

    >>> import zip_pipeline
    >>> chosen = zip_pipeline.select(pool, budget=10_000)     # doctest: +SKIP
    >>> scores = zip_pipeline.score(pool)                     # doctest: +SKIP
    >>> measures = zip_pipeline.measure(pool, by="version")   # doctest: +SKIP

These functions live in `zip_pipeline.api`. They and Spark are imported when the first of them is used, not before:
the rule alone, ``from zip_pipeline.selection import GreedySelector``, needs no Spark.
"""

from typing import TYPE_CHECKING, Any

from zip_pipeline._version import __version__

if TYPE_CHECKING:
    from zip_pipeline.api import deduplicate, evaluate, measure, preview, score, select, split

__all__ = ["__version__", "deduplicate", "evaluate", "measure", "preview", "score", "select", "split"]


def __getattr__(name: str) -> Any:
    """Return a public function (PEP 562), so that its signature is the one that editors and `help` show."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from zip_pipeline import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return sorted({*globals(), *__all__})
