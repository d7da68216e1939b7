"""The grid of lengths and ratios, on the driver and on Spark, against counting record by record."""

from bisect import bisect_right
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from zip_pipeline.spark import grid as lake_grid
from zip_pipeline.stats import histogram
from zip_pipeline.stats.histogram import LENGTHS, RATIOS, Grid

SIZES = st.lists(st.tuples(st.integers(0, 2**25), st.integers(1, 2**25)))


def counted(sizes: list[tuple[int, int]]) -> Grid:
    """By definition: how many edges but for the first and the last are not above the record's numbers."""
    cells = Counter(
        (bisect_right(LENGTHS[1:-1].tolist(), raw), bisect_right(RATIOS[1:-1].tolist(), raw / compressed))
        for raw, compressed in sizes
    )
    counts = np.zeros(histogram.SHAPE, np.int64)
    for cell, records in cells.items():
        counts[cell] = records
    return counts


@given(SIZES)
def test_counting_record_by_record(sizes: list[tuple[int, int]]) -> None:
    table = np.array(sizes, np.int64).reshape(-1, 2)
    assert np.array_equal(histogram.count(table[:, 0], table[:, 1]), counted(sizes))


def test_spark_counts_the_same(spark: SparkSession) -> None:
    rng = np.random.default_rng(0)
    raw = (2 ** rng.uniform(0, 26, 300)).astype(int).tolist()
    sizes = [(size, max(1, int(size * rng.uniform(0.02, 5)))) for size in raw]
    sizes += [(2**power, 2**other) for power in (0, 1, 2, 23, 24, 25) for other in (0, 2, 18, 19, 20, 26)]  # on edges
    rows = [(size, size / compressed) for size, compressed in sizes]
    scores = spark.createDataFrame(rows, "raw_bytes bigint, ratio double")
    found = lake_grid.count(scores.repartition(5))
    assert found.sum() == len(sizes)
    assert np.array_equal(found, counted(sizes))
