"""The scored pool's sums on Spark."""

import numpy as np
from pyspark.sql import SparkSession

from support.histogram import counts_of
from zip_pipeline.spark import scored_pool


def test_the_histogram_is_that_of_counting_record_by_record(spark: SparkSession) -> None:
    rng = np.random.default_rng(0)
    raw = (2 ** rng.uniform(0, 26, 300)).astype(int).tolist()
    sizes = [(size, max(1, int(size * rng.uniform(0.02, 5)))) for size in raw]
    sizes += [(2**power, 2**other) for power in (0, 1, 2, 23, 24, 25) for other in (0, 2, 18, 19, 20, 26)]  # on edges
    rows = [(size, size / compressed) for size, compressed in sizes]
    scores = spark.createDataFrame(rows, "raw_bytes bigint, ratio double")
    counts = scored_pool.histogram(scores.repartition(5))
    assert counts.sum() == len(sizes)
    assert np.array_equal(counts, counts_of(sizes))
