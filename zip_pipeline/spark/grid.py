"""`stats.histogram` on Spark: a table of any size becomes a grid, of which only the counts come to the driver."""

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.stats.histogram import LENGTHS, RATIOS, SHAPE, Grid


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
    """Return the bin of a value.

    Its logarithm says which, or a neighbour where rounding is against it; the edges themselves decide. To ask them
    all would make an expression that Java does not compile.
    """
    value, last = F.col(column), len(edges) - 2
    steps = F.log2(value / float(edges[0])) / float(np.log2(edges[1] / edges[0]))
    guess = F.least(F.greatest(F.coalesce(F.floor(steps), F.lit(0)), F.lit(0)), F.lit(last)).cast("int")
    table = F.lit(edges)
    above = (value >= F.get(table, guess + 1)) & (guess < last)
    below = (value < F.get(table, guess)) & (guess > 0)
    return guess + above.cast("int") - below.cast("int")
