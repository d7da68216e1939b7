"""`measure` and `evaluate` refuse what they cannot do; what they return is tested beside their jobs."""

import re

import pytest
from pyspark.sql import SparkSession

import zip_pipeline
from support.pools import COLUMNS, sharegpt
from zip_pipeline import api
from zip_pipeline.errors import ConfigError, InputError


def test_a_column_that_is_not_there(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(12), COLUMNS)
    with pytest.raises(InputError, match="column topic is missing"):
        zip_pipeline.evaluate(pool, pool=pool, held_out=pool, by="topic")


def test_a_set_without_ranks_is_no_selection(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(12), COLUMNS)
    with pytest.raises(InputError, match="selection mine: column zip_rank, zip_round is missing"):
        zip_pipeline.evaluate({"mine": pool}, pool=pool, held_out=pool)


def test_too_few_bytes() -> None:
    with pytest.raises(ConfigError, match=re.escape("evaluate.most_bytes: input should be greater than")):
        api.evaluate({"one": None}, pool=None, held_out={"new": None}, most_bytes=10)  # before it looks at the rows
