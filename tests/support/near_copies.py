"""Texts with a known share of equal runs of words."""

import random

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.dedup.shingles import WIDTH


def words(count: int, seed: int) -> list[bytes]:
    """Return random words, different ones for different seeds."""
    rng = random.Random(seed)
    return [b"%x" % rng.randrange(10**9) for _ in range(count)]


def table(spark: SparkSession, payloads: dict[str, bytes], parts: int = 2) -> DataFrame:
    """Return payloads by id as a table."""
    rows = [(i, bytearray(payload)) for i, payload in payloads.items()]
    return spark.createDataFrame(rows, "id string, payload binary").repartition(parts)


def planted(jaccard: float, seed: int, runs: int = 400) -> tuple[bytes, bytes]:
    """Return two texts with a common beginning, so long that their runs of words have this Jaccard likeness."""
    shared = round(2 * runs * jaccard / (1 + jaccard)) + WIDTH - 1
    first, second = words(runs + WIDTH - 1, seed), words(runs + WIDTH - 1, seed + 10**6)
    return b" ".join(first), b" ".join(first[:shared] + second[shared:])
