"""Columns by name, and text that holds numbers."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import BooleanType, LongType, StringType, StructField

from zip_pipeline import schema
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.columns import column, holds_numbers, is_json, numbers, where


@pytest.mark.parametrize("name", ["a.b", "x`y", " ", ""])
def test_any_name(spark: SparkSession, name: str) -> None:
    rows = spark.createDataFrame([(1,)], "c int").toDF(name)
    assert rows.select(column(name)).collect() == [(1,)]


def test_kinds_of_columns() -> None:
    assert [holds_numbers(kind) for kind in (LongType(), StringType(), BooleanType())] == [True, True, False]
    assert is_json(StructField("a", StringType(), True, {schema.IS_JSON: True}))
    assert not is_json(StructField("a", StringType()))


def test_numbers(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("0.5", 1), (None, None), ("-1e3", 2)], "a string, b int")
    assert rows.select(numbers("a"), numbers("b")).collect() == [(0.5, 1.0), (None, None), (-1000.0, 2.0)]
    with pytest.raises(Exception, match="found n/a") as caught:
        spark.createDataFrame([("n/a",)], "a string").select(numbers("a")).collect()
    assert str(user_error(caught.value, "pool")) == "pool: column a: expected numbers, found n/a"


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        ("whole > 9", ["10", "11"]),
        ("part > 1", ["9", "10"]),
        ("code = '09'", ["9"]),
        ("code = '9'", []),
        ("whole = '10' or word = 'b'", ["10", "11"]),
        ("blank is null", ["9", "10", "11"]),
    ],
)
def test_a_predicate_finds_numbers_in_text_and_names_in_codes(
    spark: SparkSession, predicate: str, kept: list[str]
) -> None:
    rows = spark.createDataFrame(
        [("9", "1.5", "09", "a", None), ("10", "2", "10", "n/a", None), ("11", None, "11", "b", None)],
        "whole string, part string, code string, word string, blank string",
    )
    found = where(rows, F.expr(predicate))
    assert found.schema == rows.schema
    assert [row["whole"] for row in found.collect()] == kept
