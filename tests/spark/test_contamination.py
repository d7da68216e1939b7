"""Shared passages on Spark: by hand."""

from pyspark.sql import SparkSession

from support.near_copies import table
from zip_pipeline.spark import contamination


def test_shared_passages_by_hand(spark: SparkSession) -> None:
    passage = b"one two three four five six seven eight"
    rows = {"half": passage + b" nine", "all": passage, "none": b"nothing of it at all, not a single passage of eight"}
    others = {"x": b"before " + passage, "y": passage + b" after", "z": b"short"}
    found = contamination.shared(table(spark, rows), table(spark, others).select("payload")).collect()
    assert {row["id"]: row["shared"] for row in found} == {"half": 0.5, "all": 1.0, "none": 0.0}
