"""Exact ZIP (entropy law) data selection on Spark.

In a notebook, on any session, the classic one or Spark Connect:

    >>> import zip_pipeline
    >>> chosen = zip_pipeline.select(pool, budget=10_000)     # doctest: +SKIP
    >>> scores = zip_pipeline.score(pool)                     # doctest: +SKIP
    >>> measures = zip_pipeline.measure(pool, by="version")   # doctest: +SKIP

Spark is imported when one of these is called, not before: `zip_pipeline.core` works without it.
"""

from typing import TYPE_CHECKING, Any

from zip_pipeline._version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["__version__", "measure", "score", "select"]


def select(pool: "DataFrame", *, budget: int | str, **options: Any) -> "DataFrame":
    """Return the selected rows of `pool`: see `zip_pipeline.api.select`."""
    from zip_pipeline import api

    return api.select(pool, budget=budget, **options)


def score(pool: "DataFrame", **options: Any) -> "DataFrame":
    """Return the compression ratio of every record of `pool`: see `zip_pipeline.api.score`."""
    from zip_pipeline import api

    return api.score(pool, **options)


def measure(data: "DataFrame", **options: Any) -> "DataFrame":
    """Return the compression ratio of whole data sets: see `zip_pipeline.api.measure`."""
    from zip_pipeline import api

    return api.measure(data, **options)
