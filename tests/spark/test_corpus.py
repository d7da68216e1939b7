"""Which columns of a table hold what."""

from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import Input
from zip_pipeline.spark import corpus


def test_flags_and_numbers_are_not_text(spark: SparkSession) -> None:
    flags = spark.createDataFrame([], "text string, chosen boolean, rejected int")
    assert corpus.describe(flags, Input(table="flags")).dialect.name == "text"


def test_other_rows_are_read_in_the_same_way(spark: SparkSession) -> None:
    records = corpus.describe(spark.createDataFrame([(1, "a")], "id int, text string"), Input(table="pool"))
    others = records.over(spark.createDataFrame([(2, "b", 7)], "id int, text string, rank int"))
    assert others.rows.collect() == [(2, "b", 7, "2")]
    assert others.rows.columns[-1] == schema.ID
    assert (others.columns, others.dialect) == (("id", "text"), records.dialect)
