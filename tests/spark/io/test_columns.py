"""Columns by name, and text that holds numbers."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import BooleanType, LongType, StringType, StructField

from zip_pipeline import schema
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.columns import column, field_at, holds_numbers, is_json, numbers, text_of, where, with_fields


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


def test_fields_in_json_text(spark: SparkSession) -> None:
    """A path leads through JSON text as well, whose values keep their kinds."""
    texts = ['{"a b": {"x.y": "t"}}', '{"a b": {"x.y": 1}}', '{"a b": null}', "[]", None, '{"a b": {"x.y": "\\"q"}}']
    rows = spark.createDataFrame([(text,) for text in texts], "m string")
    rows = rows.select(column("m").alias("m", metadata={schema.IS_JSON: True}))
    found = with_fields(rows, ["m.a b", "m.a b.x"])
    assert is_json(found.schema["m.a b"])
    assert [row[0] for row in found.select(column("m.a b")).collect()] == [
        '{"x.y":"t"}',
        '{"x.y":1}',
        "null",
        None,
        None,
        '{"x.y":"\\"q"}',
    ]
    assert [row[0] for row in found.select(text_of(found, "m.a b.x")).collect()] == [None] * 6
    deeper = spark.createDataFrame([('{"a": "x"}',), ('{"a": 7}',)], "m string")
    deeper = with_fields(deeper.select(column("m").alias("m", metadata={schema.IS_JSON: True})), ["m.a"])
    assert deeper.select(column("m.a"), text_of(deeper, "m.a")).collect() == [('"x"', "x"), ("7", "7")]
    assert field_at(deeper.schema, 'm."') is None, "no path in Spark's language"
