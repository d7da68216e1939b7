"""Rejected rows on the page: of each reason the row of lowest id, and where it stands."""

from pyspark.sql import SparkSession

from zip_pipeline.jobs.select.evidence.rejected import Rejected, rejected_of


def test_a_row_for_each_reason_and_where_it_stands(spark: SparkSession) -> None:
    rows = [
        ("2", "bad", "{2}", "/pool/a.csv", 3),
        ("1", "bad", "{1}", "/pool/b.csv", 7000),
        (None, "odd", None, "/pool/c.parquet", None),
        ("9", "of a table", "{9}", None, None),
    ]
    rejected = spark.createDataFrame(rows, "id string, reason string, row string, file string, line bigint")
    assert rejected_of(rejected, {"bad": 2, "odd": 1, "of a table": 1, "gone": 1}) == [
        Rejected("bad", 2, "1", "{1}", "/pool/b.csv, line 7000"),
        Rejected("odd", 1, None, "", "/pool/c.parquet"),
        Rejected("of a table", 1, "9", "{9}", ""),
    ]
