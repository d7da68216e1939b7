"""The grid of a scored pool on Spark against counting record by record."""

import numpy as np
from pyspark.sql import SparkSession

from support.histogram import count_by_hand
from zip_pipeline.spark.scored_pool import count_grid


def test_spark_counts_the_same(spark: SparkSession) -> None:
    rng = np.random.default_rng(0)
    raw = (2 ** rng.uniform(0, 26, 300)).astype(int).tolist()
    sizes = [(size, max(1, int(size * rng.uniform(0.02, 5)))) for size in raw]
    sizes += [(2**power, 2**other) for power in (0, 1, 2, 23, 24, 25) for other in (0, 2, 18, 19, 20, 26)]  # on edges
    rows = [(size, size / compressed) for size, compressed in sizes]
    scores = spark.createDataFrame(rows, "raw_bytes bigint, ratio double")
    grid = count_grid(scores.repartition(5))
    assert grid.sum() == len(sizes)
    assert np.array_equal(grid, count_by_hand(sizes))
