"""`core.grid` on Spark: a table of any size becomes a grid, of which only the counts come to the driver."""

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.core.grid import LENGTHS, RATIOS, SHAPE, Grid


def count(scores: DataFrame) -> Grid:
    """Count records.

    Args:
        scores: ``raw_bytes``, ``ratio``.
    """
    places = scores.select(_bin("raw_bytes", LENGTHS).alias("length"), _bin("ratio", RATIOS).alias("ratio"))
    counts = np.zeros(SHAPE, np.int64)
    for length, ratio, records in places.groupBy("length", "ratio").count().collect():
        counts[length, ratio] = records
    return counts


def _bin(column: str, edges: npt.NDArray[np.float64]) -> Column:
    """Return the bin of a value: how many of the inner edges are not above it."""
    first, *others = edges[1:-1].tolist()
    number = F.when(F.col(column) < first, 0)
    for below, edge in enumerate(others, 1):
        number = number.when(F.col(column) < edge, below)
    return number.otherwise(len(others) + 1)
