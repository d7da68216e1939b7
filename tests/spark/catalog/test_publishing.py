"""Rows in a table of the session's own catalog; `tests/lake/catalog_cases.py` has Iceberg, Hive and other Sparks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.config import SelectConfig, validate
from zip_pipeline.errors import ConfigError, OutputError
from zip_pipeline.spark.catalog.publishing import PublishedTable, said

NAME = "published_rows"


@pytest.fixture
def table(spark: SparkSession) -> Iterator[str]:
    yield NAME
    spark.sql(f"DROP TABLE IF EXISTS {NAME}")


def config(out: Path, **output: Any) -> SelectConfig:
    output = {"path": str(out), "table": NAME, **output}
    return validate(SelectConfig, {"input": {"path": "p"}, "select": {"budget": 3}, "output": output})


def publish(spark: SparkSession, asked: SelectConfig, rows: int) -> dict[str, Any]:
    manifest = {"version": "1", "config": asked.resolved(), "input": {"fingerprint": f"{rows}"}, "selection": {}}
    frame = spark.range(rows).selectExpr("id", "cast(id % 2 as string) as side")
    return PublishedTable(spark, asked).publish(frame, manifest)


def test_a_delta_table(spark: SparkSession, tmp_path: Path, table: str) -> None:
    asked = config(tmp_path, format="delta", partition_by=["side"])
    first = publish(spark, asked, 5)
    assert publish(spark, asked, 5) == first
    with pytest.raises(OutputError, match=r"has rows already; set output\.mode=overwrite"):
        publish(spark, asked, 4)  # the same command, another pool
    second = publish(spark, config(tmp_path, format="delta", mode="overwrite"), 4)
    assert said(second) == f"rows are also in table {table} (delta, version {second['version']})"
    assert spark.table(table).count() == 4
    assert spark.read.option("versionAsOf", first["version"]).table(table).count() == 5


def test_keys_that_are_about_a_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'table_format' and 'partition_by' are about a table; set 'table' as well"):
        config(tmp_path, table=None, partition_by=["side"])
    assert config(tmp_path).output.created_as is None
    assert config(tmp_path, format="delta", table_format="iceberg").output.created_as == "iceberg"
