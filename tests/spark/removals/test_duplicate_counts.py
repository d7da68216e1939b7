"""Counts of duplicates by source and by the record that stays, with pairs that people look at."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.spark.removals.duplicate_counts import beginnings, counts_by


def found(spark: SparkSession, parts: int = 1) -> DataFrame:
    """Twelve records of one source, one of another and one of none; the likeness falls from a-0 to a-11."""
    rows = [(f"a-{n}", "x" if n < 8 else "y", 1 - n / 100, 1.0, "a", 10 + n) for n in range(12)]
    rows += [("b-0", "x", 0.5, 0.6, "b", 7), ("c-0", "y", 1.0, 1.0, None, 5)]
    columns = "id string, kept string, jaccard double, containment double, source string, raw_bytes bigint"
    return spark.createDataFrame(rows, columns).repartition(parts)


def test_by_source(spark: SparkSession) -> None:
    counts = counts_by(found(spark), "source", 10)
    assert [(row["source"], row["records"], row["raw_bytes"]) for row in counts] == [
        ("a", 12, sum(range(10, 22))),
        (None, 1, 5),
        ("b", 1, 7),
    ]
    least, other = counts[0]["pairs"]
    assert least == {"id": "a-11", "kept": "y", "jaccard": 1 - 11 / 100, "containment": 1.0}
    assert other["id"] != "a-11"
    assert counts[2]["pairs"] == [{"id": "b-0", "kept": "x", "jaccard": 0.5, "containment": 0.6}]


def test_by_the_record_that_stays(spark: SparkSession) -> None:
    counts = counts_by(found(spark), "kept", 1)
    assert [(row["kept"], row["records"]) for row in counts] == [("x", 9)], "the largest alone"
    assert counts[0]["pairs"][0]["id"] == "b-0"


def test_the_layout_does_not_matter(spark: SparkSession) -> None:
    for column in ("source", "kept"):
        assert counts_by(found(spark), column, 10) == counts_by(found(spark, 7), column, 10)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_equal_records_have_two_different_pairs(spark: SparkSession, size: int) -> None:
    rows = [(f"r{n}", "k", 1.0, 1.0, "s", 1) for n in range(size)]
    (group,) = counts_by(spark.createDataFrame(rows, found(spark).schema), "kept", 10)
    assert len({pair["id"] for pair in group["pairs"]}) == len(group["pairs"]) == min(size, 2)


def test_texts_begin_with_what_was_compared(spark: SparkSession) -> None:
    rows = [("a", b"whole", b"compared"), ("b", "é".encode() * 9, None), ("c", b"c", None)]
    table = spark.createDataFrame(
        [tuple(map(_binary, row)) for row in rows], "id string, payload binary, compared binary"
    )
    assert beginnings(table, ["a", "b"], 4) == {"a": "compared", "b": "é" * 8}
    assert beginnings(table, ["b"], 1) == {"b": "éé"}


def _binary(value: object) -> object:
    return bytearray(value) if isinstance(value, bytes) else value
